package strategymeeting

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/wording"
)

// answer records what an agency says, whatever has become of the meeting: an
// answer that comes too late, or from one whom nobody invited, is kept and marked
// (HUB-03). Whoever is named again keeps the id they had, and what was said before
// is not said twice.
func answer(c Answer, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.MeetingAttend); err != nil {
		return nil, err
	}
	if s.Stage == "" {
		return nil, notFound()
	}
	if err := checkAnswer(c, s); err != nil {
		return nil, err
	}
	_, isInvited := s.invited(c.Agency)
	e := &eventpb.InvitationAnswered{
		MeetingId: s.MeetingID, Agency: c.Agency, Sector: c.Sector, Answer: c.Answer, Reason: wording.Narrative(c.Reason, s.childIDs()),
		Uninvited: !isInvited, AfterEnd: s.Over(),
	}
	for _, person := range c.Attendees {
		e.Attendees = append(e.Attendees, s.named(person, c.Agency, len(e.Attendees)))
	}
	for _, statement := range c.Contributions {
		if one := contributed(statement); !s.told(c.Agency, one) {
			id := fmt.Sprintf("w%d", len(s.Contributions)+len(e.Contributions)+1)
			e.Contributions = append(e.Contributions, &eventpb.Contribution{ContributionId: id, Agency: c.Agency, Statement: one})
		}
	}
	if s.answeredSo(e) {
		return nil, nil
	}
	return []proto.Message{e}, nil
}

// named gives a person the id they have on record, or a new one: the n-th of this
// answer. To be the same is to be described in the same way.
func (s State) named(p Person, agency string, n int) *eventpb.NamedAttendee {
	described := described(p)
	for _, a := range s.Attendees {
		if a.Agency == agency && a.SubstituteFor == p.SubstituteFor && proto.Equal(a.Part.GetOpen(), described) {
			return &eventpb.NamedAttendee{AttendeeId: a.ID, Attendee: a.Part, SubstituteFor: a.SubstituteFor}
		}
	}
	id := fmt.Sprintf("t%d", len(s.Attendees)+n+1)
	return &eventpb.NamedAttendee{AttendeeId: id, Attendee: attendeePart(id, described), SubstituteFor: p.SubstituteFor}
}

func described(p Person) *eventpb.Attendee {
	return &eventpb.Attendee{Name: p.Name, Post: p.Post, Phones: slices.Clone(p.Phones), Email: p.Email}
}

func attendeePart(id string, a *eventpb.Attendee) *eventpb.AttendeePart {
	return &eventpb.AttendeePart{About: []string{id}, Part: &eventpb.AttendeePart_Open{Open: a}}
}

// contributed gives a statement as it is stored: its words and conditions speak of
// the children it is about, and nobody else may open them.
func contributed(statement *eventpb.Statement) *eventpb.Statement {
	one := proto.CloneOf(statement)
	one.StatementId = "1"
	one.Words = wording.Narrative(one.GetWords().GetOpen().GetText(), one.GetSubjects())
	if one.Handling == nil {
		one.Handling = &eventpb.Handling{}
	}
	one.Handling.Conditions = wording.Narrative(one.GetHandling().GetConditions().GetOpen().GetText(), one.GetSubjects())
	return one
}

// told reports whether the agency contributed exactly that before.
func (s State) told(agency string, statement *eventpb.Statement) bool {
	return slices.ContainsFunc(s.Contributions, func(c Contribution) bool { return c.Agency == agency && proto.Equal(c.Statement, statement) })
}

// answeredSo reports whether the answer of the agency that stands says all of it.
func (s State) answeredSo(e *eventpb.InvitationAnswered) bool {
	return len(e.GetContributions()) == 0 && slices.ContainsFunc(s.Answers, func(a Answered) bool {
		same := func(x, y *eventpb.NamedAttendee) bool { return x.GetAttendeeId() == y.GetAttendeeId() }
		return a.Stands && a.Event.GetAgency() == e.GetAgency() && a.Event.GetAnswer() == e.GetAnswer() &&
			proto.Equal(a.Event.GetReason(), e.GetReason()) && slices.EqualFunc(a.Event.GetAttendees(), e.GetAttendees(), same)
	})
}
