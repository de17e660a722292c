package rows

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strings"
)

// Digest is the SHA-256 of one row's values.
type Digest [sha256.Size]byte

// Dump gives the digest of every row by its key, as people read it, in a form that is the same on both databases: two tables that hold the same
// rows have equal dumps. It holds about 100 bytes of memory a row.
func (t *Table) Dump(ctx context.Context, tx *Tx) (map[string]Digest, error) {
	dump := map[string]Digest{}
	values := make([]any, len(t.Columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	err := tx.Each(ctx, func(r *sql.Rows) error {
		if err := r.Scan(into...); err != nil {
			return err
		}
		var key []string
		var whole []byte
		for i, v := range values {
			var err error
			if whole, err = canonical(whole, v); err != nil {
				return fmt.Errorf("column %s: %w", t.Columns[i].Name, err)
			}
			if i < t.Key {
				key = append(key, fmt.Sprintf("%q", fmt.Sprint(v)))
			}
		}
		dump[strings.Join(key, " ")] = sha256.Sum256(whole)
		return nil
	}, "SELECT * FROM "+t.Name)
	if err != nil {
		return nil, fmt.Errorf("dump %s: %w", t.Name, err)
	}
	return dump, nil
}

// canonical appends a value with its kind and length, so that no two rows run into the same bytes. Text and bytes are one kind:
// which of them a driver hands out is its own affair.
func canonical(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case int64:
		return binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v)), nil
	case string:
		return append(binary.AppendUvarint(append(b, 'b'), uint64(len(v))), v...), nil
	case []byte:
		return append(binary.AppendUvarint(append(b, 'b'), uint64(len(v))), v...), nil
	}
	return nil, fmt.Errorf("a %T is none of the types of a column", v)
}
