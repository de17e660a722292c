package intake_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/intake"
)

const (
	police = "kent-police"
	health = "kent-health"
)

// begin runs an intake by a clock that shows the machine's time: the age of a message is told by the time of the NATS server.
func begin(t *testing.T) *parts.Parts {
	t.Helper()
	p := parts.Start(t)
	p.Clock.Set(time.Now())
	in, err := intake.New(intake.Config{Bus: p.Bus, Registry: p.Registry, Casework: p.Casework(), Vault: p.Keys, Now: p.Clock.Now, Logger: p.Log()})
	if err != nil {
		t.Fatal(err)
	}
	p.Run(in.Run)
	return p
}

func message(t *testing.T, kind, id string, payload proto.Message) publisher.Message {
	t.Helper()
	data, err := protojson.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return publisher.Message{
		Kind: kind, ID: id, Source: "urn:test", Type: string(payload.ProtoReflect().Descriptor().FullName()), Time: time.Now(),
		ContentType: "application/json", Data: data,
	}
}

func send(t *testing.T, pub *publisher.Publisher, m publisher.Message) publisher.Answer {
	t.Helper()
	answer, err := pub.Send(t.Context(), m)
	if err != nil {
		t.Fatalf("send %s: %v", m.ID, err)
	}
	return answer
}

func receipt(t *testing.T, a publisher.Answer) *intakepb.Receipt {
	t.Helper()
	r := &intakepb.Receipt{}
	if err := protojson.Unmarshal(a.Data, r); err != nil || a.Kind != publisher.KindReceipt {
		t.Fatalf("the answer is no receipt (%v): %s", err, a.Data)
	}
	return r
}

func rejected(t *testing.T, a publisher.Answer, reason string) *intakepb.Rejection {
	t.Helper()
	r := &intakepb.Rejection{}
	if err := protojson.Unmarshal(a.Data, r); err != nil || a.Kind != publisher.KindRejection || r.GetReason() != reason {
		t.Fatalf("the answer is no rejection with %s (%v): %s", reason, err, a.Data)
	}
	return r
}

func told(agency string) *intakepb.Information {
	return &intakepb.Information{Agency: agency, Answer: "shared", Statements: []*intakepb.InformationStatement{{
		Category: "police-and-offending", Words: "Officers were called twice in May.", Kind: "fact", Source: "record", PoliceCode: "P", NotToFamily: true,
	}}}
}

func opening(agency, reference string) *intakepb.Contact {
	return &intakepb.Contact{
		Agency: agency, Reference: reference, WorkType: "police-contact", SourceCode: "6", Reason: "Frightened and alone at night.",
		Children: []*intakepb.Child{{GivenName: "Sam", FamilyName: "Example", Sex: "F"}, {GivenName: "Kim", FamilyName: "Example", Sex: "M"}},
		Referrer: &intakepb.Referrer{Name: "PC Example", Phones: []string{"01632 960000"}},
		Consent:  &intakepb.ConsentStatement{Stance: "not-known"}, Occurred: &intakepb.Occurrence{Precision: "unknown"},
	}
}

// What nobody asked for, about children of whom there is no contact, opens one, in one append.
func TestHUB03_InformationThatNamesNoContactOpensOne(t *testing.T) {
	p := begin(t)
	pub := p.Publisher(police)
	info := told(police)
	info.Contact = opening(police, "46/1")
	first := receipt(t, send(t, pub, message(t, "information", "m-1", info)))
	if first.GetOutcome() != "queued" || !slices.Equal(first.GetShareIds(), []string{"i1"}) || first.GetReference() != "46/1" || first.GetTriageDueAt() == nil {
		t.Errorf("the receipt is %v", first)
	}
	events := p.Events(contact.Stream(first.GetContactId()))
	if len(events) != 2 {
		t.Fatalf("%d events are on record, want the contact and what was told", len(events))
	}
	shared, ok := events[1].Message.(*eventpb.InformationShared)
	if !ok || !shared.GetUnsolicited() || !slices.Equal(shared.GetStatements()[0].GetSubjects(), []string{"s1", "s2"}) || !shared.GetStatements()[0].GetHandling().GetNotToFamily() {
		t.Errorf("on record is %v", events[1].Message)
	}
	again := receipt(t, send(t, pub, message(t, "information", "m-1", info)))
	if !again.GetDuplicate() || again.GetContactId() != first.GetContactId() || !slices.Equal(again.GetShareIds(), first.GetShareIds()) {
		t.Errorf("sent again it gets %v, want the first receipt", again)
	}
	bad := told(police)
	bad.Contact, bad.Statements[0].Category = opening(police, "46/2"), "gossip"
	rejected(t, send(t, pub, message(t, "information", "m-2", bad)), "INVALID_COMMAND")
	if events := p.Events(contact.Stream(contact.ID(police, "urn:test", "m-2").String())); len(events) != 0 {
		t.Errorf("a message that was rejected left %d events", len(events))
	}
	other := told(police)
	other.Contact = opening(health, "46/3")
	rejected(t, send(t, pub, message(t, "information", "m-3", other)), intake.ReasonWrongAgency)
}

