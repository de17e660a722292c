package triage

import (
	"context"
	"fmt"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
)

// SchoolsCursor is where a page of notifications ended: its last row's due time and id.
type SchoolsCursor struct {
	Due int64
	ID  string
}

// Schools reads at most limit contacts with a notification of a school that is open (KEN-20), whatever else became of them, the one that is
// due first first, from behind the cursor on (the zero value: from the beginning).
func Schools(ctx context.Context, db *rows.DB, after SchoolsCursor, limit int) (found []*Row, next *SchoolsCursor, live projections.Live, err error) {
	err = db.View(ctx, func(tx *rows.Tx) (err error) {
		if live, err = projections.ReadLive(ctx, tx, Name); err != nil {
			return err
		}
		// One more than asked for tells whether there is a next page.
		if err := each(ctx, tx, &found, schoolsIn(tableOf(live.Version).Name), []any{after.Due, after.ID, int64(limit) + 1}); err != nil {
			return fmt.Errorf("list notifications of schools: %w", err)
		}
		return nil
	})
	if err == nil && len(found) > limit {
		found = found[:limit]
		next = &SchoolsCursor{Due: found[limit-1].SchoolsDue(), ID: found[limit-1].Contact.ID}
	}
	return found, next, live, err
}

func schoolsIn(table string) string {
	return "SELECT body FROM " + table + " WHERE " + awaitsSchool + " AND (schools, id) > (?, ?) ORDER BY schools, id LIMIT ?"
}
