package rows

import (
	"context"
	"strings"
)

// The types of a column.
const (
	Text   = "TEXT"
	BigInt = "BIGINT"
	Bytes  = "BYTEA" // on SQLite the name means nothing and a blob stays a blob
)

// Column is a column of a [Table].
type Column struct{ Name, Type string }

// Table declares a table: everything else about it follows.
type Table struct {
	// Name carries the version of the projection that fills it ("triage_v1"), so that two versions stand side by side.
	Name string
	// Columns in the order in which rows are given to Upsert. The key comes first.
	Columns []Column
	// Key is how many of the first columns make the primary key.
	Key int
	// Indexes are lists of columns. They are made when a rebuild has caught up: filling a table that has none is several times
	// faster.
	Indexes [][]string
	// Partial are indexes of the few rows that a condition holds for: the others cost nothing, neither when a rebuild makes the
	// index nor when they are written. A query reads off it only where it says the same condition in the same words.
	Partial []Partial
}

// Partial is an index of the rows for which Where holds, a condition without a question mark.
type Partial struct {
	Columns []string
	Where   string
}

// Create makes the table without its indexes; a table that is there stays.
func (t *Table) Create(ctx context.Context, tx *Tx) error {
	if tx.db.postgres {
		// Two that begin together would both make a table that neither sees, and one of them would fail.
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(7237128889)"); err != nil {
			return err
		}
	}
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + t.Name + " (")
	for _, c := range t.Columns {
		b.WriteString(c.Name + " " + c.Type + " NOT NULL, ")
	}
	b.WriteString("PRIMARY KEY (" + strings.Join(t.key(), ", ") + "))")
	_, err := tx.Exec(ctx, b.String())
	return err
}

// CreateIndexes makes the indexes that are not there.
func (t *Table) CreateIndexes(ctx context.Context, tx *Tx) error {
	for _, columns := range t.Indexes {
		if err := t.createIndex(ctx, tx, "_by", columns, ""); err != nil {
			return err
		}
	}
	for _, p := range t.Partial {
		if err := t.createIndex(ctx, tx, "_few", p.Columns, " WHERE "+p.Where); err != nil {
			return err
		}
	}
	return nil
}

// createIndex names an index by its columns, so that a change of an index is a new index; databases cut or refuse names past 63 bytes.
func (t *Table) createIndex(ctx context.Context, tx *Tx, kind string, columns []string, where string) error {
	name := t.Name + kind
	for _, c := range columns {
		if len(name)+1+len(c) <= 60 {
			name += "_" + c
		}
	}
	_, err := tx.Exec(ctx, "CREATE INDEX IF NOT EXISTS "+name+" ON "+t.Name+" ("+strings.Join(columns, ", ")+")"+where)
	return err
}

// Drop removes the table, if it is there.
func (t *Table) Drop(ctx context.Context, tx *Tx) error {
	return Drop(ctx, tx, t.Name)
}

// Drop removes a table by its name, if it is there.
func Drop(ctx context.Context, tx *Tx, name string) error {
	_, err := tx.Exec(ctx, "DROP TABLE IF EXISTS "+name)
	return err
}

func (t *Table) key() []string { return t.names()[:t.Key] }

func (t *Table) names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}
