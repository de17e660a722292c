// Package consultation decides about consultations: a professional who is not sure
// whether to send a request asks the hub first (KEN-12, Kent).
//
// It stands beside the way of a contact. A worker of the hub records over gRPC what
// was asked and advised; casework gives it a number and writes the stream
// consultation-<uuid>; the outbox sends the record to the caller's agency, whose it is
// to keep. A contact that comes later can name the number and is tied to it.
//
// # What it guarantees
//
//   - KEN-12: the caller's own safeguarding lead came first. A social worker or senior
//     practitioner of the hub gives the advice, and nobody else.
//   - No consultation stands before an emergency: it is refused, with the word to
//     record the contact.
//   - A number names one consultation for ever: the stream's name is made of it, so a
//     number that is taken cannot be given again. It is random and says nothing.
//
// # What it does not
//
// It opens no case and starts no clock: who was advised decides what to do. It holds
// no children by name; what the words of question and advice say is as their writer
// wrote them, and sealed. Where a profile begins with the conversation (SOT-01), the
// call is a contact and this is for the rest.
package consultation

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
)

// namespace is part of the stored form.
var namespace = uuid.MustParse("c3b1d6a4-2f0e-5a77-9a58-6b656e2d3132")

// ID gives the uuid of the consultation with that number, as it is written.
func ID(number string) uuid.UUID { return uuid.NewSHA1(namespace, []byte(number)) }

// Stream gives the name of a consultation's stream, of its uuid.
func Stream(id string) string { return "consultation-" + id }

// Command is something to be decided about one consultation: [Give] or [Follow].
type Command interface{ setting() Setting }

// Setting is when a command is decided, in what role and under which practice.
type Setting struct {
	// Now is the hub's clock.
	Now     time.Time
	Profile practice.Profile
	// Role is what the actor is, and Actor who, by opaque id.
	Role  access.Role
	Actor string
}

func (s Setting) setting() Setting { return s }

// Give records a consultation.
type Give struct {
	Setting
	// Number is what the caller is given, as it is written.
	Number string
	// Agency is the caller's, Reference their own for it.
	Agency, Reference string
	// Channel is a published code of practice.Channels.
	Channel string
	HeldAt  time.Time
	// Lead is a published code of practice.Leads, LeadAt when the lead was consulted.
	Lead   string
	LeadAt time.Time
	// Emergency says that a child needs immediate action.
	Emergency bool
	// Question and Advice are words, Recommendation a published code.
	Question, Advice, Recommendation string
}

// Follow says that a contact of the agency names the consultation.
type Follow struct {
	Setting
	Agency, ContactID string
}

// State is what must be known of a consultation to decide about it.
type State struct {
	// ID is its uuid; empty: there is none.
	ID, Number, Agency string
	// Contacts named it, the oldest first.
	Contacts []string
}

// Decider gives the rules of this package, for one stream.
func Decider() domain.Decider[Command, proto.Message, State] {
	return domain.Decider[Command, proto.Message, State]{Initial: Initial, Evolve: Evolve, Decide: Decide}
}

// Initial is the state of a consultation that was never given.
func Initial() State { return State{} }

// Evolve folds one event. An event of another stream or of a later release is an error.
func Evolve(s State, event proto.Message) (State, error) {
	switch e := event.(type) {
	case *eventpb.ConsultationGiven:
		s.ID, s.Number, s.Agency = e.GetConsultationId(), e.GetNumber(), e.GetAgency()
	case *eventpb.ConsultationFollowed:
		if !slices.Contains(s.Contacts, e.GetContactId()) {
			s.Contacts = append(slices.Clip(s.Contacts), e.GetContactId())
		}
	default:
		return s, fmt.Errorf("consultation: unknown event %T", event)
	}
	return s, nil
}
