package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// hubTells is who tells of a meeting: nobody decides anything by it.
const hubTells = "hub:casework"

// ConcernsContacts reports whether contacts, or earlier meetings, have to be told
// of an event of a meeting.
func ConcernsContacts(event proto.Message) bool {
	switch event.(type) {
	case *eventpb.StrategyMeetingProposed, *eventpb.StrategyMeetingCalled, *eventpb.StrategyMeetingDeclined, *eventpb.StrategyMeetingCancelled,
		*eventpb.StrategyMeetingConcluded, *eventpb.EnquiriesConcluded:
		return true
	}
	return false
}

// TellOfMeeting brings what is on record of a meeting to the streams that have to
// know it: to the contacts of its children (KEN-23), and once it concluded to the
// numbers of the children about whom enquiries run, to the meetings that it
// follows, and where enquiries that it started have ended, to the contacts of the
// meetings that had joined them. Told again it adds nothing. What it returns may be
// tried again; a refusal is no such thing, and is logged.
func (s *Service) TellOfMeeting(ctx context.Context, meetingID string) error {
	id, err := uuid.Parse(meetingID)
	if err != nil {
		return ErrNotFound
	}
	_, err = s.tellOfMeeting(ctx, id.String())
	return err
}

// tellOfMeeting gives the position from which on the meeting's contacts know; empty
// where it has none.
func (s *Service) tellOfMeeting(ctx context.Context, id string) (position string, err error) {
	f, err := s.meeting(ctx, id)
	if err != nil {
		return "", err
	}
	if f.revision < 0 {
		return "", ErrNotFound
	}
	if f.state.Stage != strategymeeting.StageConcluded {
		return s.tellContacts(ctx, f)
	}
	if err := s.noteEnquiries(ctx, f); err != nil {
		return "", err
	}
	for _, cmd := range follows(f.state) {
		if err := s.tellFollowed(ctx, cmd.meeting, cmd.Follow, f); err != nil {
			return "", err
		}
	}
	if position, err = s.tellContacts(ctx, f); err != nil {
		return "", err
	}
	return position, s.tellJoined(ctx, f)
}

// tellContacts tells each contact what became of the meeting about its children,
// and of the enquiries that it started or let go on.
func (s *Service) tellContacts(ctx context.Context, f *folded[strategymeeting.State]) (position string, err error) {
	ended, err := s.ended(ctx, f.state)
	if err != nil {
		return "", err
	}
	var failed []error
	for _, id := range contactsOf(f.state) {
		for _, cmd := range toTell(f.state, id, ended) {
			told, err := s.inTurn(ctx, change[contact.State]{
				evolution: contacts(),
				stream:    contact.Stream(id),
				origin:    Origin{Actor: hubTells, Role: string(access.Hub), CausationID: f.last.event.String()},
				decide:    s.deciding(cmd, access.Hub, hubTells),
				exists:    true,
				byContent: true,
				kept:      s.contacts,
			})
			if failed = append(failed, s.unlessRefused(ctx, "contact", id, err)); err == nil {
				position = s.later(told.Position, position)
			}
		}
	}
	if err := errors.Join(failed...); err != nil {
		return "", fmt.Errorf("casework: tell contacts of a strategy meeting: %w", err)
	}
	return position, nil
}

// unlessRefused logs what no other try can change.
func (s *Service) unlessRefused(ctx context.Context, what, id string, err error) error {
	if _, refused := errors.AsType[*domain.Refusal](err); refused || errors.Is(err, ErrNotFound) {
		s.log.ErrorContext(ctx, "what is on record of a strategy meeting was not taken", what, id, "reason", err)
		return nil
	}
	return err
}

func contactsOf(m strategymeeting.State) []string {
	var ids []string
	for _, c := range m.Children {
		if c.GetContactId() != "" && !slices.Contains(ids, c.GetContactId()) {
			ids = append(ids, c.GetContactId())
		}
	}
	return ids
}

