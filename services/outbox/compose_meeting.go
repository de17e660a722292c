package outbox

import (
	"context"
	"slices"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/eventstore"
)

// composeMeeting makes the message that an event of a strategy meeting has the agency told; nil where it was overtaken. That agencies are
// told of the children at all rests on the call: a manager's recorded decision that the threshold of section 47 is met (HUB-02).
func (f *feed) composeMeeting(ctx context.Context, r eventstore.Recorded, n notice) (*outMessage, error) {
	m, err := f.readMeeting(ctx, r)
	if err != nil {
		return nil, err
	}
	switch n.kind {
	case noticeInvitation, noticeMoved, noticeCancelled:
		return m.toInvite(f.agency, n)
	case noticeAssigned, noticeOverdue:
		return m.toAct(n), nil
	}
	issued, _ := m.event.(*eventpb.MinutesIssued)
	if issued.GetVersion() < m.version {
		return nil, nil // a corrected version follows
	}
	statements, err := f.considered(ctx, m)
	if err != nil {
		return nil, err
	}
	return &outMessage{bus.KindStrategyMinutes, bounded(m.minutes(f.agency.ID, issued, statements))}, nil
}

// toInvite tells those who are invited, and nobody else, of the meeting as it stands now. One that is over invites nobody any more, and of
// two moves the agency hears of the later.
func (m *meeting) toInvite(to agencies.Agency, n notice) (*outMessage, error) {
	invitee, invited := m.invitees[to.ID]
	if !invited {
		return nil, errNotConcerned
	}
	out := &intakepb.StrategyInvitation{
		MeetingId: m.proposed.GetMeetingId(), HubReference: m.proposed.GetHubReference(), Agency: to.ID, Notice: n.kind, Revision: m.revision,
	}
	if n.kind == noticeCancelled {
		return &outMessage{bus.KindStrategyInvitation, out}, nil
	}
	moved, isMove := m.event.(*eventpb.StrategyMeetingMoved)
	if m.ended || isMove && moved.GetTimes() < m.moves {
		return nil, nil
	}
	out.Form, out.At, out.Required = m.form, m.at, invitee.GetRequired()
	out.Place, out.Erased = words(m.place, "place", out.Erased)
	out.Briefing, out.Erased = words(m.called.GetBriefing(), "briefing", out.Erased)
	for _, c := range m.proposed.GetChildren() {
		out.Children = append(out.Children, subject(c.GetChildId(), c.GetChild(), to.Sector))
		if c.GetChild().GetErased() != nil {
			out.Erased = append(out.Erased, c.GetChildId())
		}
	}
	return &outMessage{bus.KindStrategyInvitation, out}, nil
}

// words gives what a part says, and adds its name to what was erased where it says nothing any more.
func words(part *eventpb.NarrativePart, name string, erased []string) (string, []string) {
	if part.GetErased() != nil {
		erased = append(erased, name)
	}
	return part.GetOpen().GetText(), erased
}

// toAct tells of one action; of one that is closed there is nothing left to tell.
func (m *meeting) toAct(n notice) *outMessage {
	i := slices.IndexFunc(m.concluded.GetActions(), func(a *eventpb.MeetingAction) bool { return a.GetActionId() == n.of })
	if i < 0 || m.closed[n.of] {
		return nil
	}
	out := m.action(m.concluded.GetActions()[i])
	out.Notice = n.kind
	return &outMessage{bus.KindStrategyAction, out}
}

func (m *meeting) action(a *eventpb.MeetingAction) *intakepb.StrategyAction {
	return &intakepb.StrategyAction{
		MeetingId: m.proposed.GetMeetingId(), ActionId: a.GetActionId(), Agency: a.GetAgency(), Children: a.GetChildren(),
		Words: a.GetWords().GetOpen().GetText(), DueAt: a.GetDue().GetDueAt(), Erased: a.GetWords().GetErased() != nil,
	}
}
