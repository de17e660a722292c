package strategymeeting

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
)

// Decide says which events the command adds to the state. A *domain.Refusal is
// a rule's no; any other error means that it could not be decided, such as a
// due time in a year whose bank holidays are not known.
func Decide(c Command, s State) ([]proto.Message, error) {
	switch c := c.(type) {
	case Propose:
		return propose(c, s) // SOT-10, KEN-18, KEN-23
	case Call:
		return call(c, s) // SOT-10, SOT-11, WT-04
	case Decline:
		return decline(c, s) // SOT-10
	case Widen:
		return widen(c, s)
	case Move:
		return move(c, s)
	case Cancel:
		return cancel(c, s)
	case Answer:
		return answer(c, s) // HUB-03, HUB-05
	case Conclude:
		return conclude(c, s) // WT-03, WT-04, WT-05
	case Contest:
		return contest(c, s) // WT-03
	case CloseAction:
		return closeAction(c, s) // WT-05
	case ActionLapsed:
		return actionLapsed(c, s) // WT-05
	case IssueMinutes:
		return issueMinutes(c, s)
	case ReceiveMinutes:
		return receiveMinutes(c, s)
	case Follow:
		return follow(c, s)
	case ConcludeEnquiries:
		return concludeEnquiries(c, s) // WT-03
	case RecordConference:
		return recordConference(c, s) // WT-03, WT-06
	case RecordCoreGroup:
		return recordCoreGroup(c, s) // WT-06
	case RecordReview:
		return recordReview(c, s) // WT-06
	}
	return nil, fmt.Errorf("strategymeeting: unknown command %T", c)
}

// errNobodyActs is a caller's mistake: that another person calls than proposed
// cannot be told of people who are not named.
var errNobodyActs = errors.New("strategymeeting: somebody proposes, calls or concludes, and the command names nobody")

// permitted refuses a role that may not, before anything is said of the
// meeting's state.
func permitted(c Setting, action access.Action) error {
	refusal, err := c.Profile.Permit(c.Role, action, c.Now)
	if err != nil {
		return fmt.Errorf("strategymeeting: %s: %w", action, err)
	}
	if refusal != nil {
		return refusal
	}
	return nil
}

// atStage refuses a meeting that is at another stage than the one wanted.
func atStage(wanted string, s State) error {
	switch {
	case s.Stage == wanted:
		return nil
	case s.Stage == "":
		return notFound()
	case s.Over():
		return meetingOver()
	case wanted == StageProposed:
		return alreadyCalled()
	case wanted == StageCalled:
		return notCalled()
	}
	return notConcluded()
}

// clock starts a clock of the profile's.
func clock(c Setting, kind practice.Kind, start time.Time) (*eventpb.Clock, error) {
	due, err := c.Profile.Due(practice.Clock{Kind: kind}, start)
	if err != nil {
		return nil, fmt.Errorf("strategymeeting: %w", err)
	}
	if kind == practice.FirstReview {
		kind = practice.Review // one kind on record: which it is its number says
	}
	return &eventpb.Clock{
		Kind: string(kind), StartedAt: timestamppb.New(due.Start), DueAt: timestamppb.New(due.At),
		Reckoning: due.Reckoning, Rule: due.Rule, Calendar: due.Calendar,
	}, nil
}

// past reports whether a time is after a clock's due time; false without a clock.
func past(at time.Time, c *eventpb.Clock) bool { return c != nil && at.After(c.GetDueAt().AsTime()) }