// toTell gives what one contact has to know of a meeting as it stands, and of the
// enquiries that have ended.
func toTell(m strategymeeting.State, contactID string, ended []*eventpb.EnquiryStart) []contact.Command {
	var subjects []string
	of := map[string]string{} // the meeting's ids of the contact's children to the contact's
	for _, c := range m.Children {
		if c.GetContactId() == contactID {
			subjects = append(subjects, c.GetSubjectId())
			of[c.GetChildId()] = c.GetSubjectId()
		}
	}
	switch m.Stage {
	case strategymeeting.StageProposed, strategymeeting.StageCalled:
		return []contact.Command{contact.AwaitMeeting{
			MeetingID: m.MeetingID, Stage: m.Stage, Subjects: subjects, BeforeDecision: m.BeforeDecision, Clock: m.Due,
		}}
	}
	settle := contact.SettleMeeting{MeetingID: m.MeetingID, How: m.Stage, Late: m.Late}
	for _, o := range m.Outcomes {
		if subject, ours := of[o.GetChildId()]; ours {
			settle.Outcomes = append(settle.Outcomes, &eventpb.MeetingOutcome{SubjectId: subject, Outcome: o.GetOutcome(), Conference: o.GetConference()})
		}
	}
	tell := []contact.Command{settle}
	for _, start := range ended {
		if subject, ours := of[start.GetChildId()]; ours {
			tell = append(tell, contact.SettleMeeting{MeetingID: m.MeetingID, How: contact.MeetingEnquiriesEnded, Outcomes: []*eventpb.MeetingOutcome{
				{SubjectId: subject, Outcome: practice.EnquiriesEnd, Conference: start.GetConference()},
			}})
		}
	}
	return tell
}

// following is what an earlier meeting has to know of one that followed it.
type following struct {
	meeting string
	strategymeeting.Follow
}

// follows gives the meetings that a concluded one followed or whose enquiries it
// ended, with what each has to know.
func follows(m strategymeeting.State) []following {
	var all []following
	of := func(meeting string) *following {
		i := slices.IndexFunc(all, func(f following) bool { return f.meeting == meeting })
		if i < 0 {
			all = append(all, following{meeting, strategymeeting.Follow{By: m.MeetingID, Form: m.Form, HeldAt: m.HeldAt}})
			i = len(all) - 1
		}
		return &all[i]
	}
	if m.Follows != "" {
		of(m.Follows)
	}
	for _, o := range m.Outcomes {
		if o.GetOutcome() != practice.EnquiriesEnd {
			continue
		}
		for _, e := range m.Enquiries {
			if start := e.Start; start.GetChildId() == o.GetChildId() && start.GetMeetingId() != m.MeetingID {
				earlier := of(start.GetMeetingId())
				earlier.Ended = append(earlier.Ended, start.GetStartedChildId())
			}
		}
	}
	return all
}

// tellFollowed tells an earlier meeting, and before that its contacts of itself:
// of two meetings that were both not told of, the later one's word must come last.
func (s *Service) tellFollowed(ctx context.Context, id string, cmd strategymeeting.Follow, by *folded[strategymeeting.State]) error {
	earlier, err := s.meeting(ctx, id)
	if err != nil {
		return err
	}
	if _, err := s.tellContacts(ctx, earlier); err != nil || earlier.state.Stage != strategymeeting.StageConcluded {
		return err // one that was never held brought nothing about that could go on or end
	}
	o := Origin{Actor: hubTells, Role: string(access.Hub), CorrelationID: id, CausationID: by.last.event.String()}
	_, err = s.runMeeting(ctx, change[strategymeeting.State]{
		evolution: meetings(),
		stream:    strategymeeting.Stream(id),
		origin:    o,
		decide:    s.decidingMeeting(cmd, o),
		exists:    true,
		byContent: true,
		kept:      s.meetings,
	})
	if err := s.unlessRefused(ctx, "meeting", id, err); err != nil {
		return fmt.Errorf("casework: tell an earlier strategy meeting: %w", err)
	}
	return nil
}
