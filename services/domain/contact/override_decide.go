package contact

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact/authority"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// errNoActor is a caller's mistake: two people of whom nothing is known cannot
// be told apart, and HUB-01 rests on that.
var errNoActor = errors.New("contact: an override is proposed, decided and reviewed by somebody, and the command names nobody")

func proposeOverride(c ProposeOverride, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.OverridePropose); err != nil {
		return nil, err
	}
	if c.Actor == "" {
		return nil, errNoActor
	}
	if err := inQueue(s); err != nil {
		return nil, err
	}
	if err := checkPropose(c, s); err != nil {
		return nil, err
	}
	event := &eventpb.OverrideProposed{
		ContactId:  s.ID,
		Scope:      proto.CloneOf(c.Scope),
		ReasonCode: c.ReasonCode,
		Risk:       wording.Narrative(c.Risk, c.Scope.GetSubjects()),
		Bases:      slices.Clone(c.Bases),
		Despite:    slices.Clone(c.Despite),
		ProposedBy: c.Actor,
	}
	for _, o := range s.Authority.Overrides {
		// One that was decided may be proposed again, in the same words.
		if event.OverrideId = o.Proposed.GetOverrideId(); o.Decided == nil && proto.Equal(o.Proposed, event) {
			return nil, alreadyRecorded()
		}
	}
	event.OverrideId = nth("o", len(s.Authority.Overrides))
	return []proto.Message{event}, nil
}

func decideOverride(c DecideOverride, s State) ([]proto.Message, error) {
	o, err := toDecide(c, s)
	if err != nil {
		return nil, err
	}
	a, err := checkDecision(c, o.Proposed.GetScope())
	if err != nil {
		return nil, err
	}
	for _, id := range standing(s, a.scope, c.Now) {
		if !slices.Contains(o.Proposed.GetDespite(), id) {
			return nil, refusedSince()
		}
	}
	event, err := overrideDecidedBy(c, o.Proposed)
	if err != nil {
		return nil, err
	}
	event.Scope, event.ExpiresAt, event.ReviewAt = proto.CloneOf(a.scope), stamp(a.end), stamp(a.review)
	return []proto.Message{event}, nil
}

// toDecide finds the override, if the actor may decide on it. To decline needs
// no place in the queue: an override that nobody needs any more is not left open.
func toDecide(c DecideOverride, s State) (authority.Override, error) {
	if err := permitted(c.Setting, access.OverrideDecide); err != nil {
		return authority.Override{}, err
	}
	o, known := s.Authority.Override(c.OverrideID)
	switch {
	case c.Actor == "":
		return o, errNoActor
	case s.ID == "":
		return o, notReceived()
	case !known:
		return o, overrideNotRecorded()
	case o.Decided != nil:
		return o, overrideDecided()
	case samePerson(o.Proposed.GetProposedBy(), c.Actor):
		return o, proposerDecides()
	case c.Outcome != authority.Declined:
		return o, inQueue(s)
	}
	return o, nil
}

// samePerson tells whether two ids name one person. Identity providers write an
// id now in one case, now in another: a login must not make two people of one.
func samePerson(a, b string) bool { return strings.EqualFold(a, b) }

// overrideDecidedBy gives the decision without what it allows: who, in what
// role, and by which rule at that hour.
func overrideDecidedBy(c DecideOverride, proposed *eventpb.OverrideProposed) (*eventpb.OverrideDecided, error) {
	open, err := c.Profile.IsOpen(c.Now)
	if err != nil {
		return nil, fmt.Errorf("contact: opening hours: %w", err)
	}
	event := &eventpb.OverrideDecided{
		ContactId:  proposed.GetContactId(),
		OverrideId: c.OverrideID,
		Outcome:    c.Outcome,
		Reason:     wording.Narrative(c.Reason, proposed.GetScope().GetSubjects()),
		DecidedBy:  c.Actor,
		Role:       string(c.Role),
		OutOfHours: !open,
		Rule:       "SOT-08",
	}
	if !open {
		event.Rule = "SOT-32"
	}
	return event, nil
}

func reviewOverride(c ReviewOverride, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.OverrideReview); err != nil {
		return nil, err
	}
	o, known := s.Authority.Override(c.OverrideID)
	switch {
	case c.Actor == "":
		return nil, errNoActor
	case s.ID == "":
		return nil, notReceived()
	case !known:
		return nil, overrideNotRecorded()
	case !o.InForce(c.Now):
		return nil, overrideNotInForce()
	case c.Outcome == authority.Continues && samePerson(o.Proposed.GetProposedBy(), c.Actor):
		// To let it go on is to approve it once more.
		return nil, proposerDecides()
	}
	next, err := checkReview(c, o.Decided.GetExpiresAt().AsTime())
	if err != nil {
		return nil, err
	}
	if c.Outcome == authority.Continues && !next.After(o.ReviewAt) {
		return nil, reviewNotLater()
	}
	return []proto.Message{&eventpb.OverrideReviewed{
		ContactId:  s.ID,
		OverrideId: c.OverrideID,
		Outcome:    c.Outcome,
		Reason:     wording.Narrative(c.Reason, o.Decided.GetScope().GetSubjects()),
		ReviewAt:   stamp(next),
		Late:       c.Now.After(o.ReviewAt),
		ReviewedBy: c.Actor,
	}}, nil
}

// lapseOverride records the end that an override had, once; one that was never
// approved, or that a review ended, has none to record.
func lapseOverride(c LapseOverride, s State) ([]proto.Message, error) {
	if err := mayRecord(c.Setting, access.ClockLapse, s); err != nil {
		return nil, err
	}
	o, known := s.Authority.Override(c.OverrideID)
	switch {
	case !known:
		return nil, overrideNotRecorded()
	case !o.Granted(), o.Ended, o.Expired:
		return nil, nil
	case !o.Over(c.Now):
		return nil, notDue()
	}
	return []proto.Message{&eventpb.OverrideExpired{
		ContactId:  s.ID,
		OverrideId: c.OverrideID,
		ExpiredAt:  o.Decided.GetExpiresAt(),
	}}, nil
}

// recordAgencyOverride keeps ROC-03: the decision is the agency's, so nothing is
// checked but that its reason is one of the two and that a manager was asked.
func recordAgencyOverride(c RecordAgencyOverride, s State) ([]proto.Message, error) {
	if err := mayRecord(c.Setting, access.OverrideReport, s); err != nil {
		return nil, err
	}
	var f faults
	f.token("agency", c.Agency, wording.Agency)
	f.Require(practice.AgencyReasons().Has(c.ReasonCode), "reason_code", "ROC-03", "is not cannot-be-had or raises-risk")
	f.Require(wording.Said(c.Consulted), "consulted", "ROC-03", "say which line manager was consulted, by post")
	f.line("consulted", c.Consulted, 200)
	f.reason(c.Reason, "ROC-03")
	if err := f.refusal(ReasonInvalidCommand, invalidCommand); err != nil {
		return nil, err
	}
	event := &eventpb.AgencyWentWithoutConsent{
		ContactId:  s.ID,
		Agency:     c.Agency,
		ReasonCode: c.ReasonCode,
		Consulted:  c.Consulted,
		Reason:     wording.Narrative(c.Reason, s.Subjects),
	}
	if recorded(s.Authority.Agencies, event) {
		return nil, alreadyRecorded()
	}
	return []proto.Message{event}, nil
}
