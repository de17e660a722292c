package queryapi

import (
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/projections/strategymeetings"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/contact"
)

// wholeMeeting is all of a meeting, for staff of the hub and auditors.
func wholeMeeting(m *strategymeetings.Meeting) *querypb.StrategyMeetingView {
	return &querypb.StrategyMeetingView{
		Proposed: m.Proposed, Called: m.Called, Moved: m.Moved, Answers: m.Answers, Concluded: m.Concluded, Minutes: m.Minutes, Receipts: m.Receipts,
		Closed: m.Closed, Enquiries: m.Enquiries, Conference: m.Conference, CoreGroup: m.CoreGroup, Reviews: m.Reviews, Declined: m.Declined,
		Cancelled: m.Cancelled, Followed: m.Followed, Clocks: m.Row.Clocks(),
	}
}

// partyMeeting is what an agency sees of a meeting that it has to do with. Every field is put in by name: what is added to the record later
// is not shown until somebody has decided that it may be.
//
// Inviting and telling the agencies rests on the recorded decision of a manager that the threshold is met (SOT-10, HUB-02), so it reaches
// those that were invited and nobody else: who sent something unasked sees that it is there, and no more.
func partyMeeting(m *strategymeetings.Meeting, p strategymeetings.Party) *querypb.StrategyMeetingView {
	v := &querypb.StrategyMeetingView{Concluded: ownPart(m, p)}
	within := takesPart(m.Row, p)
	if p.Invited {
		v.Called, v.Moved = invitation(m.Called), move(m.Moved)
		if m.Cancelled != nil {
			v.Cancelled = &eventpb.StrategyMeetingCancelled{MeetingId: m.Row.ID}
		}
	}
	for _, a := range m.Answers {
		if shown := answerTo(a, p, within); shown != nil {
			v.Answers = append(v.Answers, shown)
		}
	}
	for _, minutes := range m.Minutes {
		for _, agency := range minutes.GetAgencies() {
			if agency == p.Agency {
				v.Minutes = append(v.Minutes, minutes)
			}
		}
	}
	for _, r := range m.Receipts {
		if r.GetAgency() == p.Agency {
			v.Receipts = append(v.Receipts, r)
		}
	}
	v.Closed = closedFor(m, p, within)
	if within {
		v.Concluded = conclusion(m.Concluded, p)
		v.Conference, v.CoreGroup, v.Reviews, v.Clocks = m.Conference, m.CoreGroup, m.Reviews, m.Row.Clocks()
		for _, e := range m.Enquiries {
			v.Enquiries = append(v.Enquiries, &eventpb.EnquiriesConcluded{MeetingId: e.GetMeetingId(), ChildId: e.GetChildId(), Outcome: e.GetOutcome()})
		}
	}
	return v
}

// invitation is a call as far as those who are invited may know of it.
func invitation(e *eventpb.StrategyMeetingCalled) *eventpb.StrategyMeetingCalled {
	if e == nil {
		return nil
	}
	return &eventpb.StrategyMeetingCalled{
		MeetingId: e.GetMeetingId(), Form: e.GetForm(), At: e.GetAt(), Place: e.GetPlace(), Invitees: e.GetInvitees(), Briefing: e.GetBriefing(),
	}
}

func move(e *eventpb.StrategyMeetingMoved) *eventpb.StrategyMeetingMoved {
	if e == nil {
		return nil
	}
	return &eventpb.StrategyMeetingMoved{MeetingId: e.GetMeetingId(), At: e.GetAt(), Form: e.GetForm(), Place: e.GetPlace(), Times: e.GetTimes()}
}

