package contact

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// errNobodyDecides is a caller's mistake, as with overrides: that nobody signs
// off their own decision cannot be told of people who are not named.
var errNobodyDecides = errors.New("contact: somebody decides, signs off or returns, and the command names nobody")

// decideContact takes the worker's decision. It comes after triage and by then
// somebody has the work (KEN-06); nothing that was shared is passed over
// (SOT-09); and a referral asks for nobody's agreement (KEN-11).
func decideContact(c DecideContact, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ContactDecide); err != nil {
		return nil, err
	}
	if err := inQueue(s); err != nil {
		return nil, err
	}
	switch {
	case c.Actor == "":
		return nil, errNobodyDecides
	case s.Rating == "":
		return nil, notTriaged("KEN-06")
	case s.Worker == "":
		return nil, notAllocated()
	case len(s.Decisions) > 0 && s.Decisions[len(s.Decisions)-1].Standing == DecisionWaiting:
		return nil, alreadyDecided()
	}
	if err := checkAwaited(s); err != nil {
		return nil, err
	}
	if err := checkOutcomes(c, s); err != nil {
		return nil, err
	}
	decided := &eventpb.ContactDecided{
		ContactId: s.ID, DecisionId: fmt.Sprintf("d%d", len(s.Decisions)+1), Rationale: wording.Narrative(c.Rationale, s.Queued),
		Shares: slices.Clone(c.Shares), DecidedBy: c.Actor,
	}
	for _, o := range c.Outcomes {
		decided.Outcomes = append(decided.Outcomes, &eventpb.SubjectOutcome{
			SubjectId: o.Subject, Outcome: o.Outcome, SupportLevel: o.Level, Destination: o.Destination, Steps: wording.Narrative(o.Steps, []string{o.Subject}),
		})
	}
	if err := checkFindings(decided.Outcomes, s); err != nil {
		return nil, err
	}
	return []proto.Message{decided}, nil
}

// waitingDecision finds the decision that a manager signs off or gives back.
func waitingDecision(c Setting, id string, s State) (Decision, error) {
	if err := permitted(c, access.DecisionSignOff); err != nil {
		return Decision{}, err
	}
	if err := inQueue(s); err != nil {
		return Decision{}, err
	}
	d, ok := s.decision(id)
	switch {
	case c.Actor == "":
		return d, errNobodyDecides
	case !ok:
		return d, decisionNotFound()
	case d.Standing != DecisionWaiting:
		return d, decisionNotWaiting()
	}
	return d, nil
}

// signOff makes a decision stand. Ours: every decision is signed off, by a
// manager who did not take it; Southampton and Kent speak of oversight and name
// no second signature. What was shared since it was taken is looked at first, and
// a manager has analysed what was shared about each child (SOT-09).
//
// It ends the hub's clocks, records those that had lapsed, starts the one for the
// referrer's answer, and takes back what agencies were asked and had not answered:
// to gather more than is needed is no longer lawful. If they tell it all the same
// it is kept (HUB-03).
func signOff(c SignOff, s State) ([]proto.Message, error) {
	d, err := waitingDecision(c.Setting, c.DecisionID, s)
	if err != nil {
		return nil, err
	}
	if samePerson(d.By, c.Actor) {
		return nil, ownDecision()
	}
	if err := checkAwaited(s); err != nil {
		return nil, err
	}
	if err := checkFindings(d.Outcomes, s); err != nil {
		return nil, err
	}
	if err := checkManagerLooked(d, s); err != nil {
		return nil, err
	}
	response, err := dueClock(c.Setting, practice.Response, practice.Unrated)
	if err != nil {
		return nil, err
	}
	kinds := []practice.Kind{practice.Triage, practice.AimTriage, practice.Partners, practice.Decision, practice.AimDecision}
	events := []proto.Message{&eventpb.DecisionSignedOff{
		ContactId: s.ID, DecisionId: d.ID, SignedOffAt: timestamppb.New(c.Now), Lapses: lapsed(s.Clocks, c.Now, kinds...), Response: response,
	}}
	for _, r := range s.Requests {
		if agencies, err := waiting(s, r.ID, nil); err == nil {
			events = append(events, &eventpb.InformationRequestCancelled{ContactId: s.ID, RequestId: r.ID, Agencies: agencies, ReasonCode: "not-needed"})
		}
	}
	return events, nil
}

// returnDecision gives it back; the clocks run on. A manager may give back their
// own: it approves nothing.
func returnDecision(c ReturnDecision, s State) ([]proto.Message, error) {
	d, err := waitingDecision(c.Setting, c.DecisionID, s)
	if err != nil {
		return nil, err
	}
	if err := checkReason(c.Reason); err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.DecisionReturned{ContactId: s.ID, DecisionId: d.ID, Reason: wording.Narrative(c.Reason, s.Queued)}}, nil
}
