package keys

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// schema is what both databases hold. A key is made with version 1; a rotation adds the next version for the same owner
// and people, an erasure empties wrapped, sets state to destroyed and fills in the last three columns.
var schema = []string{
	`CREATE TABLE IF NOT EXISTS mash_ring (
		name TEXT NOT NULL PRIMARY KEY,
		value BLOB NOT NULL
	)`,
	`CREATE TABLE IF NOT EXISTS mash_key (
		owner TEXT NOT NULL,
		about TEXT NOT NULL,
		version INTEGER NOT NULL,
		key_id TEXT NOT NULL PRIMARY KEY,
		state TEXT NOT NULL,
		created_at TEXT NOT NULL,
		wrapped BLOB,
		destroyed_at TEXT,
		destroyed_authority TEXT,
		destroyed_reason TEXT,
		UNIQUE (owner, about, version)
	) WITHOUT ROWID`,
	`CREATE TABLE IF NOT EXISTS mash_vault_use (
		agency TEXT NOT NULL PRIMARY KEY,
		messages BIGINT NOT NULL,
		bytes BIGINT NOT NULL
	)`,
	`CREATE TABLE IF NOT EXISTS mash_vault (
		agency TEXT NOT NULL,
		id TEXT NOT NULL,
		size BIGINT NOT NULL,
		kept_at TEXT NOT NULL,
		key_id TEXT NOT NULL,
		algorithm TEXT NOT NULL,
		sealed BLOB NOT NULL,
		PRIMARY KEY (agency, id)
	)`,
}

// States of a key.
const (
	stateActive    = "active"
	stateDestroyed = "destroyed"
)

// timeLayout keeps times as text that sorts, the same in both databases.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// A database is SQLite or PostgreSQL behind one SQL text. SQLite has one writer, so that a transaction never meets
// another one of this process half way.
type database struct {
	write, read *sql.DB
	postgres    bool
}

func openDatabase(ctx context.Context, dsn string) (*database, error) {
	var d *database
	var err error
	switch {
	case strings.HasPrefix(dsn, "sqlite:"):
		d, err = openSQLite(strings.TrimPrefix(dsn, "sqlite:"))
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		d, err = openPostgres(dsn)
	default:
		err = errors.New("the DSN starts with neither sqlite: nor postgres://")
	}
	if err != nil {
		return nil, err
	}
	if err := d.makeTables(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("make tables: %w", err), d.close())
	}
	return d, nil
}

func (d *database) makeTables(ctx context.Context) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		if d.postgres {
			// Two processes that start together would otherwise both make a table that neither sees.
			if _, err := tx.Exec(`SELECT pg_advisory_xact_lock(7237128888)`); err != nil {
				return err
			}
		}
		for _, statement := range schema {
			if _, err := tx.Exec(d.text(statement)); err != nil {
				return err
			}
		}
		return nil
	})
}

// openSQLite turns on what an authoritative file needs: every commit synced, and what is deleted overwritten. (The log beside
// the file keeps an earlier form of a page until a checkpoint is through and the log is begun again: an erasure has to see to
// that.) The owners' tree is written all over, so a cache and rarer checkpoints spare much of the writing; 8,000 pages are
// 32 MiB of log.
func openSQLite(path string) (*database, error) {
	if path == "" {
		return nil, errors.New("sqlite: names no file")
	}
	// SQLite would make the file readable for all; its journal files take over the mode.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	uri := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_txlock=immediate" +
		"&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=secure_delete(ON)" +
		"&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(8000)&_pragma=cache_size(-16384)"
	write, err := sql.Open("sqlite", uri)
	if err != nil {
		return nil, err
	}
	read, err := sql.Open("sqlite", uri+"&_pragma=query_only(ON)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	write.SetMaxOpenConns(1)
	read.SetMaxOpenConns(4)
	read.SetMaxIdleConns(4)
	return &database{write: write, read: read}, nil
}

func openPostgres(dsn string) (*database, error) {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	return &database{write: db, read: db, postgres: true}, nil
}

// dialect is what PostgreSQL calls otherwise, or does not have. (Without a row id, SQLite writes a key into two trees, not
// three: one by key id, which grows at its end only and where a key is looked up, and a slim one by owner.)
var dialect = strings.NewReplacer("BLOB", "BYTEA", " WITHOUT ROWID", "")

// text turns the one SQL text into what the database takes. Our texts have none of these words, and no question mark, in
// a literal.
func (d *database) text(query string) string {
	if !d.postgres {
		return query
	}
	var b strings.Builder
	n := 0
	for _, part := range strings.SplitAfter(dialect.Replace(query), "?") {
		if before, found := strings.CutSuffix(part, "?"); found {
			n++
			part = before + "$" + strconv.Itoa(n)
		}
		b.WriteString(part)
	}
	return b.String()
}

// inTx runs fn in a transaction on the writer.
func (d *database) inTx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

// ignoreDone drops the complaint that a transaction was ended already, which a cancelled context does.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func (d *database) close() error {
	if d.postgres {
		return d.write.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}
