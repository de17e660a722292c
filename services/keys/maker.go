package keys

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxTxKeys bounds one transaction of the maker: enough that a slow disk is shared by many callers, few enough that none
// waits long.
const maxTxKeys = 2_000

// insertRows are the numbers of rows of one statement, the largest first. There are few, so that each is prepared once: a
// text of its own for every number of keys takes longer to parse than to carry out.
var insertRows = []int{32, 4, 1}

// A maker writes new keys. It is one goroutine that takes whatever callers wait for into one transaction, so that a
// thousand contacts a second do not each pay for a sync of their own.
type maker struct {
	db      *database
	now     func() time.Time
	inserts []*sql.Stmt // as insertRows
	orders  chan *order
	quit    chan struct{} // closed to end the goroutine
	once    sync.Once
	ended   chan struct{} // closed when it has ended
}

// An order asks for one key for each of some purposes. ids answers, in the same order, with the ids of the keys in use:
// those of the candidates, or of keys that were there before.
type order struct {
	candidates []candidate
	ids        []string
	done       chan error
}

func startMaker(db *database, now func() time.Time) (*maker, error) {
	inserts, err := prepareInserts(db)
	if err != nil {
		return nil, err
	}
	m := &maker{
		db: db, now: now, inserts: inserts,
		orders: make(chan *order, 256), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	go m.run()
	return m, nil
}

func (m *maker) stop() {
	m.once.Do(func() { close(m.quit) })
	<-m.ended
}

// make returns when the keys are durable. An order that was given up may still be carried out: the keys are then there
// and used next time. At the end of the maker an order may be answered with ErrClosed though it was carried out.
func (m *maker) make(ctx context.Context, candidates []candidate) ([]string, error) {
	o := &order{candidates: candidates, done: make(chan error, 1)}
	select {
	case m.orders <- o:
	case <-m.ended:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case err := <-o.done:
		if err != nil {
			return nil, fmt.Errorf("make keys: %w", err)
		}
		return o.ids, nil
	case <-m.ended:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *maker) run() {
	defer close(m.ended)
	for {
		select {
		case first := <-m.orders:
			m.carryOut(m.gather(first))
		case <-m.quit:
			return
		}
	}
}

// gather takes what waits besides the first order, up to the limit.
func (m *maker) gather(first *order) []*order {
	orders, n := []*order{first}, len(first.candidates)
	for n < maxTxKeys {
		select {
		case o := <-m.orders:
			orders, n = append(orders, o), n+len(o.candidates)
		default:
			return orders
		}
	}
	return orders
}

// carryOut makes the keys of all orders in one transaction. It has no caller's context: one caller who gives up must
// not take the others' keys along.
func (m *maker) carryOut(orders []*order) {
	wanted := make(map[purpose]candidate)
	for _, o := range orders {
		for _, c := range o.candidates {
			if _, twice := wanted[c.purpose]; !twice {
				wanted[c.purpose] = c
			}
		}
	}
	var ids map[purpose]string
	err := m.db.inTx(context.Background(), func(tx *sql.Tx) (err error) {
		ids, err = m.insert(tx, wanted)
		return err
	})
	for _, o := range orders {
		if err == nil {
			o.ids = make([]string, len(o.candidates))
			for i, c := range o.candidates {
				o.ids[i] = ids[c.purpose]
			}
		}
		o.done <- err
	}
}

// insert tries every key as the first of its purpose. Where one of a statement's rows was not inserted, its purpose has a
// key already, or had one that was destroyed: then each of that statement's is looked at.
func (m *maker) insert(tx *sql.Tx, wanted map[purpose]candidate) (map[purpose]string, error) {
	ids := make(map[purpose]string, len(wanted))
	rest := slices.SortedFunc(maps.Values(wanted), func(a, b candidate) int {
		// One order for everybody, or two processes could wait for each other's rows for ever.
		return cmp.Or(cmp.Compare(a.purpose.owner, b.purpose.owner), cmp.Compare(a.purpose.about, b.purpose.about))
	})
	at := m.now().UTC().Format(timeLayout)
	var unsure []candidate
	for len(rest) > 0 {
		i := slices.IndexFunc(insertRows, func(rows int) bool { return rows <= len(rest) })
		batch := rest[:insertRows[i]]
		all, err := insertFirst(tx.Stmt(m.inserts[i]), batch, at)
		if err != nil {
			return nil, err
		}
		if !all {
			unsure = append(unsure, batch...)
		}
		for _, c := range batch {
			ids[c.purpose] = c.key.id
		}
		rest = rest[len(batch):]
	}
	for _, c := range unsure {
		id, err := m.findOrFollow(tx, c, at)
		if err != nil {
			return nil, err
		}
		ids[c.purpose] = id
	}
	return ids, nil
}

// insertFirst reports whether all of the batch are in the table now. (Asking which, with RETURNING, costs as much again as
// inserting them.)
func insertFirst(statement *sql.Stmt, batch []candidate, at string) (all bool, err error) {
	args := make([]any, 0, 5*len(batch))
	for _, c := range batch {
		args = append(args, c.key.id, c.purpose.owner, c.purpose.about, at, c.wrapped)
	}
	done, err := statement.Exec(args...)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n == int64(len(batch)), err
}

const keyColumns = `INSERT INTO mash_key (key_id, owner, about, version, state, created_at, wrapped) VALUES `

// prepareInserts prepares a statement for each of insertRows.
func prepareInserts(db *database) (inserts []*sql.Stmt, err error) {
	const row = `(?, ?, ?, 1, '` + stateActive + `', ?, ?)`
	for _, n := range insertRows {
		text := keyColumns + strings.TrimSuffix(strings.Repeat(row+",", n), ",") + ` ON CONFLICT DO NOTHING`
		statement, err := db.write.Prepare(db.text(text))
		if err != nil {
			return nil, fmt.Errorf("prepare: %w", err)
		}
		inserts = append(inserts, statement)
	}
	return inserts, nil
}

// findOrFollow returns the key in use for a purpose, or writes the candidate as the version after the last: a destroyed
// key is never used again.
func (m *maker) findOrFollow(tx *sql.Tx, c candidate, at string) (string, error) {
	var id, state string
	var version int64
	last := m.db.text(`SELECT key_id, version, state FROM mash_key WHERE owner = ? AND about = ?
		ORDER BY version DESC LIMIT 1`)
	err := tx.QueryRow(last, c.purpose.owner, c.purpose.about).Scan(&id, &version, &state)
	if err != nil {
		return "", err
	}
	if state == stateActive {
		return id, nil
	}
	next := m.db.text(keyColumns + `(?, ?, ?, ?, ?, ?, ?)`)
	_, err = tx.Exec(next, c.key.id, c.purpose.owner, c.purpose.about, version+1, stateActive, at, c.wrapped)
	if err != nil {
		return "", errors.Join(errors.New("follow a destroyed key"), err)
	}
	return c.key.id, nil
}
