package recordtest

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
)

// MeetingID gives a strategy meeting's uuid by its number.
func MeetingID(n int) string {
	return contact.ID("meeting", "test", time.Duration(n).String()).String()
}

// OfMeeting says which strategy meeting the events are of.
func OfMeeting(id string, events ...proto.Message) []Written {
	var all []Written
	for _, e := range events {
		all = append(all, Written{"strategymeeting-" + id, e})
	}
	return all
}

// Awaited says on a contact's own stream that it waits for a meeting before its decision (KEN-23).
func Awaited(id, meeting, stage string, clock *eventpb.Clock) *eventpb.StrategyMeetingAwaited {
	return &eventpb.StrategyMeetingAwaited{ContactId: id, MeetingId: meeting, Stage: stage, Subjects: []string{"s1"}, BeforeDecision: true, Clock: clock}
}

// Sectors are those of the agencies of tests.
var Sectors = map[string]string{
	"kent-council": "social-care", "kent-health": "health", "kent-police": "police", "kent-schools": "education",
}

// MeetingProposed is about children of one contact, s1 being its first child.
func MeetingProposed(id, contactID string, children int, change ...func(*eventpb.StrategyMeetingProposed)) *eventpb.StrategyMeetingProposed {
	e := &eventpb.StrategyMeetingProposed{
		MeetingId: id, HubReference: "SM-" + id[:4], SignificantHarm: "at-risk", Threshold: Narrative(), OwnerTeam: "front-door", ProposedBy: "worker-1",
	}
	for i := range children {
		child := contact.SubjectID(i)
		e.Children = append(e.Children, &eventpb.MeetingChild{
			ChildId: child, ContactId: contactID, SubjectId: child,
			Child: &eventpb.ChildPart{About: []string{child}, Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{GivenName: Secret}}},
		})
	}
	for _, c := range change {
		c(e)
	}
	return e
}

// Follows makes a proposal one of a meeting that follows another, with the enquiries that the other started for one child.
func Follows(before string, started time.Time) func(*eventpb.StrategyMeetingProposed) {
	return func(e *eventpb.StrategyMeetingProposed) {
		e.Follows = before
		e.Enquiries = []*eventpb.EnquiryStart{{
			ChildId: "s1", MeetingId: before, StartedAt: timestamppb.New(started), Mode: "joint", Conference: Clock("conference", started.Add(21*24*time.Hour)), StartedChildId: "s1",
		}}
	}
}

// MeetingCalled invites agencies to a meeting that must be held within a day of when it is to be.
func MeetingCalled(id, form string, at time.Time, agencies ...string) *eventpb.StrategyMeetingCalled {
	return &eventpb.StrategyMeetingCalled{
		MeetingId: id, Form: form, At: timestamppb.New(at), Place: Narrative(), SignificantHarm: "at-risk", Reasons: Narrative(), Briefing: Narrative(),
		Invitees: invitees(agencies), Quorum: []string{"social-care", "health", "police"}, Clock: Clock("strategy-meeting", at.Add(24*time.Hour)),
		CalledBy: "manager-1", Chair: "manager-1",
	}
}

// MeetingWidened invites more.
func MeetingWidened(id string, agencies ...string) *eventpb.StrategyMeetingWidened {
	return &eventpb.StrategyMeetingWidened{MeetingId: id, Invitees: invitees(agencies)}
}

func invitees(agencies []string) (all []*eventpb.Invitee) {
	for _, a := range agencies {
		all = append(all, &eventpb.Invitee{Agency: a, Sector: Sectors[a], Required: a != "kent-schools"})
	}
	return all
}

// MeetingMoved moves it.
func MeetingMoved(id string, at time.Time, times uint32) *eventpb.StrategyMeetingMoved {
	return &eventpb.StrategyMeetingMoved{MeetingId: id, At: timestamppb.New(at), Form: "meeting", Place: Narrative(), Reason: Narrative(), Times: times}
}

// Comes answers an invitation: somebody comes, and says in writing what statements there are.
func Comes(id, agency string, n int, statements ...*eventpb.Statement) *eventpb.InvitationAnswered {
	attendee := fmt.Sprint("t", n)
	e := &eventpb.InvitationAnswered{
		MeetingId: id, Agency: agency, Answer: "attending", Attendees: []*eventpb.NamedAttendee{{
			AttendeeId: attendee, Attendee: &eventpb.AttendeePart{About: []string{attendee}, Part: &eventpb.AttendeePart_Open{Open: &eventpb.Attendee{
				Name: Secret, Post: "post of " + agency, Phones: []string{"01622 000000"}, Email: agency + "@example.org",
			}}},
		}},
	}
	return wrote(e, n, statements)
}

// Declines answers with apologies, and says in writing what statements there are.
func Declines(id, agency string, n int, statements ...*eventpb.Statement) *eventpb.InvitationAnswered {
	return wrote(&eventpb.InvitationAnswered{MeetingId: id, Agency: agency, Answer: "apologies", Reason: Narrative()}, n, statements)
}

