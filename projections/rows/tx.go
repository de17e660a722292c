package rows

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Tx is one transaction. Its queries are SQL texts with `?`. It belongs to one goroutine and ends with the function that was
// given it.
type Tx struct {
	on interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
		QueryRowContext(context.Context, string, ...any) *sql.Row
	}
	db *DB
}

// Update runs fn in a transaction that may write, and commits when fn returns nil. With SQLite it waits for its turn.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if db.postgres {
		return db.run(ctx, db.write, nil, fn)
	}
	select {
	case db.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-db.turn }()
	return db.own(ctx, fn)
}

// own runs fn on the writing connection. BEGIN IMMEDIATE takes the write lock at once: a transaction that reads first and
// writes later could find that another process has written in between, and fail.
func (db *DB) own(ctx context.Context, fn func(*Tx) error) (err error) {
	if _, err := db.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	committed := false
	defer func() { // also when fn panics: the connection must not stay in a transaction
		if !committed {
			if _, rerr := db.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); rerr != nil {
				err = errors.Join(err, fmt.Errorf("roll back: %w", rerr))
			}
		}
	}()
	if err := fn(&Tx{on: db.conn, db: db}); err != nil {
		return err
	}
	if _, err := db.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	return nil
}

// View runs fn in a transaction that reads one state of the database.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	var opts *sql.TxOptions
	if db.postgres {
		opts = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return db.run(ctx, db.read, opts, fn)
}

func (db *DB) run(ctx context.Context, pool *sql.DB, opts *sql.TxOptions, fn func(*Tx) error) error {
	tx, err := pool.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing; after an error that error says more
	if err := fn(&Tx{on: tx, db: db}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Exec runs a statement and gives the number of rows it changed.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.on.ExecContext(ctx, t.db.text(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Query runs a query; the caller closes the rows.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.on.QueryContext(ctx, t.db.text(query), args...)
}

// QueryRow runs a query of at most one row; Scan gives sql.ErrNoRows when there is none.
func (t *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return t.on.QueryRowContext(ctx, t.db.text(query), args...)
}

// Each runs a query and calls scan for each row.
func (t *Tx) Each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := t.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	return each(rows, scan)
}

func each(rows *sql.Rows, scan func(*sql.Rows) error) error {
	for rows.Next() {
		if err := scan(rows); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// again gives the prepared form of a text that comes many times, or nil where the driver prepares by itself.
func (t *Tx) again(ctx context.Context, query string) (*sql.Stmt, error) {
	if conn, ok := t.on.(*sql.Conn); !ok || conn != t.db.conn {
		return nil, nil
	}
	if s, ok := t.db.stmts[query]; ok {
		return s, nil
	}
	s, err := t.db.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	t.db.stmts[query] = s
	return s, nil
}
