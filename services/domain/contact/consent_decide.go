package contact

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact/authority"
	"github.com/openmash/mash/services/domain/wording"
)

// mayRecord lets a role record what was said about any contact on record, in
// the queue or not: what a family says is never lost to a rule (HUB-03), and a
// consent can always be taken back.
func mayRecord(c Setting, action access.Action, s State) error {
	if err := permitted(c, action); err != nil {
		return err
	}
	if s.ID == "" {
		return notReceived()
	}
	return nil
}

// nth gives the next contact-local id where there are n.
func nth(letter string, n int) string { return letter + strconv.Itoa(n+1) }

// recorded reports whether a list holds an event that says the same.
func recorded[M proto.Message](list []M, event proto.Message) bool {
	return slices.ContainsFunc(list, func(m M) bool { return proto.Equal(m, event) })
}

func recordHolder(c RecordHolder, s State) ([]proto.Message, error) {
	if err := mayRecord(c.Setting, access.ConsentRecord, s); err != nil {
		return nil, err
	}
	if _, known := s.Authority.Holder(c.HolderID); c.HolderID != "" && !known {
		return nil, holderNotRecorded()
	}
	if err := checkHolder(c, s); err != nil {
		return nil, err
	}
	for _, h := range s.Authority.Holders {
		if proto.Equal(h, holderRecorded(c, s.ID, h.GetHolderId())) {
			return nil, alreadyRecorded()
		}
	}
	return []proto.Message{holderRecorded(c, s.ID, cmp.Or(c.HolderID, nth("p", len(s.Authority.Holders))))}, nil
}

// holderRecorded seals a holder for themselves: the children's keys do not open
// what is said of a parent.
func holderRecorded(c RecordHolder, contact, id string) *eventpb.HolderRecorded {
	return &eventpb.HolderRecorded{
		ContactId: contact,
		HolderId:  id,
		Holder: &eventpb.HolderPart{
			About: []string{id},
			Part:  &eventpb.HolderPart_Open{Open: proto.CloneOf(c.Holder)},
		},
		Subjects: slices.Clone(c.Subjects),
		Basis:    c.Basis,
	}
}

func recordConsent(c RecordConsent, s State) ([]proto.Message, error) {
	if err := mayRecord(c.Setting, access.ConsentRecord, s); err != nil {
		return nil, err
	}
	holder, known := s.Authority.Holder(c.HolderID)
	if !known {
		return nil, holderNotRecorded()
	}
	if err := checkConsent(c, holder); err != nil {
		return nil, err
	}
	event := &eventpb.ConsentRecorded{
		ContactId: s.ID,
		ConsentId: nth("c", len(s.Authority.Consents)),
		HolderId:  c.HolderID,
		Stance:    c.Stance,
		Scope:     proto.CloneOf(c.Scope),
		AskedBy:   c.AskedBy,
		Asked:     c.Asked,
		How:       c.How,
		Reason:    wording.Narrative(c.Reason, c.Scope.GetSubjects()),
		Evidence:  c.Evidence,
		ExpiresAt: stamp(c.ExpiresAt),
	}
	if saysAgain(s.Authority, event) {
		return nil, alreadyRecorded()
	}
	return []proto.Message{event}, nil
}

// saysAgain reports whether it is what the holder said last. What they said
// before that may well be said again: yes, no and yes on one day.
func saysAgain(s authority.State, event *eventpb.ConsentRecorded) bool {
	for _, c := range slices.Backward(s.Consents) {
		if c.Recorded.GetHolderId() != event.GetHolderId() {
			continue
		}
		again := proto.CloneOf(event)
		again.ConsentId = c.Recorded.GetConsentId()
		return !c.Withdrawn && proto.Equal(c.Recorded, again)
	}
	return false
}

func withdrawConsent(c WithdrawConsent, s State) ([]proto.Message, error) {
	if err := mayRecord(c.Setting, access.ConsentRecord, s); err != nil {
		return nil, err
	}
	consent, known := s.Authority.Consent(c.ConsentID)
	switch {
	case !known:
		return nil, consentNotRecorded()
	case !consent.InForce(c.Now):
		return nil, consentNotInForce()
	}
	if err := checkWithdraw(c); err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.ConsentWithdrawn{
		ContactId: s.ID,
		ConsentId: c.ConsentID,
		Withdrawn: c.Withdrawn,
		How:       c.How,
		Reason:    wording.Narrative(c.Reason, consent.Recorded.GetScope().GetSubjects()),
	}}, nil
}