// An answer names the contact by the hub's id, or by the sender's own reference; whose request it was is the decider's to say.
func TestSOT07_AnswersFindTheirContact(t *testing.T) {
	p := begin(t)
	s := p.Triaged("m-1")
	s.Consented(time.Time{}, health)
	s.Asked(health)
	answer := &intakepb.Information{Agency: health, ContactId: s.ID, RequestId: "r1", Answer: "nothing-known"}
	got := receipt(t, send(t, p.Publisher(health), message(t, "information", "a-1", answer)))
	if got.GetOutcome() != "recorded" || got.GetContactId() != s.ID || !slices.Equal(got.GetShareIds(), []string{"i1"}) {
		t.Errorf("the receipt of an answer is %v", got)
	}
	byReference := told(police)
	byReference.Reference, byReference.RequestId = "REF-m-1", "r1"
	got = receipt(t, send(t, p.Publisher(police), message(t, "information", "a-2", byReference)))
	if got.GetContactId() != s.ID || !slices.Equal(got.GetShareIds(), []string{"i2"}) {
		t.Errorf("the receipt of what was told by reference is %v", got)
	}
	shared := parts.Await[*eventpb.InformationShared](p, s.Stream, 2)
	if shared[0].GetUnsolicited() || shared[0].GetRequestId() != "r1" {
		t.Errorf("the answer is on record as %v", shared[0])
	}
	if !shared[1].GetUnsolicited() || len(shared[1].GetAuthorities()) != 0 {
		t.Errorf("an answer to another agency's request is on record as %v, want unsolicited and under no authority", shared[1])
	}
	// Another agency's reference is nobody's.
	stranger := told(health)
	stranger.Reference = "REF-m-1"
	pending, err := p.Publisher(health).SendAsync(t.Context(), message(t, "information", "a-3", stranger))
	if err != nil {
		t.Fatal(err)
	}
	p.Clock.Set(time.Now().Add(25 * time.Hour))
	late, err := pending.Answer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rejected(t, late, intake.ReasonUnknownContact)
}

// Two contacts under one reference: what is told by it could land on the wrong file.
func TestAnAmbiguousReferenceIsRefused(t *testing.T) {
	p := begin(t)
	pub := p.Publisher(police)
	for _, id := range []string{"m-1", "m-2"} {
		receipt(t, send(t, pub, message(t, "contact", id, opening(police, "46/1"))))
	}
	info := told(police)
	info.Reference = "46/1"
	rejected(t, send(t, pub, message(t, "information", "m-3", info)), "REFERENCE_AMBIGUOUS")
}

// What comes before its contact waits for it, and nothing waits behind it.
func TestInformationWaitsForItsContact(t *testing.T) {
	p := begin(t)
	pub := p.Publisher(police)
	byReference, byID := told(police), told(police)
	byReference.Reference = "46/1"
	byID.ContactId = contact.ID(police, "urn:test", "late").String()
	var waiting []*publisher.Pending
	for id, info := range map[string]*intakepb.Information{"w-1": byReference, "w-2": byID} {
		pending, err := pub.SendAsync(t.Context(), message(t, "information", id, info))
		if err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, pending)
	}
	receipt(t, send(t, pub, message(t, "contact", "other", opening(police, "46/2"))))
	for _, w := range waiting {
		select {
		case <-w.Done():
			t.Fatal("a message about a contact that is not known has its answer")
		default:
		}
	}
	late := receipt(t, send(t, pub, message(t, "contact", "late", opening(police, "46/1"))))
	for _, w := range waiting {
		answer, err := w.Answer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := receipt(t, answer); got.GetContactId() != late.GetContactId() {
			t.Errorf("what waited is about %s, want %s", got.GetContactId(), late.GetContactId())
		}
	}
}

// A contact that does not come within a day: the message is rejected, and kept for an operator.
func TestInformationWaitsForADay(t *testing.T) {
	p := begin(t)
	info := told(police)
	info.ContactId = "00000000-0000-5000-8000-000000000000"
	pub := p.Publisher(police)
	pending, err := pub.SendAsync(t.Context(), message(t, "information", "w-1", info))
	if err != nil {
		t.Fatal(err)
	}
	receipt(t, send(t, pub, message(t, "contact", "other", opening(police, "46/1")))) // the first was tried by now
	p.Clock.Set(time.Now().Add(25 * time.Hour))
	answer, err := pending.Answer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := rejected(t, answer, intake.ReasonUnknownContact)
	kept, err := p.Casework().ListQuarantine(t.Context(), police)
	if err != nil || len(kept) != 1 {
		t.Fatalf("in quarantine are %v (%v), want one message", kept, err)
	}
	if _, _, err := p.Keys.Fetch(t.Context(), police, r.GetQuarantineId()); err != nil {
		t.Errorf("its bytes are not kept: %v", err)
	}
}

// The referrer's agency says that it has the response; another agency is told nothing of whether there is one.
func TestSOT05_TheResponseIsAcknowledged(t *testing.T) {
	p := begin(t)
	s := p.Triaged("m-1")
	s.Do(access.TeamManager, contact.Allocate{Worker: "person-social-worker"})
	s.Do(access.SocialWorker, contact.DecideContact{
		Outcomes:  []contact.Outcome{{Subject: "s1", Outcome: "no-further-action", Level: 1}, {Subject: "s2", Outcome: "no-further-action", Level: 1}},
		Rationale: "The school and the parents have a plan that holds.",
	})
	s.Do(access.TeamManager, contact.SignOff{DecisionID: "d1"})
	s.Do(access.SocialWorker, contact.AnswerReferrer{DecisionID: "d1", Level: "receipt", Response: "Thank you. It was looked at."})
	acknowledge := func(agency string) publisher.Answer {
		m := message(t, "outcome-acknowledgement", "k-1", &intakepb.OutcomeAcknowledgement{Agency: agency, ContactId: s.ID, DecisionId: "d1"})
		return send(t, p.Publisher(agency), m)
	}
	if a := acknowledge(health); a.Kind != publisher.KindRejection {
		t.Errorf("another agency's acknowledgement got %s", a.Data)
	}
	if got := receipt(t, acknowledge(police)); got.GetOutcome() != "recorded" || got.GetContactId() != s.ID {
		t.Errorf("the receipt is %v", got)
	}
	parts.Await[*eventpb.OutcomeAcknowledged](p, s.Stream, 1)
}
