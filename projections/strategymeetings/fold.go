package strategymeetings

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore"
)

var (
	errNotProposed = errors.New("the meeting's first event is not its proposal")
	errOutOfOrder  = errors.New("the meeting's revisions do not follow each other")
	errOther       = errors.New("an event of another meeting in the stream")
	errUnknown     = errors.New("no event of a meeting")
)

// Meetings are rows by the meeting's id: with each meeting those that started what it carries, and those that carry what it started.
type Meetings map[string]*Row

// Apply folds one event of the stream of a meeting, and says which rows it changed, that one first. Rows are replaced and not changed. An
// event that it does not know, or that does not follow on the last, is an error: a row that left one out would be wrong and look right.
func (m Meetings) Apply(id string, e eventstore.Recorded) (changed []string, err error) {
	prev := m[id]
	proposed, first := e.Message.(*eventpb.StrategyMeetingProposed)
	switch {
	case first != (prev == nil):
		return nil, errNotProposed
	case prev != nil && e.Revision != prev.Revision+1:
		return nil, fmt.Errorf("%w: %d after %d", errOutOfOrder, e.Revision, prev.Revision)
	}
	var row *Row
	if first {
		if proposed.GetMeetingId() != id {
			return nil, errOther
		}
		row = m.propose(proposed)
		row.ProposedAt = e.Metadata.RecordedAt.UTC()
	} else {
		row = prev.clone()
	}
	for _, start := range starts(e.Message) {
		row.Enquiries = append(row.Enquiries, m.carry(row, start))
	}
	if !first && !row.fold(e.Message) && !row.close(e) && !row.followed(e.Message) {
		return nil, errUnknown
	}
	row.Revision, row.Position = e.Revision, e.Position.Ordinal()
	m[id] = row
	return m.spread(row, e.Message), nil
}

// fold adds what happens until the meeting is held, or is not.
func (r *Row) fold(event proto.Message) (known bool) {
	switch m := event.(type) {
	case *eventpb.StrategyMeetingCalled:
		r.State, r.Form, r.At, r.Chair = Called, m.GetForm(), timeOf(m.GetAt()), m.GetChair()
		r.Quorum, r.Due = m.GetQuorum(), clockOf(m.GetClock())
		r.askAgain()
		r.invite(m.GetInvitees())
	case *eventpb.StrategyMeetingWidened:
		r.invite(m.GetInvitees())
	case *eventpb.StrategyMeetingMoved:
		r.move(m)
	case *eventpb.StrategyMeetingDeclined:
		r.State = Declined
	case *eventpb.StrategyMeetingCancelled:
		r.State = Cancelled
	case *eventpb.InvitationAnswered:
		p := r.party(m.GetAgency())
		if p.Sector == "" {
			p.Sector = m.GetSector()
		}
		p.Contributed = p.Contributed || len(m.GetContributions()) > 0
		if !m.GetAfterEnd() {
			p.Answer = m.GetAnswer()
		}
	case *eventpb.StrategyMeetingConcluded:
		r.conclude(m)
	case *eventpb.EnquiriesContested: // it moves the meeting's revision on, and nothing that is shown
	default:
		return false
	}
	return true
}

// move moves it. What agencies had answered was about the time that it had.
func (r *Row) move(m *eventpb.StrategyMeetingMoved) {
	if at := timeOf(m.GetAt()); !at.Equal(r.At) {
		r.At = at
		r.askAgain()
	}
	r.Form, r.Moved = m.GetForm(), m.GetTimes()
}

// askAgain lets no answer stand: it was about another time, or about none yet.
func (r *Row) askAgain() {
	for i := range r.Parties {
		r.Parties[i].Answer = ""
	}
}

func (r *Row) invite(invitees []*eventpb.Invitee) {
	for _, i := range invitees {
		p := r.party(i.GetAgency())
		p.Invited, p.Sector = true, i.GetSector()
	}
}

// party gives what there is of an agency, to be changed.
func (r *Row) party(agency string) *Party {
	i := slices.IndexFunc(r.Parties, func(p Party) bool { return p.Agency == agency })
	if i < 0 {
		i, r.Parties = len(r.Parties), append(r.Parties, Party{Agency: agency})
	}
	return &r.Parties[i]
}

