package contact

import (
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/practice"
)

// DecideContact decides for each child in the queue (KEN-07). It stands when a
// manager has signed it off.
type DecideContact struct {
	Setting
	// Outcomes has one for each child still in the queue.
	Outcomes []Outcome
	// Rationale is drawn from what was gathered, Shares are what of it the
	// decision rests on, by share id.
	Rationale string
	Shares    []string
}

// Outcome is what is decided for one child.
type Outcome struct {
	Subject string
	// Outcome is a published code of practice.Outcomes.
	Outcome string
	// Level is the support level, 1 to 4.
	Level uint32
	// Destination is where a referral or early help goes (SOT-04, KEN-17).
	Destination string
	// Steps are those agreed with the referrer, for advice.
	Steps string
}

// SignOff is a manager's yes to a decision of somebody else's.
type SignOff struct {
	Setting
	DecisionID string
}

// ReturnDecision gives a decision back, with what is missing.
type ReturnDecision struct {
	Setting
	DecisionID, Reason string
}

// AnswerReferrer is the written response to the referrer (SOT-05).
type AnswerReferrer struct {
	Setting
	DecisionID string
	// Level is how much the referrer may know: "outcome", "advice" or "receipt"
	// (KEN-15).
	Level    string
	Response string
}

// AcknowledgeOutcome says that the referrer's agency has the response.
type AcknowledgeOutcome struct {
	Setting
	DecisionID, Agency string
}

// Reopen takes a decided contact up again.
type Reopen struct {
	Setting
	Reason string
	// Subjects are the children who are in the queue again, of those whom a
	// decision was about.
	Subjects []string
}

func (c DecideContact) under(s Setting) Command      { c.Setting = s; return c }
func (c SignOff) under(s Setting) Command            { c.Setting = s; return c }
func (c ReturnDecision) under(s Setting) Command     { c.Setting = s; return c }
func (c AnswerReferrer) under(s Setting) Command     { c.Setting = s; return c }
func (c AcknowledgeOutcome) under(s Setting) Command { c.Setting = s; return c }
func (c Reopen) under(s Setting) Command             { c.Setting = s; return c }

// The ways a decision can stand.
const (
	DecisionWaiting   = "waiting" // for a manager
	DecisionReturned  = "returned"
	DecisionSignedOff = "signed-off"
)

// Decision is one decision on a contact and what became of it.
type Decision struct {
	ID, By   string
	Outcomes []*eventpb.SubjectOutcome
	// Standing is one of the ways above.
	Standing string
	// Response is the clock under which the referrer is answered; nil before
	// the sign-off.
	Response *eventpb.Clock
	// Answered says that the referrer was told, Acknowledged that their agency
	// has it.
	Answered, Acknowledged bool
}

// Decided reports whether a decision was signed off and no child is in the queue
// again.
func (s State) Decided() bool {
	return len(s.Queued) == 0 && len(s.Decisions) > 0 && s.Decisions[len(s.Decisions)-1].Standing == DecisionSignedOff
}

// decision finds one by its id.
func (s State) decision(id string) (Decision, bool) {
	i := slices.IndexFunc(s.Decisions, func(d Decision) bool { return d.ID == id })
	if i < 0 {
		return Decision{}, false
	}
	return s.Decisions[i], true
}

// concluded folds what was decided and told of it; false: the event is neither.
func concluded(s State, event proto.Message) (State, bool) {
	switch e := event.(type) {
	case *eventpb.ContactDecided:
		d := Decision{ID: e.GetDecisionId(), By: e.GetDecidedBy(), Outcomes: e.GetOutcomes(), Standing: DecisionWaiting}
		s.Decisions = append(slices.Clip(s.Decisions), d)
	case *eventpb.DecisionSignedOff:
		s.Decisions = revised(s.Decisions, e.GetDecisionId(), func(d *Decision) { d.Standing, d.Response = DecisionSignedOff, e.GetResponse() })
		s.Queued, s.Clocks = nil, responses(s.Clocks, e.GetResponse())
	case *eventpb.DecisionReturned:
		s.Decisions = revised(s.Decisions, e.GetDecisionId(), func(d *Decision) { d.Standing = DecisionReturned })
	case *eventpb.ReferrerAnswered:
		d, _ := s.decision(e.GetDecisionId())
		s.Clocks = slices.DeleteFunc(slices.Clone(s.Clocks), func(c *eventpb.Clock) bool { return d.Response != nil && proto.Equal(c, d.Response) })
		s.Decisions = revised(s.Decisions, e.GetDecisionId(), func(d *Decision) { d.Answered = true })
	case *eventpb.OutcomeAcknowledged:
		s.Decisions = revised(s.Decisions, e.GetDecisionId(), func(d *Decision) { d.Acknowledged = true })
	case *eventpb.ContactReopened:
		s.Queued = e.GetSubjects()
		s.Clocks = append(slices.Clip(s.Clocks), e.GetClocks()...)
	default:
		return s, false
	}
	return s, true
}

// responses keeps of the clocks those of referrers who wait for their answer: a
// sign-off ends every other one.
func responses(running []*eventpb.Clock, started *eventpb.Clock) []*eventpb.Clock {
	var kept []*eventpb.Clock
	for _, c := range running {
		if c.GetKind() == string(practice.Response) {
			kept = append(kept, c)
		}
	}
	if started != nil {
		kept = append(kept, started)
	}
	return kept
}

// revised gives a copy with one decision changed; the list as it is where there
// is none of that id.
func revised(list []Decision, id string, change func(*Decision)) []Decision {
	i := slices.IndexFunc(list, func(d Decision) bool { return d.ID == id })
	if i < 0 {
		return list
	}
	list = slices.Clone(list)
	change(&list[i])
	return list
}