// lapseConsent records the end that a consent had, once; one that was taken
// back before has none to record.
func lapseConsent(c LapseConsent, s State) ([]proto.Message, error) {
	if err := mayRecord(c.Setting, access.ClockLapse, s); err != nil {
		return nil, err
	}
	consent, known := s.Authority.Consent(c.ConsentID)
	switch {
	case !known:
		return nil, consentNotRecorded()
	case consent.Recorded.GetStance() != authority.Given, consent.Withdrawn, consent.Expired:
		return nil, nil
	case !consent.Over(c.Now):
		return nil, notDue()
	}
	return []proto.Message{&eventpb.ConsentExpired{
		ContactId: s.ID,
		ConsentId: c.ConsentID,
		ExpiredAt: consent.Recorded.GetExpiresAt(),
	}}, nil
}

func recordEngagement(c RecordEngagement, s State) ([]proto.Message, error) {
	if err := mayRecord(c.Setting, access.ConsentRecord, s); err != nil {
		return nil, err
	}
	holder, known := s.Authority.Holder(c.HolderID)
	if !known {
		return nil, holderNotRecorded()
	}
	if err := checkEngagement(c, holder); err != nil {
		return nil, err
	}
	event := &eventpb.EngagementRecorded{
		ContactId: s.ID,
		HolderId:  c.HolderID,
		Subjects:  slices.Clone(c.Subjects),
		Service:   c.Service,
		Agrees:    c.Agrees,
		Said:      c.Said,
		Reason:    wording.Narrative(c.Reason, c.Subjects),
	}
	if n := len(s.Authority.Engagements); n > 0 && proto.Equal(s.Authority.Engagements[n-1], event) {
		return nil, alreadyRecorded()
	}
	return []proto.Message{event}, nil
}

func recordLawfulBasis(c RecordLawfulBasis, s State) ([]proto.Message, error) {
	if err := mayRecord(c.Setting, access.BasisRecord, s); err != nil {
		return nil, err
	}
	var f faults
	f.scope("scope", c.Scope, s.Subjects, c.Profile.Lists)
	f.bases("bases", c.Bases)
	f.words("reasoning", c.Reasoning, "required", true, "say why it is necessary and proportionate")
	if err := f.refusal(ReasonInvalidCommand, invalidCommand); err != nil {
		return nil, err
	}
	event := &eventpb.LawfulBasisRecorded{
		ContactId: s.ID,
		Scope:     proto.CloneOf(c.Scope),
		Bases:     slices.Clone(c.Bases),
		Reasoning: wording.Narrative(c.Reasoning, c.Scope.GetSubjects()),
	}
	if recorded(s.Authority.Bases, event) {
		return nil, alreadyRecorded()
	}
	return []proto.Message{event}, nil
}

func decideNotToShare(c DecideNotToShare, s State) ([]proto.Message, error) {
	if err := mayRecord(c.Setting, access.ShareRefuse, s); err != nil {
		return nil, err
	}
	var f faults
	f.scope("scope", c.Scope, s.Subjects, c.Profile.Lists)
	f.reason(c.Reason, "reason")
	if err := f.refusal(ReasonInvalidCommand, invalidCommand); err != nil {
		return nil, err
	}
	event := &eventpb.DecidedNotToShare{ContactId: s.ID, Scope: proto.CloneOf(c.Scope), Reason: wording.Narrative(c.Reason, c.Scope.GetSubjects())}
	for _, before := range s.Authority.NotShared {
		if event.DecisionId = before.GetDecisionId(); proto.Equal(before, event) {
			return nil, alreadyRecorded()
		}
	}
	event.DecisionId = nth("n", len(s.Authority.NotShared))
	return []proto.Message{event}, nil
}

func goOnDespiteRefusal(c GoOnDespiteRefusal, s State) ([]proto.Message, error) {
	if err := mayRecord(c.Setting, access.RefusalPass, s); err != nil {
		return nil, err
	}
	var f faults
	f.Require(len(c.Consents) > 0, "consents", "KEN-11", "names no refusal")
	for i, id := range c.Consents {
		f.Require(!slices.Contains(c.Consents[:i], id), fmt.Sprintf("consents[%d]", i), "KEN-11", "is there twice")
	}
	f.reason(c.Reason, "KEN-11")
	if err := f.refusal(ReasonInvalidCommand, invalidCommand); err != nil {
		return nil, err
	}
	for _, id := range c.Consents {
		consent, known := s.Authority.Consent(id)
		switch {
		case !known:
			return nil, consentNotRecorded()
		case !consent.No():
			return nil, notRefused()
		}
	}
	event := &eventpb.WentOnDespiteRefusal{ContactId: s.ID, Consents: slices.Clone(c.Consents), Reason: wording.Narrative(c.Reason, s.Subjects)}
	if recorded(s.Authority.WentOn, event) {
		return nil, alreadyRecorded()
	}
	return []proto.Message{event}, nil
}