func wrote(e *eventpb.InvitationAnswered, n int, statements []*eventpb.Statement) *eventpb.InvitationAnswered {
	for i, s := range statements {
		e.Contributions = append(e.Contributions, &eventpb.Contribution{ContributionId: fmt.Sprint("w", n+i), Agency: e.GetAgency(), Statement: s})
	}
	return e
}

// Statement is one thing that an agency says about the first child.
func Statement(handling *eventpb.Handling) *eventpb.Statement {
	return &eventpb.Statement{
		StatementId: "1", Subjects: []string{"s1"}, Category: "police-and-offending", Words: Narrative(), Kind: "fact", Source: "record",
		Known: &eventpb.Occurrence{At: timestamppb.New(Monday), Precision: "day"}, Handling: handling,
	}
}

// MeetingConcluded was held with some agencies and without others. Each child has its own outcome: "section-47" starts enquiries.
func MeetingConcluded(id, form string, held time.Time, there, absent []string, outcomes ...string) *eventpb.StrategyMeetingConcluded {
	e := &eventpb.StrategyMeetingConcluded{
		MeetingId: id, Form: form, HeldAt: timestamppb.New(held), FamilyTold: Narrative(), Rationale: Narrative(), Chair: "manager-1",
		Minutes: Clock("minutes", held.Add(5*24*time.Hour)),
	}
	for i, a := range there {
		e.Present = append(e.Present, &eventpb.Present{AttendeeId: fmt.Sprint("t", i+1), Agency: a, Sector: Sectors[a]})
	}
	for _, a := range absent {
		e.Absences = append(e.Absences, &eventpb.Absence{Agency: a, Sector: Sectors[a]})
	}
	for i, o := range outcomes {
		child := &eventpb.ChildOutcome{ChildId: contact.SubjectID(i), Outcome: o, Medical: "none", Protection: "none", OtherChildren: "none-known"}
		if o == "section-47" {
			child.Mode, child.Conference = "joint", Clock("conference", held.Add(21*24*time.Hour))
		}
		e.Outcomes = append(e.Outcomes, child)
	}
	if form == "discussion" {
		e.FollowUp = Clock("follow-up", held.Add(5*24*time.Hour))
	}
	return e
}

// MeetingFollowed says that another one was held after it.
func MeetingFollowed(id, by, form string, held time.Time) *eventpb.StrategyMeetingFollowed {
	return &eventpb.StrategyMeetingFollowed{MeetingId: id, By: by, Form: form, HeldAt: timestamppb.New(held)}
}

// ToDo is an action of a meeting.
func ToDo(action, agency string, due time.Time) *eventpb.MeetingAction {
	return &eventpb.MeetingAction{ActionId: action, Agency: agency, Children: []string{"s1"}, Words: Narrative(), Due: Clock("action", due)}
}

// Done closes it.
func Done(id, action, result string, late bool) *eventpb.MeetingActionClosed {
	return &eventpb.MeetingActionClosed{MeetingId: id, ActionId: action, Result: result, Words: Narrative(), Late: late}
}

// MinutesIssued sends a version of the minutes.
func MinutesIssued(id string, version uint32, agencies ...string) *eventpb.MinutesIssued {
	return &eventpb.MinutesIssued{MeetingId: id, Version: version, Minutes: Narrative(), Agencies: agencies}
}

// MinutesReceived says that it has come.
func MinutesReceived(id, agency string, version uint32) *eventpb.MinutesReceived {
	return &eventpb.MinutesReceived{MeetingId: id, Agency: agency, Version: version}
}

// EnquiriesConcluded ends enquiries about a child.
func EnquiriesConcluded(id, child, outcome string) *eventpb.EnquiriesConcluded {
	return &eventpb.EnquiriesConcluded{MeetingId: id, ChildId: child, Outcome: outcome, Rationale: Narrative()}
}

// ConferenceHeld puts children on a plan.
func ConferenceHeld(id string, held time.Time, children ...string) *eventpb.ConferenceHeld {
	e := &eventpb.ConferenceHeld{
		MeetingId: id, HeldAt: timestamppb.New(held), CoreGroup: Clock("core-group", held.Add(14*24*time.Hour)), Review: Clock("review", held.Add(90*24*time.Hour)),
	}
	for _, c := range children {
		e.Outcomes = append(e.Outcomes, &eventpb.ConferenceOutcome{ChildId: c, Plan: true})
	}
	return e
}

// ReviewHeld keeps children on it, for half a year; none ends it.
func ReviewHeld(id string, held time.Time, number uint32, children ...string) *eventpb.ReviewHeld {
	e := &eventpb.ReviewHeld{MeetingId: id, HeldAt: timestamppb.New(held), Number: number, Children: children}
	if len(children) > 0 {
		e.Next = Clock("review", held.Add(180*24*time.Hour))
	}
	return e
}
