package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

// ErrNotFound means that no event of such a contact was folded yet.
var ErrNotFound = errors.New("no such contact")

// Get reads a contact's file, with its parts opened.
func Get(ctx context.Context, db *rows.DB, store *eventstore.Store, id string) (*File, error) {
	recorded, f, err := read(ctx, db, id)
	if err != nil {
		return nil, fmt.Errorf("read case file: %w", err)
	}
	for _, e := range recorded {
		if err := store.OpenParts(ctx, contact.Stream(id), e.Message); err != nil {
			return nil, fmt.Errorf("open case file: %w", err)
		}
		if err := f.fold(e); err != nil {
			return nil, projections.Unfoldable(Name, e, err)
		}
	}
	return f, nil
}

// read gives the contact's events, sealed, and a file that holds what is known besides them, as one state of the rows.
func read(ctx context.Context, db *rows.DB, id string) (recorded []eventstore.Recorded, f *File, err error) {
	f = &File{}
	err = db.View(ctx, func(tx *rows.Tx) (err error) {
		if f.Live, err = projections.ReadLive(ctx, tx, Name); err != nil {
			return err
		}
		events, links := tables(f.Live.Version)
		err = tx.Each(ctx, func(r *sql.Rows) error {
			e, err := projections.ScanRecorded(r, contact.Stream(id))
			recorded = append(recorded, e)
			return err
		}, "SELECT revision, type, data, metadata FROM "+events.Name+" WHERE contact = ? ORDER BY revision", id)
		if err != nil {
			return err
		}
		if len(recorded) == 0 {
			return ErrNotFound
		}
		return tx.Each(ctx, func(r *sql.Rows) error {
			var duplicate string
			err := r.Scan(&duplicate)
			f.Duplicates = append(f.Duplicates, duplicate)
			return err
		}, "SELECT contact FROM "+links.Name+" WHERE duplicate_of = ? ORDER BY contact", id)
	})
	return recorded, f, err
}
