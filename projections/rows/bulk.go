package rows

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Many rows go in statements of these sizes, the largest that fits first: a few texts, each prepared once, in place of one
// for every number of rows. Both databases take far more parameters than the largest has.
var chunks = []int{64, 8, 1}

// Upsert writes rows whole, each in the order of t.Columns: new ones are inserted, those whose key is there are replaced. No
// key may come twice in one call.
func (t *Table) Upsert(ctx context.Context, tx *Tx, all [][]any) error {
	for len(all) > 0 {
		n := fit(len(all))
		args := make([]any, 0, n*len(t.Columns))
		for _, row := range all[:n] {
			if len(row) != len(t.Columns) {
				return fmt.Errorf("upsert %s: a row of %d values for %d columns", t.Name, len(row), len(t.Columns))
			}
			args = append(args, row...)
		}
		if err := tx.exec(ctx, t.upsert(n), args); err != nil {
			return fmt.Errorf("upsert %s: %w", t.Name, err)
		}
		all = all[n:]
	}
	return nil
}

// GetMany looks rows up by a single-column key, in any order, and calls scan for each that is there with the columns asked for.
func (t *Table) GetMany(ctx context.Context, tx *Tx, columns []string, keys []any, scan func(*sql.Rows) error) error {
	if t.Key != 1 {
		return fmt.Errorf("look up %s: its key has %d columns", t.Name, t.Key)
	}
	for len(keys) > 0 {
		n := fit(len(keys))
		query := "SELECT " + strings.Join(columns, ", ") + " FROM " + t.Name + " WHERE " + t.Columns[0].Name + " IN (" + marks(n) + ")"
		rows, err := tx.query(ctx, query, keys[:n])
		if err != nil {
			return fmt.Errorf("look up %s: %w", t.Name, err)
		}
		if err := each(rows, scan); err != nil {
			return fmt.Errorf("look up %s: %w", t.Name, err)
		}
		keys = keys[n:]
	}
	return nil
}

func fit(n int) int {
	return chunks[slices.IndexFunc(chunks, func(c int) bool { return c <= n })]
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func (t *Table) upsert(n int) string {
	var set []string
	for _, c := range t.names()[t.Key:] {
		set = append(set, c+" = excluded."+c)
	}
	row := "(" + marks(len(t.Columns)) + ")"
	return "INSERT INTO " + t.Name + " (" + strings.Join(t.names(), ", ") + ") VALUES " +
		strings.TrimSuffix(strings.Repeat(row+", ", n), ", ") +
		" ON CONFLICT (" + strings.Join(t.key(), ", ") + ") DO UPDATE SET " + strings.Join(set, ", ")
}

func (t *Tx) exec(ctx context.Context, query string, args []any) error {
	s, err := t.again(ctx, query)
	if err != nil {
		return err
	}
	if s == nil {
		_, err = t.Exec(ctx, query, args...)
		return err
	}
	_, err = s.ExecContext(ctx, args...)
	return err
}

func (t *Tx) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	s, err := t.again(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return t.Query(ctx, query, args...)
	}
	return s.QueryContext(ctx, args...)
}
