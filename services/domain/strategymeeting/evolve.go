package strategymeeting

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/practice"
)

// Evolve folds one event. It takes the events in any order that can be stored,
// and refuses an event of another stream or of a later release: to skip one
// would be to decide on half a record.
func Evolve(s State, event proto.Message) (State, error) {
	if s.Begun {
		s.Revision++
	}
	s.Begun = true
	if _, ok := event.(*eventpb.EnquiriesContested); ok {
		s.Contested++
		return s, nil
	}
	s.Contested = 0
	for _, fold := range []func(State, proto.Message) (State, bool){arranged, answered, concluded, followed} {
		if next, known := fold(s, event); known {
			return next, nil
		}
	}
	name := "nil"
	if event != nil {
		name = string(event.ProtoReflect().Descriptor().FullName())
	}
	return s, fmt.Errorf("strategymeeting: unknown event %s", name)
}

// arranged folds what happens until the meeting is held; false: the event is
// about something else.
func arranged(s State, event proto.Message) (State, bool) {
	switch e := event.(type) {
	case *eventpb.StrategyMeetingProposed:
		s.MeetingID, s.HubReference, s.Stage, s.Children = e.GetMeetingId(), e.GetHubReference(), StageProposed, e.GetChildren()
		s.SignificantHarm, s.BeforeDecision = e.GetSignificantHarm(), e.GetBeforeDecision()
		s.OwnerTeam, s.Follows, s.ProposedBy = e.GetOwnerTeam(), e.GetFollows(), e.GetProposedBy()
		s.Enquiries = nil
		s = s.carrying(e.GetEnquiries())
	case *eventpb.StrategyMeetingDeclined:
		s.Stage = StageDeclined
	case *eventpb.StrategyMeetingCalled:
		s.Stage, s.Form, s.At, s.Place = StageCalled, e.GetForm(), e.GetAt().AsTime(), e.GetPlace()
		s.SignificantHarm, s.Briefing, s.Quorum, s.Due = e.GetSignificantHarm(), e.GetBriefing(), e.GetQuorum(), e.GetClock()
		s.CalledBy, s.Chair = e.GetCalledBy(), e.GetChair()
		s = askedAgain(s) // what was said before there was a time
		s.Invitees = s.inviting(nil, e.GetInvitees())
	case *eventpb.StrategyMeetingWidened:
		s.Invitees = s.inviting(s.Invitees, e.GetInvitees())
	case *eventpb.StrategyMeetingMoved:
		if !e.GetAt().AsTime().Equal(s.At) {
			s = askedAgain(s)
		}
		s.Form, s.At, s.Moved = e.GetForm(), e.GetAt().AsTime(), e.GetTimes()
		if e.GetPlace() != nil {
			s.Place = e.GetPlace()
		}
	case *eventpb.StrategyMeetingCancelled:
		s.Stage = StageCancelled
	default:
		return s, false
	}
	return s, true
}

// inviting adds invitees. One who had answered before anybody asked has answered.
func (s State) inviting(before []Invited, invitees []*eventpb.Invitee) []Invited {
	all := slices.Clone(before)
	for _, i := range invitees {
		one := Invited{Agency: i.GetAgency(), Sector: i.GetSector(), Required: i.GetRequired()}
		for _, a := range s.Answers {
			if a.Stands && a.Event.GetAgency() == one.Agency {
				one.Answer, one.Expected = a.Event.GetAnswer(), attendeeIDs(a.Event)
			}
		}
		all = append(all, one)
	}
	return all
}

func attendeeIDs(e *eventpb.InvitationAnswered) []string {
	var ids []string
	for _, named := range e.GetAttendees() {
		ids = append(ids, named.GetAttendeeId())
	}
	return ids
}