func (r *Row) conclude(m *eventpb.StrategyMeetingConcluded) {
	r.State, r.Form, r.HeldAt, r.Chair = Concluded, m.GetForm(), timeOf(m.GetHeldAt()), m.GetChair()
	r.FollowUp, r.MinutesDue = clockOf(m.GetFollowUp()), clockOf(m.GetMinutes())
	for _, present := range m.GetPresent() {
		p := r.party(present.GetAgency())
		p.Present = true
		if p.Sector == "" {
			p.Sector = present.GetSector()
		}
	}
	for _, absent := range m.GetAbsences() {
		p := r.party(absent.GetAgency())
		p.Absent, p.Apologies, p.Wrote, p.Expected = true, absent.GetApologies(), absent.GetContributed(), absent.GetExpected()
	}
	for _, a := range m.GetActions() {
		r.party(a.GetAgency())
		if !slices.ContainsFunc(r.Actions, func(had Action) bool { return had.ID == a.GetActionId() }) {
			r.Actions = append(r.Actions, Action{
				ID: a.GetActionId(), Agency: a.GetAgency(), Owner: a.GetOwner(), State: Open, FollowsFrom: a.GetFollowsFrom(), Due: timeOf(a.GetDue().GetDueAt()),
			})
		}
	}
	for _, o := range m.GetOutcomes() {
		r.decide(o)
	}
}

// decide adds what was decided on enquiries about one child. Those that run keep their first start, whatever is said of them again (WT-03).
func (r *Row) decide(o *eventpb.ChildOutcome) {
	i := slices.IndexFunc(r.Enquiries, func(q Enquiry) bool { return q.Child == o.GetChildId() && q.Ended == "" })
	switch {
	case o.GetOutcome() == "section-47" && i < 0:
		r.Enquiries = append(r.Enquiries, Enquiry{
			Child: o.GetChildId(), Starter: r.ID, StarterChild: o.GetChildId(), Mode: o.GetMode(), Conference: clockOf(o.GetConference()),
		})
	case o.GetOutcome() == "section-47-ends" && i >= 0: // where they were started, an event of their own says so
		r.Enquiries[i].Ended = "ended"
	}
}

// close adds that actions are done, and that the minutes have come.
func (r *Row) close(e eventstore.Recorded) (known bool) {
	switch m := e.Message.(type) {
	case *eventpb.MeetingActionClosed:
		if i := slices.IndexFunc(r.Actions, func(a Action) bool { return a.ID == m.GetActionId() }); i >= 0 {
			a := &r.Actions[i]
			a.State, a.Late, a.ClosedAt = m.GetResult(), m.GetLate(), e.Metadata.RecordedAt.UTC()
		}
	case *eventpb.MeetingActionOverdue: // overdue is asked with a time
	case *eventpb.MinutesIssued:
		r.Minutes = m.GetVersion()
		for _, agency := range m.GetAgencies() {
			r.party(agency).Sent = m.GetVersion()
		}
	case *eventpb.MinutesReceived:
		if i := slices.IndexFunc(r.Parties, func(p Party) bool { return p.Agency == m.GetAgency() }); i >= 0 {
			r.Parties[i].Received = max(r.Parties[i].Received, m.GetVersion())
		}
	default:
		return false
	}
	return true
}

// followed adds what came of the enquiries.
func (r *Row) followed(event proto.Message) (known bool) {
	switch m := event.(type) {
	case *eventpb.StrategyMeetingFollowed:
		if m.GetForm() == "meeting" && r.FollowedAt.IsZero() {
			r.FollowedAt = timeOf(m.GetHeldAt())
		}
	case *eventpb.EnquiriesConcluded:
		for i := range r.Enquiries {
			if q := &r.Enquiries[i]; q.Child == m.GetChildId() && q.Ended == "" {
				q.Ended = m.GetOutcome()
			}
		}
	case *eventpb.ConferenceHeld:
		r.OnPlan = nil
		for _, o := range m.GetOutcomes() {
			if o.GetPlan() {
				r.OnPlan = append(r.OnPlan, o.GetChildId())
			}
			for i := range r.Enquiries {
				if q := &r.Enquiries[i]; q.Child == o.GetChildId() && q.awaits() {
					q.HeldAt = timeOf(m.GetHeldAt())
				}
			}
		}
		r.CoreGroup, r.Review = clockOf(m.GetCoreGroup()), clockOf(m.GetReview())
	case *eventpb.CoreGroupHeld:
		r.CoreGroup = nil
	case *eventpb.ReviewHeld:
		r.OnPlan, r.Review = m.GetChildren(), clockOf(m.GetNext())
	default:
		return false
	}
	if len(r.OnPlan) == 0 { // without a plan there is nothing to meet about (WT-06)
		r.CoreGroup, r.Review = nil, nil
	}
	return true
}
