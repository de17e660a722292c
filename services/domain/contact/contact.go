// Package contact decides about one contact, from its arrival at the front door
// until a named worker has it.
//
// On the way of a contact, casework folds the stream contact-<uuid> into a
// [State] with [Evolve], asks [Decide] what a command adds, and appends that at
// the revision it folded. The commands are [Receive], which intake makes of an
// agency's message, and [Triage], [Rate], [Allocate], [Link] and [Unlink], which
// staff give over gRPC.
//
// # The rules, and where they are from
//
//   - SOT-02, Southampton CRS: the referrer says whether consent was sought and,
//     if not, why seeking it would place the child at risk of significant harm.
//   - KEN-02, Kent: a request for support is complete: who, date of birth,
//     contact numbers, reason, agreement to engage and, unless it is child
//     protection, whether the family knows.
//   - KEN-03: a team manager or senior practitioner triages, once, directs what
//     is to be done and rates; a later rating has its reason. A clock that had
//     lapsed stays on record when another replaces it.
//   - KEN-04: a child who is open to a team goes straight across to it; brothers
//     and sisters who are not open stay in the queue.
//   - KEN-05, KEN-16: the work type says which team owns it from its arrival on.
//   - KEN-06: a named worker has it only after triage.
//   - KEN-08, KEN-09: the aims for decision and triage, counted from arrival.
//     Every clock starts at receipt and none at the incident.
//   - The children in need census: dates that can be (8525), the sex of an unborn
//     child (8750), the check letter of a UPN (1510).
//
// # What it guarantees, and what it does not
//
// The sender's edge checks the form of a message too; here every rule is checked
// again, because a message can arrive by another edge. Refusals are
// *domain.Refusal, name every field at fault and repeat no content. Events carry
// the outcome of the rules: due times, the team, what matched, what had lapsed.
// A command repeated on its own result adds nothing or is refused as done.
//
// It does not know whether a message was seen before under another key, or
// whether two contacts tell of the same thing: the first is casework's ledger,
// the second a person's judgement, recorded as a link that can be undone. A link
// leads to a contact that waits in the queue when it is made. That one can be
// linked to a third later, as its stream does not know who links to it: readers
// follow the chain to its end. It does not record what a case file shows; that is
// a projection.
package contact

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/practice"
)

// State is what must be known of a contact to decide about it. It is a value:
// Evolve gives a new one and leaves the old as it was.
type State struct {
	// ID is the contact's uuid; empty: there is no contact.
	ID string
	// Subjects are the ids of all its children, Queued of those for whom the
	// front door still has to act.
	Subjects, Queued []string
	// Team has it now, and Worker within the team once it was allocated.
	Team, Worker string
	// Rating is empty until triage.
	Rating string
	// Clocks run; a clock leaves when it is replaced, not when it lapses.
	Clocks []*eventpb.Clock
	// DuplicateOf is the contact that this one is linked to; empty: none.
	DuplicateOf string
}

// Decider gives the rules of this package.
func Decider() domain.Decider[Command, proto.Message, State] {
	return domain.Decider[Command, proto.Message, State]{Initial: Initial, Evolve: Evolve, Decide: Decide}
}

// Initial is the state of a contact that was never received.
func Initial() State { return State{} }

// Evolve folds one event. It takes the events in any order that can be stored,
// and refuses an event of another stream or of a later release: to skip one
// would be to decide on half a record.
func Evolve(s State, event proto.Message) (State, error) {
	switch e := event.(type) {
	case *eventpb.ContactReceived:
		s.ID, s.Team, s.Clocks = e.GetContactId(), e.GetTeam(), e.GetClocks()
		s.Subjects = nil
		for _, subject := range e.GetSubjects() {
			s.Subjects = append(s.Subjects, subject.GetSubjectId())
		}
		s.Queued = s.Subjects
	case *eventpb.ContactPassedAcross:
		s.Queued = e.GetRemaining()
	case *eventpb.ContactTriaged:
		s.Rating, s.Team = e.GetRating(), e.GetTeam()
		s.Clocks = replace(s.Clocks, e.GetClocks(), practice.Triage, practice.AimTriage)
	case *eventpb.ContactRated:
		s.Rating = e.GetRating()
		s.Clocks = replace(s.Clocks, e.GetClocks(), practice.Partners, practice.Decision)
	case *eventpb.ContactAllocated:
		s.Worker, s.Team = e.GetWorker(), e.GetTeam()
	case *eventpb.ContactLinkedAsDuplicate:
		s.DuplicateOf = e.GetDuplicateOf()
	case *eventpb.ContactUnlinked:
		s.DuplicateOf = ""
	default:
		return s, fmt.Errorf("contact: unknown event %s", typeName(event))
	}
	return s, nil
}

// replace gives the clocks that run after an event: those it started, and of
// the old ones all but the kinds it ends.
func replace(old, started []*eventpb.Clock, ends ...practice.Kind) []*eventpb.Clock {
	var running []*eventpb.Clock
	for _, clock := range old {
		if !slices.Contains(ends, practice.Kind(clock.GetKind())) {
			running = append(running, clock)
		}
	}
	return append(running, started...)
}

func typeName(event proto.Message) string {
	if event == nil {
		return "nil"
	}
	return string(event.ProtoReflect().Descriptor().FullName())
}