// askedAgain lets no answer stand: what was said of one time says nothing of
// another.
func askedAgain(s State) State {
	s.Answers, s.Invitees = slices.Clone(s.Answers), slices.Clone(s.Invitees)
	for i := range s.Answers {
		s.Answers[i].Stands = false
	}
	for i := range s.Invitees {
		s.Invitees[i].Answer, s.Invitees[i].Expected = "", nil
	}
	return s
}

// answered folds what an agency says to its invitation.
func answered(s State, event proto.Message) (State, bool) {
	e, ok := event.(*eventpb.InvitationAnswered)
	if !ok {
		return s, false
	}
	s.Answers, s.Invitees = slices.Clone(s.Answers), slices.Clone(s.Invitees)
	s.Attendees, s.Contributions = slices.Clip(s.Attendees), slices.Clip(s.Contributions)
	for i := range s.Answers {
		s.Answers[i].Stands = s.Answers[i].Stands && s.Answers[i].Event.GetAgency() != e.GetAgency()
	}
	s.Answers = append(s.Answers, Answered{Event: e, Stands: true, Revision: s.Revision})
	for _, named := range e.GetAttendees() {
		if _, known := s.attendee(named.GetAttendeeId()); !known {
			s.Attendees = append(s.Attendees, Attendee{
				ID: named.GetAttendeeId(), Agency: e.GetAgency(), Sector: e.GetSector(), Part: named.GetAttendee(), SubstituteFor: named.GetSubstituteFor(),
			})
		}
	}
	for i := range s.Invitees {
		if s.Invitees[i].Agency == e.GetAgency() && !e.GetAfterEnd() {
			s.Invitees[i].Answer, s.Invitees[i].Expected = e.GetAnswer(), attendeeIDs(e)
		}
	}
	for _, c := range e.GetContributions() {
		s.Contributions = append(s.Contributions, Contribution{
			ID: c.GetContributionId(), Agency: c.GetAgency(), Statement: c.GetStatement(), Uninvited: e.GetUninvited(), AfterEnd: e.GetAfterEnd(),
		})
	}
	return s, true
}

// concluded folds the conclusion, and what becomes of actions and minutes.
func concluded(s State, event proto.Message) (State, bool) {
	switch e := event.(type) {
	case *eventpb.StrategyMeetingConcluded:
		return decided(s, e), true
	case *eventpb.MeetingActionClosed:
		s.Actions = changed(s.Actions, func(a *MeetingAction) bool { return a.ID == e.GetActionId() }, func(a *MeetingAction) { a.State, a.Closed = e.GetResult(), s.Revision })
	case *eventpb.MeetingActionOverdue:
		s.Actions = changed(s.Actions, func(a *MeetingAction) bool { return a.ID == e.GetActionId() }, func(a *MeetingAction) { a.Told = e.GetDueAt().AsTime() })
	case *eventpb.MinutesIssued:
		s.Minutes = append(slices.Clip(s.Minutes), Version{Number: e.GetVersion(), Words: e.GetMinutes(), Agencies: e.GetAgencies(), Revision: s.Revision})
	case *eventpb.MinutesReceived:
		s.Minutes = changed(s.Minutes, func(v *Version) bool { return v.Number == e.GetVersion() }, func(v *Version) {
			v.Receipts = append(slices.Clip(v.Receipts), Receipt{Agency: e.GetAgency(), Correction: e.GetCorrection(), Revision: s.Revision})
		})
	default:
		return s, false
	}
	return s, true
}

// carrying adds enquiries that other meetings have started. They take the place of
// what was known about the child, which has ended where others were started.
func (s State) carrying(starts []*eventpb.EnquiryStart) State {
	s.Enquiries = slices.Clone(s.Enquiries)
	for _, start := range starts {
		s.Enquiries = slices.DeleteFunc(s.Enquiries, func(e Enquiry) bool { return e.Start.GetChildId() == start.GetChildId() })
		s.Enquiries = append(s.Enquiries, Enquiry{Start: start, Mode: start.GetMode()})
	}
	return s
}

