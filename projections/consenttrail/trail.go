package consenttrail

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

// ErrNotFound means that no event of such a contact was folded yet.
var ErrNotFound = errors.New("no such contact")

// Trail is what allowed information about a contact's children to be gathered, and that it was. Parts about people are open, but for
// those of [eventpb.InformationShared], which a trail shows nothing of.
type Trail struct {
	// Steps are oldest first; there may be none.
	Steps []eventstore.Recorded
	// Live says what the rows show in all.
	Live projections.Live
}

// isStep says which events are steps of a trail.
func isStep(event proto.Message) bool {
	switch event.(type) {
	case *eventpb.HolderRecorded, *eventpb.ConsentRecorded, *eventpb.ConsentWithdrawn, *eventpb.ConsentExpired,
		*eventpb.EngagementRecorded, *eventpb.LawfulBasisRecorded,
		*eventpb.OverrideProposed, *eventpb.OverrideDecided, *eventpb.OverrideReviewed, *eventpb.OverrideExpired,
		*eventpb.AgencyWentWithoutConsent, *eventpb.DecidedNotToShare, *eventpb.WentOnDespiteRefusal,
		*eventpb.InformationRequested, *eventpb.InformationRequestCancelled, *eventpb.InformationShared:
		return true
	}
	return false
}

// Get reads a contact's trail, with its parts opened. ErrNotFound: there is no such contact.
func Get(ctx context.Context, db *rows.DB, store *eventstore.Store, id string) (Trail, error) {
	trail, err := read(ctx, db, id)
	if err != nil {
		return Trail{}, fmt.Errorf("read consent trail: %w", err)
	}
	for _, e := range trail.Steps {
		if _, shared := e.Message.(*eventpb.InformationShared); shared {
			continue
		}
		if err := store.OpenParts(ctx, contact.Stream(id), e.Message); err != nil {
			return Trail{}, fmt.Errorf("open consent trail: %w", err)
		}
	}
	return trail, nil
}

func read(ctx context.Context, db *rows.DB, id string) (trail Trail, err error) {
	known := false
	err = db.View(ctx, func(tx *rows.Tx) (err error) {
		if trail.Live, err = projections.ReadLive(ctx, tx, Name); err != nil {
			return err
		}
		steps, _ := tables(trail.Live.Version)
		return tx.Each(ctx, func(r *sql.Rows) error {
			known = true
			e, err := projections.ScanRecorded(r, contact.Stream(id))
			if err == nil && isStep(e.Message) {
				trail.Steps = append(trail.Steps, e)
			}
			return err
		}, "SELECT revision, type, data, metadata FROM "+steps.Name+" WHERE contact = ? ORDER BY revision", id)
	})
	if err == nil && !known {
		err = ErrNotFound
	}
	return trail, err
}
