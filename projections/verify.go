package projections

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/eventstore"
)

// Report is what Verify found.
type Report struct {
	Name    string
	Version int
	// Position is where rows and rebuild were compared.
	Position eventstore.Position
	// Rows is how many a rebuild gives.
	Rows int
	// Differences are the rows that are not what a rebuild gives, by table and key. Empty: they are equal.
	Differences []Difference
}

// Difference is one row that is not what a rebuild gives.
type Difference struct {
	// Table and Key name the row; Kind is "missing", "surplus" or "changed".
	Table, Key, Kind string
}

// Verify folds the record again, up to the position that the rows show, into a SQLite database of its own that is thrown away
// afterwards, and compares every row. The runner may work on meanwhile. It reads the whole record once and holds about 200 bytes of
// memory a row.
func Verify(ctx context.Context, c Config) (Report, error) {
	report := Report{Name: c.Projection.Name(), Version: c.Projection.Version()}
	live, at, err := dumpLive(ctx, c)
	if err != nil {
		return report, fmt.Errorf("verify %s: %w", report.Name, err)
	}
	report.Position = positionAt(c.Store, at)
	rebuilt, err := rebuild(ctx, c, at)
	if err != nil {
		return report, fmt.Errorf("verify %s: %w", report.Name, err)
	}
	for _, t := range slices.Sorted(maps.Keys(rebuilt)) {
		report.Rows += len(rebuilt[t])
		report.Differences = append(report.Differences, compare(t, live[t], rebuilt[t])...)
	}
	return report, nil
}

// Verify compares the runner's rows with a rebuild; see the function [Verify].
func (r *Runner) Verify(ctx context.Context) (Report, error) { return Verify(ctx, r.c) }

type dumps map[string]map[string]rows.Digest

func compare(table string, live, rebuilt map[string]rows.Digest) (found []Difference) {
	for _, key := range slices.Sorted(maps.Keys(rebuilt)) {
		switch got, ok := live[key]; {
		case !ok:
			found = append(found, Difference{table, key, "missing"})
		case got != rebuilt[key]:
			found = append(found, Difference{table, key, "changed"})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(live)) {
		if _, ok := rebuilt[key]; !ok {
			found = append(found, Difference{table, key, "surplus"})
		}
	}
	return found
}

// dumpLive reads rows and the position they show in one transaction.
func dumpLive(ctx context.Context, c Config) (d dumps, at int64, err error) {
	err = c.DB.View(ctx, func(tx *rows.Tx) error {
		live, err := ReadLive(ctx, tx, c.Projection.Name())
		if err != nil {
			return err
		}
		if live.Version != c.Projection.Version() || live.Store != c.Store.ID() {
			return fmt.Errorf("readers use version %d of store %s, this is version %d of store %s",
				live.Version, live.Store, c.Projection.Version(), c.Store.ID())
		}
		at = live.Ordinal
		d, err = dump(ctx, tx, c.Projection)
		return err
	})
	return d, at, err
}

func dump(ctx context.Context, tx *rows.Tx, p Projection) (dumps, error) {
	d := dumps{}
	for _, t := range p.Schema() {
		table, err := t.Dump(ctx, tx)
		if err != nil {
			return nil, err
		}
		d[t.Name] = table
	}
	return d, nil
}

// rebuild folds into a database of its own and gives its dump.
func rebuild(ctx context.Context, c Config, upTo int64) (d dumps, err error) {
	dir, err := os.MkdirTemp("", "mash-verify-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := rows.Open(ctx, "sqlite:"+filepath.Join(dir, "rows.db"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Update(ctx, func(tx *rows.Tx) (err error) {
		for _, t := range c.Projection.Schema() {
			err = errors.Join(err, t.Create(ctx, tx))
		}
		return err
	}); err != nil {
		return nil, err
	}
	if err := foldUpTo(ctx, c, db, upTo); err != nil {
		return nil, err
	}
	err = db.View(ctx, func(tx *rows.Tx) (err error) {
		d, err = dump(ctx, tx, c.Projection)
		return err
	})
	return d, err
}

func foldUpTo(ctx context.Context, c Config, db *rows.DB, upTo int64) error {
	if upTo == 0 {
		return nil
	}
	done := errors.New("reached the position")
	err := c.Store.Subscribe(ctx, eventstore.Subscription{Sealed: true, MaxBatch: c.MaxBatch, Handle: func(ctx context.Context, b eventstore.Batch) error {
		batch := b.Events
		for len(batch) > 0 && batch[len(batch)-1].Position.Ordinal() > upTo {
			batch = batch[:len(batch)-1]
		}
		if err := known(c.Projection, batch); err != nil {
			return err
		}
		if len(batch) > 0 {
			if err := db.Update(ctx, func(tx *rows.Tx) error { return c.Projection.Apply(ctx, tx, batch) }); err != nil {
				return err
			}
		}
		if b.CaughtUp || len(batch) < len(b.Events) || b.Position.Ordinal() >= upTo {
			return done
		}
		return nil
	}})
	if errors.Is(err, done) {
		return nil
	}
	if err == nil {
		return context.Cause(ctx)
	}
	return err
}
