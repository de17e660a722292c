package keys

import (
	"context"
	"fmt"
)

// recordName names, in mash_ring, the record that the keys seal.
const recordName = "record"

// Bind ties the keys to the record that they seal, by the record's id, and fails with ErrOtherRecord where the two do not
// belong together. A database that was lost and made anew, or a record that was, would otherwise be worked with for days:
// new pseudonyms match nothing that is on record, and what is sealed meanwhile cannot be read when the lost one is back.
//
// Whoever comes first ties them. A database that holds no key yet is tied to a record that nothing is sealed on with keys that
// it does not have, which unreadable is asked for, then and not otherwise; one that holds keys from before keys were tied is
// taken as the record's.
func (r *Ring) Bind(ctx context.Context, record string, unreadable func(context.Context) (bool, error)) error {
	bound, err := ringValue(ctx, r.db, recordName)
	if err != nil {
		return fmt.Errorf("read key database: %w", err)
	}
	if bound == nil {
		if err := r.mayBind(ctx, unreadable); err != nil {
			return err
		}
		if bound, err = makeRingValue(ctx, r.db, r.master, recordName, []byte(record)); err != nil {
			return fmt.Errorf("name the record in the key database: %w", err)
		}
	}
	id, err := r.master.Decrypt(bound, []byte(recordName))
	if err != nil {
		return fmt.Errorf("read key database: %w", ErrTampered)
	}
	if string(id) != record {
		return fmt.Errorf("%w: its keys seal the record %s, and this is %s; restore the one that is missing, or begin anew with both", ErrOtherRecord, id, record)
	}
	return nil
}

func (r *Ring) mayBind(ctx context.Context, unreadable func(context.Context) (bool, error)) error {
	var keys int
	text := r.db.text(`SELECT COUNT(*) FROM (SELECT key_id FROM mash_key LIMIT 1) AS any_key`)
	if err := r.db.write.QueryRowContext(ctx, text).Scan(&keys); err != nil {
		return fmt.Errorf("read key database: %w", err)
	}
	if keys > 0 {
		return nil
	}
	lost, err := unreadable(ctx)
	if err != nil {
		return fmt.Errorf("look whether the record can be read: %w", err)
	}
	if lost {
		return fmt.Errorf("%w: it holds no key, and the record is sealed with keys; restore the key database from its backup, or begin anew with both", ErrOtherRecord)
	}
	return nil
}
