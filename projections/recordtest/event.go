package recordtest

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
)

// Secret stands in every part about people: a test looks for it where no plaintext may be.
const Secret = "Zofia Przykładowa"

// Written is an event and its stream.
type Written struct {
	Stream  string
	Message proto.Message
}

// Of says which contact the events are of.
func Of(id string, events ...proto.Message) []Written {
	var all []Written
	for _, e := range events {
		all = append(all, Written{contact.Stream(id), e})
	}
	return all
}

// ID gives a contact's uuid by its number.
func ID(n int) string { return contact.ID("kent-police", "test", time.Duration(n).String()).String() }

// Clock gives a running clock.
func Clock(kind string, due time.Time) *eventpb.Clock {
	return &eventpb.Clock{Kind: kind, StartedAt: timestamppb.New(due.Add(-time.Hour)), DueAt: timestamppb.New(due), Reckoning: "1 hour", Rule: "test"}
}

// Received is a contact of so many children with a triage clock of a day, and aims that are due before it.
func Received(id string, at time.Time, children int, change ...func(*eventpb.ContactReceived)) *eventpb.ContactReceived {
	e := &eventpb.ContactReceived{
		ContactId: id, Agency: "kent-police", WorkType: "request-for-support", SourceCode: "3A", Children: uint32(children),
		Reason: Narrative(), ReceivedAt: timestamppb.New(at), Team: "front-door",
		Clocks: []*eventpb.Clock{Clock("triage", at.Add(24*time.Hour)), Clock("aim-triage", at.Add(8*time.Hour)), Clock("aim-decision", at.Add(7*time.Hour))},
	}
	for i := range children {
		id := contact.SubjectID(i)
		e.Subjects = append(e.Subjects, &eventpb.Subject{SubjectId: id, Child: &eventpb.ChildPart{
			About: []string{id}, Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{GivenName: Secret}},
		}})
	}
	for _, c := range change {
		c(e)
	}
	return e
}

// Narrative is words about people.
func Narrative() *eventpb.NarrativePart {
	return &eventpb.NarrativePart{About: []string{"s1"}, Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: Secret}}}
}

// Across says that those who are not among the remaining went to a team.
func Across(id string, at time.Time, remaining ...string) *eventpb.ContactPassedAcross {
	return &eventpb.ContactPassedAcross{
		ContactId: id, Remaining: remaining, PassedAt: timestamppb.New(at),
		Matches: []*eventpb.OpenMatch{{SubjectId: "s1", MatchedOn: []string{"nhs_number"}, CaseId: "case-1", Team: "district-1"}},
	}
}

// Triaged rates a contact: partners are due in one hour, the decision in two.
func Triaged(id, rating string, at time.Time, lapses ...*eventpb.Lapse) *eventpb.ContactTriaged {
	return &eventpb.ContactTriaged{
		ContactId: id, Rating: rating, Actions: []string{"agency-checks"}, Directions: Narrative(), Team: "assessment", TriagedAt: timestamppb.New(at),
		Clocks: []*eventpb.Clock{Clock("partners", at.Add(time.Hour)), Clock("decision", at.Add(2*time.Hour))}, Lapses: lapses,
	}
}

// Rated rates it again, with other clocks.
func Rated(id, rating string, at time.Time, lapses ...*eventpb.Lapse) *eventpb.ContactRated {
	return &eventpb.ContactRated{
		ContactId: id, Rating: rating, Reason: Narrative(), RatedAt: timestamppb.New(at),
		Clocks: []*eventpb.Clock{Clock("partners", at.Add(3*time.Hour)), Clock("decision", at.Add(4*time.Hour))}, Lapses: lapses,
	}
}

// AllocatedTo gives it to a worker.
func AllocatedTo(id, worker string, at time.Time) *eventpb.ContactAllocated {
	return &eventpb.ContactAllocated{ContactId: id, Worker: worker, Team: "assessment", AllocatedAt: timestamppb.New(at)}
}

// Linked makes it a duplicate of another.
func Linked(id, of string, at time.Time) *eventpb.ContactLinkedAsDuplicate {
	return &eventpb.ContactLinkedAsDuplicate{ContactId: id, DuplicateOf: of, Reason: Narrative(), LinkedAt: timestamppb.New(at)}
}

// Unlinked undoes that.
func Unlinked(id, of string, at time.Time) *eventpb.ContactUnlinked {
	return &eventpb.ContactUnlinked{ContactId: id, DuplicateOf: of, Reason: Narrative(), UnlinkedAt: timestamppb.New(at)}
}

// Retried is an event that no read model of contacts has a use for.
func Retried() *eventpb.QuarantineRetried {
	return &eventpb.QuarantineRetried{QuarantineId: ID(0), RetriedAt: timestamppb.New(Monday)}
}
