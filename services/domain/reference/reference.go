// Package reference decides what is on record under an agency's own references:
// which contacts the agency sent under each.
//
// On the way of a contact it stands beside the contact's own decider. Casework
// notes a contact's reference when it receives it, on the stream
// identifier-<HMAC of "reference", agency and reference>, so that the agency can
// later tell more about the contact by the name it knows it by.
//
// It guarantees that a contact stands once under a reference, and that contacts
// of one agency are never found by another's reference. It does not guarantee
// that a reference names one contact: some systems give every message about a
// matter the same one. Who asks gets all of them, and decides nothing by chance.
package reference

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
)

// Kind is the kind of value that a reference is to whoever makes pseudonyms.
const Kind = "reference"

// Value gives what the pseudonym is made of. The agency is led by its length, so
// that no two pairs are ever the same text.
func Value(agency, reference string) string {
	return fmt.Sprintf("%d:%s%s", len(agency), agency, reference)
}

// Stream gives the name of a reference's stream, of its pseudonym.
func Stream(pseudonym string) string { return "identifier-" + pseudonym }

// State is the contacts that came under one reference, the oldest first.
type State struct{ Contacts []string }

// Record says that a contact came under the reference.
type Record struct {
	// Now is the hub's clock.
	Now               time.Time
	Agency, ContactID string
}

// Decider gives the rules of this package, for one stream.
func Decider() domain.Decider[Record, proto.Message, State] {
	return domain.Decider[Record, proto.Message, State]{Initial: Initial, Evolve: Evolve, Decide: Decide}
}

// Initial is the state of a reference that nothing came under.
func Initial() State { return State{} }

// Evolve folds one event. An event of another stream or release is an error.
func Evolve(s State, event proto.Message) (State, error) {
	e, ok := event.(*eventpb.ContactReferenced)
	if !ok {
		return s, fmt.Errorf("reference: unknown event %T", event)
	}
	if !slices.Contains(s.Contacts, e.GetContactId()) {
		s.Contacts = append(slices.Clip(s.Contacts), e.GetContactId())
	}
	return s, nil
}

// Decide adds a contact that is not there yet.
func Decide(c Record, s State) ([]proto.Message, error) {
	if slices.Contains(s.Contacts, c.ContactID) {
		return nil, nil
	}
	return []proto.Message{&eventpb.ContactReferenced{
		ContactId: c.ContactID, Agency: c.Agency, RecordedAt: timestamppb.New(c.Now),
	}}, nil
}
