package rows

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	_ "modernc.org/sqlite"             // driver "sqlite"
)

// ErrBadDSN is the error of Open for an address that is neither form it knows. The address is left out of it: it may hold a
// password.
var ErrBadDSN = errors.New("read model address is neither sqlite:PATH nor postgres://…")

// DB is a database of read models. Its methods may be called by many goroutines.
type DB struct {
	write, read *sql.DB
	postgres    bool

	// SQLite has one writer: who holds turn has the connection and what is prepared on it. pgx prepares by itself.
	turn  chan struct{}
	conn  *sql.Conn
	stmts map[string]*sql.Stmt

	mu    sync.Mutex
	texts map[string]string // PostgreSQL: SQL with ? → with $1
}

// Open opens "sqlite:PATH" (made when it is not there, mode 0600) or "postgres://…" and checks that it answers.
func Open(ctx context.Context, dsn string) (*DB, error) {
	db := &DB{texts: map[string]string{}, stmts: map[string]*sql.Stmt{}, turn: make(chan struct{}, 1)}
	var err error
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok && path != "" {
		err = db.openSQLite(path)
	} else if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		err = db.openPostgres(dsn)
	} else {
		return nil, ErrBadDSN
	}
	if err != nil {
		return nil, err
	}
	for _, pool := range []*sql.DB{db.write, db.read} {
		if err := pool.PingContext(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("open read models: %w%s", err, advice(err)), db.Close())
		}
	}
	if !db.postgres {
		if db.conn, err = db.write.Conn(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("open read models: %w", err), db.Close())
		}
	}
	return db, nil
}

// SQLite's codes of a file that is damaged, or none of its own.
const (
	codeCorrupt     = 11
	codeNotDatabase = 26
)

// advice says what to do about a damaged file: nothing is lost with it.
func advice(err error) string {
	if coded, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok && (coded.Code()&0xff == codeCorrupt || coded.Code()&0xff == codeNotDatabase) {
		return ": the file is damaged; move it away, and it is made again from the record"
	}
	return ""
}

func (db *DB) openSQLite(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("open read models: %w", err)
	}
	// SQLite gives its -wal and -shm files the mode of the main one.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open read models: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("open read models: %w", err)
	}
	common := []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "temp_store(MEMORY)"}
	// A rebuild rewrites pages again and again: a larger cache and rarer WAL checkpoints spare most of that.
	if db.write, err = sql.Open("sqlite", sqliteURI(path, append(common, "cache_size(-65536)", "wal_autocheckpoint(8000)"))); err != nil {
		return fmt.Errorf("open read models: %w", err)
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = sql.Open("sqlite", sqliteURI(path, append(common, "query_only(1)", "cache_size(-16384)"))); err != nil {
		return fmt.Errorf("open read models: %w", err)
	}
	readers := max(4, runtime.GOMAXPROCS(0))
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	return nil
}

func sqliteURI(path string, pragmas []string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + url.Values{"_pragma": pragmas}.Encode()
}

func (db *DB) openPostgres(dsn string) error {
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		// The driver's text may quote the address, and with it the password.
		return ErrBadDSN
	}
	pool.SetMaxOpenConns(16)
	pool.SetMaxIdleConns(8)
	db.write, db.read, db.postgres = pool, pool, true
	return nil
}

// Ping says whether the database answers readers.
func (db *DB) Ping(ctx context.Context) error { return db.read.PingContext(ctx) }

// Close closes all connections. Transactions have ended before.
func (db *DB) Close() error {
	var errs []error
	for _, s := range db.stmts {
		errs = append(errs, s.Close())
	}
	if db.conn != nil {
		errs = append(errs, db.conn.Close())
	}
	if db.write != nil {
		errs = append(errs, db.write.Close())
	}
	if db.read != nil && db.read != db.write {
		errs = append(errs, db.read.Close())
	}
	return errors.Join(errs...)
}

// text gives the database's own form of a SQL text with `?`. Texts hold no `?` in literals.
func (db *DB) text(query string) string {
	if !db.postgres {
		return query
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if t, ok := db.texts[query]; ok {
		return t
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	if len(db.texts) >= 1000 { // callers' filters make texts; they must not fill the memory
		clear(db.texts)
	}
	db.texts[query] = b.String()
	return b.String()
}