// answerTo is an answer as another agency may see it: who comes, and what is said under its handling to those who take part. Their own
// they see whole. Nil: nothing of it.
func answerTo(e *eventpb.InvitationAnswered, p strategymeetings.Party, within bool) *eventpb.InvitationAnswered {
	switch {
	case e.GetAgency() == p.Agency:
		return e
	case !p.Invited, e.GetUninvited(), e.GetAfterEnd():
		return nil
	}
	shown := &eventpb.InvitationAnswered{MeetingId: e.GetMeetingId(), Agency: e.GetAgency(), Sector: e.GetSector(), Answer: e.GetAnswer()}
	for _, named := range e.GetAttendees() {
		shown.Attendees = append(shown.Attendees, &eventpb.NamedAttendee{
			AttendeeId: named.GetAttendeeId(), Attendee: nameAndPost(named.GetAttendee()), SubstituteFor: named.GetSubstituteFor(),
		})
	}
	if !within {
		return shown
	}
	for _, c := range e.GetContributions() {
		// A protected source is one of those who answered: beside the answer it would be plain who.
		if view, ok := contact.Visible(c.GetAgency(), c.GetStatement(), contact.Agency(p.Agency)); ok && view.Agency != "" {
			shown.Contributions = append(shown.Contributions, &eventpb.Contribution{ContributionId: c.GetContributionId(), Agency: view.Agency, Statement: view.Statement})
		}
	}
	return shown
}

// nameAndPost leaves out how another agency's people are reached.
func nameAndPost(part *eventpb.AttendeePart) *eventpb.AttendeePart {
	shown := proto.CloneOf(part)
	if open := shown.GetOpen(); open != nil {
		open.Phones, open.Email = nil, ""
	}
	return shown
}

// ownPart is what an agency that was not there sees of how a meeting concluded: that it was held, if it was invited, and its own actions.
func ownPart(m *strategymeetings.Meeting, p strategymeetings.Party) *eventpb.StrategyMeetingConcluded {
	if m.Concluded == nil {
		return nil
	}
	shown := &eventpb.StrategyMeetingConcluded{MeetingId: m.Row.ID}
	if p.Invited {
		shown.Form, shown.HeldAt = m.Concluded.GetForm(), m.Concluded.GetHeldAt()
	}
	for _, a := range m.Concluded.GetActions() {
		if a.GetAgency() == p.Agency {
			shown.Actions = append(shown.Actions, a)
		}
	}
	if !p.Invited && len(shown.Actions) == 0 {
		return nil
	}
	return shown
}

// conclusion is all that was decided, for those who took part: what was considered is shown beside it, under its handling.
func conclusion(e *eventpb.StrategyMeetingConcluded, p strategymeetings.Party) *eventpb.StrategyMeetingConcluded {
	if e == nil {
		return nil
	}
	shown := &eventpb.StrategyMeetingConcluded{
		MeetingId: e.GetMeetingId(), Form: e.GetForm(), HeldAt: e.GetHeldAt(), Quorum: e.GetQuorum(), Absences: e.GetAbsences(), Outcomes: e.GetOutcomes(),
		Dissents: e.GetDissents(), Actions: e.GetActions(), FamilyTold: e.GetFamilyTold(), Rationale: e.GetRationale(), FollowUp: e.GetFollowUp(), Minutes: e.GetMinutes(),
	}
	for _, present := range e.GetPresent() {
		if present.GetAgency() != p.Agency {
			present = proto.CloneOf(present)
			present.Attendee = nameAndPost(present.GetAttendee())
		}
		shown.Present = append(shown.Present, present)
	}
	return shown
}

// closedFor are the actions that were closed: its own whole, and to those who took part that others were.
func closedFor(m *strategymeetings.Meeting, p strategymeetings.Party, within bool) (all []*eventpb.MeetingActionClosed) {
	own := map[string]bool{}
	for _, a := range m.Row.Actions {
		own[a.ID] = a.Agency == p.Agency
	}
	for _, e := range m.Closed {
		switch {
		case own[e.GetActionId()]:
			all = append(all, e)
		case within:
			all = append(all, &eventpb.MeetingActionClosed{MeetingId: e.GetMeetingId(), ActionId: e.GetActionId(), Result: e.GetResult(), Late: e.GetLate()})
		}
	}
	return all
}
