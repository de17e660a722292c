package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// The reasons of refusals about what a meeting names and is not on record,
// published.
const (
	ReasonChildNotFound      = "CHILD_NOT_FOUND"
	ReasonMeetingNotFound    = "FOLLOWED_MEETING_NOT_FOUND"
	ReasonConsideredNotFound = "CONSIDERED_NOT_FOUND"
)

// resolve makes a proposal the decider's command: with who the children are, which
// team each is open to at this moment (KEN-18), and the enquiries that run.
func (s *Service) resolve(ctx context.Context, meetingID string, p Proposal) (strategymeeting.Propose, error) {
	cmd := strategymeeting.Propose{
		MeetingID: meetingID, SignificantHarm: p.SignificantHarm, Threshold: p.Threshold, BeforeDecision: p.BeforeDecision, Follows: p.Follows,
	}
	var enquiring []string // for each child, the meeting that its contact says lets enquiries go on
	for i, c := range p.Children {
		child, state, err := s.contactChild(ctx, i, c)
		if err != nil {
			return cmd, err
		}
		cmd.Children, enquiring = append(cmd.Children, child), append(enquiring, state.EnquiryMeeting(c.SubjectID))
	}
	for _, c := range p.OpenCases {
		cmd.Children, enquiring = append(cmd.Children, proto.CloneOf(c)), append(enquiring, "")
	}
	for i, c := range cmd.Children {
		c.ChildId = strategymeeting.ChildID(i)
	}
	if err := s.openTo(ctx, cmd.Children); err != nil {
		return cmd, err
	}
	for i, c := range cmd.Children {
		start, in, err := s.carried(ctx, c, p.Follows, enquiring[i])
		if err != nil {
			return cmd, err
		}
		if start == nil {
			continue
		}
		cmd.Enquiries = append(cmd.Enquiries, start)
		if cmd.Follows == "" {
			cmd.Follows = in // it does, whether its proposer knew or not
		}
	}
	return cmd, nil
}

// contactChild reads a child of a contact, and the contact.
func (s *Service) contactChild(ctx context.Context, i int, c ContactChild) (*eventpb.MeetingChild, contact.State, error) {
	state := contact.Initial()
	var received *eventpb.ContactReceived
	err := s.store.Read(ctx, contact.Stream(c.ContactID), 0, func(r eventstore.Recorded) (err error) {
		if e, ok := r.Message.(*eventpb.ContactReceived); ok {
			received = e
		}
		state, err = contact.Evolve(state, r.Message)
		return err
	})
	if err != nil && !errors.Is(err, eventstore.ErrNoStream) {
		return nil, state, fmt.Errorf("casework: read a contact for its strategy meeting: %w", err)
	}
	for _, subject := range received.GetSubjects() {
		if subject.GetSubjectId() == c.SubjectID {
			return &eventpb.MeetingChild{ContactId: c.ContactID, SubjectId: c.SubjectID, Child: proto.CloneOf(subject.GetChild())}, state, nil
		}
	}
	return nil, state, notOnRecord(ReasonChildNotFound, "KEN-18", fmt.Sprintf("children[%d]", i), "is no child of a contact on record",
		"check the contact's id and the child's")
}

func notOnRecord(reason, rule, field, what, advice string) error {
	return &domain.Refusal{Reason: reason, Rule: rule, Message: field + " " + what, Advice: advice,
		Fields: []domain.FieldViolation{{Field: field, Rule: rule, Description: what}}}
}

// openTo looks for the cases that are open for the children. What the record says
// goes before what the proposer knows, which is all there is of a child without a
// number.
func (s *Service) openTo(ctx context.Context, children []*eventpb.MeetingChild) error {
	var people []contact.Child
	for _, c := range children {
		people = append(people, contact.Child{Person: c.GetChild().GetOpen()})
	}
	matches, err := s.openMatches(ctx, people)
	if err != nil {
		return err
	}
	for _, c := range children {
		if i := slices.IndexFunc(matches, func(m *eventpb.OpenMatch) bool { return m.GetSubjectId() == c.GetChildId() }); i >= 0 {
			c.OpenTo = matches[i].GetTeam()
		}
	}
	return nil
}

