package consultations

import (
	"errors"
	"fmt"
	"slices"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore"
)

// Row is a consultation as lists show it. It is stored as JSON.
type Row struct {
	ID, Number string
	// Agency is the caller's, Reference their own for it.
	Agency, Reference string
	Channel, Lead     string
	// GivenBy is a member of staff, by opaque id, Role what they acted as.
	GivenBy, Role, Recommendation string
	HeldAt, RecordedAt            time.Time
	// Contacts named it since, the oldest first.
	Contacts []string `json:",omitempty"`

	// Revision of its stream, and ordinal of the position in $all, that the row shows.
	Revision uint64
	Position int64
}

var (
	errNotGiven   = errors.New("the consultation's first event is not its record, or its record is not the first event")
	errOutOfOrder = errors.New("the consultation's revisions do not follow each other")
	errUnknown    = errors.New("not an event of a consultation")
)

// Apply folds one event of a consultation's stream into its row; prev is nil before the first and is not changed.
func Apply(prev *Row, e eventstore.Recorded) (*Row, error) {
	switch m := e.Message.(type) {
	case *eventpb.ConsultationGiven:
		if prev != nil {
			return nil, errNotGiven
		}
		return given(m, e), nil
	case *eventpb.ConsultationFollowed:
		if prev == nil {
			return nil, errNotGiven
		}
		if e.Revision != prev.Revision+1 {
			return nil, fmt.Errorf("%w: %d after %d", errOutOfOrder, e.Revision, prev.Revision)
		}
		next := *prev
		next.Revision, next.Position = e.Revision, e.Position.Ordinal()
		if !slices.Contains(next.Contacts, m.GetContactId()) {
			next.Contacts = append(slices.Clip(next.Contacts), m.GetContactId())
		}
		return &next, nil
	}
	return nil, errUnknown
}

func given(m *eventpb.ConsultationGiven, e eventstore.Recorded) *Row {
	return &Row{
		ID: m.GetConsultationId(), Number: m.GetNumber(), Agency: m.GetAgency(), Reference: m.GetReference(), Channel: m.GetChannel(), Lead: m.GetLead(),
		GivenBy: m.GetGivenBy(), Role: m.GetRole(), Recommendation: m.GetRecommendation(),
		HeldAt: m.GetHeldAt().AsTime(), RecordedAt: e.Metadata.RecordedAt.UTC(), Revision: e.Revision, Position: e.Position.Ordinal(),
	}
}
