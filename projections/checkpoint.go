package projections

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/openmash/mash/projections/rows"
)

// checkpoints is the table of how far each version of each projection has got. Its row is the lock of its rows.
var checkpoints = rows.Table{
	Name: "projections",
	Columns: []rows.Column{
		{Name: "name", Type: rows.Text}, {Name: "version", Type: rows.BigInt},
		{Name: "store", Type: rows.Text},      // the store's id: positions of another one mean nothing here
		{Name: "position", Type: rows.BigInt}, // ordinal within that store, 0 before its first event
		{Name: "live", Type: rows.BigInt},     // 1: readers use this version
		{Name: "tables", Type: rows.Text},     // what to drop when another version takes its place
	},
	Key: 2,
}

// checkpoint is a row of it.
type checkpoint struct {
	store    string
	position int64
	live     bool
}

const selectCheckpoint = "SELECT store, position, live FROM projections WHERE name = ? AND version = ?"

func loadCheckpoint(ctx context.Context, tx *rows.Tx, p Projection) (c checkpoint, found bool, err error) {
	var live int64
	err = tx.QueryRow(ctx, selectCheckpoint, p.Name(), p.Version()).Scan(&c.store, &c.position, &live)
	if errors.Is(err, sql.ErrNoRows) {
		return c, false, nil
	}
	c.live = live == 1
	return c, err == nil, err
}

// claimCheckpoint makes the row of a version that has none; false: somebody else made it first.
func claimCheckpoint(ctx context.Context, tx *rows.Tx, p Projection, store string) (bool, error) {
	var names []string
	for _, t := range p.Schema() {
		names = append(names, t.Name)
	}
	n, err := tx.Exec(ctx, "INSERT INTO projections (name, version, store, position, live, tables) VALUES (?, ?, ?, 0, 0, ?) ON CONFLICT (name, version) DO NOTHING",
		p.Name(), p.Version(), store, strings.Join(names, " "))
	return n == 1, err
}

// moveCheckpoint takes the row from one state to another; false: it was not in that state. It comes first in its transaction, so
// that PostgreSQL makes a second runner wait here and not deep in the same rows.
func moveCheckpoint(ctx context.Context, tx *rows.Tx, p Projection, from, to checkpoint) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE projections SET store = ?, position = ?, live = ? WHERE name = ? AND version = ? AND store = ? AND position = ? AND live = ?",
		to.store, to.position, flag(to.live), p.Name(), p.Version(), from.store, from.position, flag(from.live))
	return n == 1, err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// retire removes every other version of the projection, rows and all.
func retire(ctx context.Context, tx *rows.Tx, p Projection) error {
	var old []string
	err := tx.Each(ctx, func(r *sql.Rows) error {
		var tables string
		err := r.Scan(&tables)
		old = append(old, strings.Fields(tables)...)
		return err
	}, "SELECT tables FROM projections WHERE name = ? AND version <> ?", p.Name(), p.Version())
	if err != nil {
		return err
	}
	for _, table := range old {
		if err := rows.Drop(ctx, tx, table); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "DELETE FROM projections WHERE name = ? AND version <> ?", p.Name(), p.Version())
	return err
}

// Live is which version of a projection's rows is to be read, and what they show.
type Live struct {
	Version int
	// Store is the id of the store whose events the rows are made of, Ordinal the position they show in it.
	Store   string
	Ordinal int64
}

// ReadLive says, within a reader's own transaction, which version to read. Its error is [ErrRebuilding] while there is none.
func ReadLive(ctx context.Context, tx *rows.Tx, projection string) (l Live, err error) {
	err = tx.QueryRow(ctx, "SELECT version, store, position FROM projections WHERE name = ? AND live = 1 ORDER BY version DESC LIMIT 1", projection).
		Scan(&l.Version, &l.Store, &l.Ordinal)
	if errors.Is(err, sql.ErrNoRows) {
		return l, ErrRebuilding
	}
	return l, err
}

// EnsureCheckpoints makes the table of checkpoints when it is not there, so that a reader that starts before any runner finds it
// empty.
func EnsureCheckpoints(ctx context.Context, db *rows.DB) error {
	return db.Update(ctx, func(tx *rows.Tx) error { return checkpoints.Create(ctx, tx) })
}
