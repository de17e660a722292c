package casework

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

func meetings() evolution[strategymeeting.State] {
	return evolution[strategymeeting.State]{initial: strategymeeting.Initial, evolve: strategymeeting.Evolve}
}

// A Proposal is a strategy meeting that a worker proposes: about children of
// contacts, children of open cases, or both.
type Proposal struct {
	Children []ContactChild
	// OpenCases are children that came by no contact, with who they are and the
	// team that the worker knows them to be open to.
	OpenCases                  []*eventpb.MeetingChild
	SignificantHarm, Threshold string
	BeforeDecision             bool
	// Follows is the meeting that this one follows; empty: none.
	Follows string
}

// A ContactChild is a child as a contact knows it.
type ContactChild struct{ ContactID, SubjectID string }

// ProposeMeeting puts a proposal on record, under an id that is made of the
// request's. What the record says of the children is read when it is decided: who
// they are, which team they are open to (KEN-18), and which enquiries run for them
// already (WT-03). Errors are as those of HandleMeeting; a contact, child or
// meeting that is named and not on record is a *domain.Refusal.
func (s *Service) ProposeMeeting(ctx context.Context, p Proposal, o Origin) (result Result, meetingID string, err error) {
	meetingID = strategymeeting.ID(o.RequestID).String()
	result, err = s.changeMeeting(ctx, meetingID, o, meetingChange{first: true, decide: func(now time.Time, state strategymeeting.State) ([]proto.Message, error) {
		cmd, err := s.resolve(ctx, meetingID, p)
		if err != nil {
			return nil, err
		}
		return s.decidingMeeting(cmd, o)(now, state)
	}})
	return result, meetingID, err
}

// HandleMeeting carries out a command on a meeting, and tells the contacts of its
// children what came of it (KEN-23). Expected is the revision the caller saw, or
// nil. Errors are a *domain.Refusal, a *ConflictError, a *ReusedError,
// [ErrNotFound], or something that may be tried again.
func (s *Service) HandleMeeting(ctx context.Context, meetingID string, cmd strategymeeting.Command, o Origin, expected *uint64) (Result, error) {
	return s.changeMeeting(ctx, meetingID, o, meetingChange{decide: s.decidingMeeting(cmd, o), about: cmd, expected: expected})
}

// ConcludeMeeting is HandleMeeting for a conclusion. It finds what was considered
// where it is on record: whose it is, about whom, and under which handling
// (HUB-05). And it reads which enquiries about its children have ended since it was
// proposed, and which have been started, by a meeting that knew nothing of this one
// (WT-03). Before it starts any itself it claims them: of several meetings about a
// child that conclude in one instant, one starts the enquiries, and the others are
// decided again with that on record.
func (s *Service) ConcludeMeeting(ctx context.Context, meetingID string, cmd strategymeeting.Conclude, o Origin, expected *uint64) (Result, error) {
	return s.changeMeeting(ctx, meetingID, o, meetingChange{expected: expected, decide: func(now time.Time, state strategymeeting.State) ([]proto.Message, error) {
		whole := cmd
		err := giveWay(ctx, state)
		if err != nil {
			return nil, err
		}
		if whole.Considered, err = s.considered(ctx, cmd.Considered, state); err != nil {
			return nil, err
		}
		if err := s.enquiriesSince(ctx, &whole, state); err != nil {
			return nil, err
		}
		events, err := s.decidingMeeting(whole, o)(now, state)
		children := starting(events, state)
		if err != nil || len(children) == 0 {
			return events, err
		}
		if err := s.claimEnquiries(ctx, state, children, o); err != nil {
			return nil, err
		}
		if err := s.enquiriesSince(ctx, &whole, state); err != nil {
			return nil, err
		}
		return s.decidingMeeting(whole, o)(now, state)
	}})
}

// A meetingChange is what is done to a meeting.
type meetingChange struct {
	decide meetingDecision
	// about is the command, where a repetition of it adds nothing; nil: it is
	// refused then.
	about strategymeeting.Command
	// expected is the revision that the caller saw; nil: whatever is there.
	expected *uint64
	// first says that there need be no meeting yet.
	first bool
}

type meetingDecision = func(time.Time, strategymeeting.State) ([]proto.Message, error)

func (s *Service) decidingMeeting(cmd strategymeeting.Command, o Origin) meetingDecision {
	return func(now time.Time, state strategymeeting.State) ([]proto.Message, error) {
		setting := strategymeeting.Setting{Now: now, Profile: s.profile, Role: access.Role(o.Role), Actor: o.Actor}
		return strategymeeting.Decide(strategymeeting.Under(cmd, setting), state)
	}
}

// changeMeeting runs a change of a meeting and then tells of it. What is on record
// stays so when that fails: process tells of it later.
func (s *Service) changeMeeting(ctx context.Context, meetingID string, o Origin, c meetingChange) (Result, error) {
	id, err := uuid.Parse(meetingID)
	if err != nil {
		return Result{}, ErrNotFound
	}
	if o.SeenRevision == nil {
		o.SeenRevision = c.expected
	}
	if o.CorrelationID == "" {
		o.CorrelationID = id.String()
	}
	result, err := s.runMeeting(ctx, change[strategymeeting.State]{
		evolution: meetings(),
		stream:    strategymeeting.Stream(id.String()),
		origin:    o,
		decide:    c.decide,
		said:      func(m strategymeeting.State) (uint64, bool) { return strategymeeting.OnRecord(c.about, m) },
		expected:  c.expected,
		unseen:    func(m strategymeeting.State) uint64 { return m.Contested },
		exists:    !c.first,
		kept:      s.meetings,
	})
	if err != nil || !slices.ContainsFunc(result.Events, ConcernsContacts) {
		return result, err
	}
	told, err := s.tellOfMeeting(ctx, id.String())
	if err != nil {
		s.log.WarnContext(ctx, "contacts were not told of a strategy meeting yet", "meeting", id, "error", err)
		return result, nil
	}
	// Whoever waits for this position in the triage queue sees the contact wait.
	result.Position = s.later(result.Position, told)
	return result, nil
}

// later gives the later of two positions; the second may be empty.
func (s *Service) later(a, b string) string {
	first, err := s.store.ParseToken(a)
	if err != nil {
		return a
	}
	if second, err := s.store.ParseToken(b); err == nil && second.Compare(first) > 0 {
		return b
	}
	return a
}

func (s *Service) runMeeting(ctx context.Context, c change[strategymeeting.State]) (Result, error) {
	giveBack, err := s.turns.take(ctx, c.stream)
	if err != nil {
		return Result{}, err
	}
	defer giveBack()
	return run(ctx, s, c)
}

// meeting folds a meeting, from memory where it is there and its stream has not
// moved since.
func (s *Service) meeting(ctx context.Context, id string) (*folded[strategymeeting.State], error) {
	stream := strategymeeting.Stream(id)
	c := change[strategymeeting.State]{evolution: meetings(), stream: stream, kept: s.meetings}
	f, fresh, err := c.load(ctx, s, false)
	if err != nil || fresh {
		return f, err
	}
	moved, err := c.moved(ctx, s, f)
	if err != nil {
		return nil, err
	}
	if moved {
		f, _, err = c.load(ctx, s, true)
	}
	if err != nil {
		return nil, fmt.Errorf("casework: read a strategy meeting: %w", err)
	}
	return f, nil
}