func decided(s State, e *eventpb.StrategyMeetingConcluded) State {
	s = s.carrying(e.GetEnquiries())
	s.Stage, s.Form, s.HeldAt, s.Chair = StageConcluded, e.GetForm(), e.GetHeldAt().AsTime(), e.GetChair()
	s.Present, s.Considered, s.Outcomes = e.GetPresent(), e.GetConsidered(), e.GetOutcomes()
	s.FollowUp, s.MinutesDue, s.Late = e.GetFollowUp(), e.GetMinutes(), len(e.GetLapses()) > 0
	s.Attendees = slices.Clip(s.Attendees)
	for _, p := range e.GetPresent() {
		if _, known := s.attendee(p.GetAttendeeId()); !known {
			s.Attendees = append(s.Attendees, Attendee{ID: p.GetAttendeeId(), Agency: p.GetAgency(), Sector: p.GetSector(), Part: p.GetAttendee(), SubstituteFor: p.GetSubstituteFor()})
		}
	}
	s.Actions = nil
	for _, a := range e.GetActions() {
		s.Actions = append(s.Actions, MeetingAction{
			ID: a.GetActionId(), Agency: a.GetAgency(), Owner: a.GetOwner(), Children: a.GetChildren(), Words: a.GetWords(), Due: a.GetDue(),
			FollowsFrom: a.GetFollowsFrom(), State: ActionOpen,
		})
	}
	for _, o := range e.GetOutcomes() {
		s.Enquiries = enquired(s, o)
	}
	return s
}

// enquired gives the enquiries after an outcome for one child. The start of those
// that go on stays what it was (WT-03).
func enquired(s State, o *eventpb.ChildOutcome) []Enquiry {
	about := func(e *Enquiry) bool { return e.Start.GetChildId() == o.GetChildId() }
	switch o.GetOutcome() {
	case practice.EnquiriesStart:
		start := &eventpb.EnquiryStart{ChildId: o.GetChildId(), StartedChildId: o.GetChildId(), MeetingId: s.MeetingID, Mode: o.GetMode(), Conference: o.GetConference()}
		start.StartedAt = o.GetConference().GetStartedAt()
		others := slices.DeleteFunc(slices.Clone(s.Enquiries), func(e Enquiry) bool { return about(&e) })
		return append(others, Enquiry{Start: start, Mode: o.GetMode()})
	case practice.EnquiriesContinue:
		return changed(s.Enquiries, about, func(e *Enquiry) { e.Mode = o.GetMode() })
	case practice.EnquiriesEnd:
		return changed(s.Enquiries, about, func(e *Enquiry) { e.Ended = endedByMeeting })
	}
	return s.Enquiries
}

// followed folds what follows from the enquiries.
func followed(s State, event proto.Message) (State, bool) {
	switch e := event.(type) {
	case *eventpb.StrategyMeetingFollowed:
		s.Followed = s.Followed || e.GetForm() == practice.FormMeeting
	case *eventpb.EnquiriesConcluded:
		s.Enquiries = changed(s.Enquiries, func(q *Enquiry) bool { return q.Start.GetChildId() == e.GetChildId() }, func(q *Enquiry) { q.Ended = e.GetOutcome() })
	case *eventpb.ConferenceHeld:
		s.Conference = e
	case *eventpb.CoreGroupHeld:
		s.CoreGroup = e
	case *eventpb.ReviewHeld:
		s.Reviews = append(slices.Clip(s.Reviews), e)
	default:
		return s, false
	}
	return s, true
}

// changed gives a copy with every entry changed that is meant; the list as it is
// where none is.
func changed[T any](list []T, meant func(*T) bool, change func(*T)) []T {
	if !slices.ContainsFunc(list, func(one T) bool { return meant(&one) }) {
		return list
	}
	list = slices.Clone(list)
	for i := range list {
		if meant(&list[i]) {
			change(&list[i])
		}
	}
	return list
}