// carried gives the start of the enquiries that run about a child, by this
// meeting's id of it, and the meeting it was found in: the one that this one
// follows, the one that the child's contact was told of, or one that is noted under
// a number of the child. So a meeting that its proposer did not link to the earlier
// one moves no conference date, either, and starts none (WT-03).
func (s *Service) carried(ctx context.Context, child *eventpb.MeetingChild, follows, enquiring string) (start *eventpb.EnquiryStart, in string, err error) {
	noted, err := s.enquiringBy(ctx, child)
	if err != nil {
		return nil, "", err
	}
	for _, id := range append([]string{follows, enquiring}, noted...) {
		if id == "" {
			continue
		}
		f, err := s.meeting(ctx, id)
		if err != nil {
			return nil, "", err
		}
		if f.revision < 0 {
			return nil, "", notOnRecord(ReasonMeetingNotFound, "WT-03", "follows", "is no meeting on record", "check the id of the meeting that this one follows")
		}
		if start, err = s.runs(ctx, f.state, child); start != nil || err != nil {
			return start, id, err
		}
	}
	return nil, "", nil
}

// runs gives the start of the enquiries that run about a child as one meeting knows
// it; nil: none do.
func (s *Service) runs(ctx context.Context, m strategymeeting.State, child *eventpb.MeetingChild) (*eventpb.EnquiryStart, error) {
	start := running(m, child)
	if start == nil {
		return nil, nil
	}
	if still, err := s.stillRuns(ctx, start, m); err != nil || !still {
		return nil, err
	}
	start = proto.CloneOf(start)
	start.ChildId = child.GetChildId()
	return start, nil
}

// enquiriesSince completes a conclusion with what has become of enquiries since the
// meeting was proposed.
func (s *Service) enquiriesSince(ctx context.Context, c *strategymeeting.Conclude, m strategymeeting.State) (err error) {
	if c.Ended, err = s.endedSince(ctx, m); err != nil {
		return err
	}
	c.Enquiries, err = s.startedSince(ctx, m)
	return err
}

// startedSince gives the enquiries that run about a meeting's children and that it
// does not know of, by its own ids of them.
func (s *Service) startedSince(ctx context.Context, m strategymeeting.State) ([]*eventpb.EnquiryStart, error) {
	var since []*eventpb.EnquiryStart
	for i, child := range m.Children {
		enquiring := "" // as its contact was told, where it came by one
		if child.GetContactId() != "" {
			_, state, err := s.contactChild(ctx, i, ContactChild{ContactID: child.GetContactId(), SubjectID: child.GetSubjectId()})
			if err != nil {
				return nil, err
			}
			enquiring = state.EnquiryMeeting(child.GetSubjectId())
		}
		start, _, err := s.carried(ctx, child, "", enquiring)
		if err != nil {
			return nil, err
		}
		if start != nil {
			since = append(since, start)
		}
	}
	return since, nil
}

// endedSince gives the children about whom enquiries of another meeting ran when a
// meeting was proposed, and run no more, by its own ids of them.
func (s *Service) endedSince(ctx context.Context, m strategymeeting.State) ([]string, error) {
	var children []string
	for _, start := range m.Running() {
		runs, err := s.stillRuns(ctx, start, m)
		if err != nil {
			return nil, err
		}
		if !runs {
			children = append(children, start.GetChildId())
		}
	}
	return children, nil
}

func running(m strategymeeting.State, child *eventpb.MeetingChild) *eventpb.EnquiryStart {
	for _, start := range m.Running() {
		for _, known := range m.Children {
			if known.GetChildId() == start.GetChildId() && sameChild(known, child) {
				return start
			}
		}
	}
	return nil
}

// stillRuns asks the meeting that started enquiries, which is where their end is
// on record.
func (s *Service) stillRuns(ctx context.Context, start *eventpb.EnquiryStart, m strategymeeting.State) (bool, error) {
	if start.GetMeetingId() == m.MeetingID {
		return true, nil
	}
	f, err := s.meeting(ctx, start.GetMeetingId())
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(f.state.Running(), func(own *eventpb.EnquiryStart) bool {
		return own.GetMeetingId() == start.GetMeetingId() && own.GetChildId() == start.GetStartedChildId()
	}), nil
}
