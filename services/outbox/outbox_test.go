package outbox_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/outbox"
)

const (
	police  = "kent-police"
	health  = "kent-health"
	schools = "kent-schools"
)

func newOutbox(p *parts.Parts) *outbox.Outbox {
	return outbox.New(outbox.Config{Store: p.Store, Bus: p.Bus, Registry: p.Registry, Now: p.Clock.Now, Logger: p.Log()})
}

func request(p *parts.Parts, sent bus.Sent) *intakepb.InformationRequest {
	return parts.Decode(p, sent, &intakepb.InformationRequest{})
}

// Each agency is told what finds the child it is asked about, and the number that is its own to know.
func TestSOT07_AnAgencyIsAskedWithWhatItMayKnow(t *testing.T) {
	p := parts.Start(t)
	p.Run(newOutbox(p).Run)
	s := p.Triaged("m-1")
	s.Consented(time.Time{}, police, health, schools)
	s.Asked(police, health, schools)
	due := parts.Await[*eventpb.InformationRequested](p, s.Stream, 1)[0].GetQuestions()[0].GetDue().GetDueAt()
	for _, agency := range []struct{ id, nhs, upn string }{{police, "", ""}, {health, parts.NHSNumber, ""}, {schools, "", parts.UPN}} {
		sent := p.Partner(agency.id).Next()
		if want := "mash.out." + agency.id + ".information-request.v1"; sent.Subject != want {
			t.Errorf("%s: the subject is %s, want %s", agency.id, sent.Subject, want)
		}
		got := request(p, sent)
		want := &intakepb.InformationRequest{
			ContactId: s.ID, HubReference: got.GetHubReference(), RequestId: "r1", Agency: agency.id, Notice: "request",
			Subjects: []*intakepb.RequestSubject{{
				SubjectId: "s1", GivenName: "Amina", FamilyName: "Sample", DateOfBirth: "2017-05-04", NhsNumber: agency.nhs, Upn: agency.upn,
				Address: &intakepb.Address{Lines: []string{"1 Example Road"}, Postcode: "CT1 1AA"},
			}},
			Categories: []string{"police-and-offending"}, Purposes: []string{"safeguarding-assessment"},
			Question: "What is known of the last six months?", Status: "triaged", Authority: []string{"consent"}, DueAt: due,
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || len(got.GetHubReference()) < 9 {
			t.Errorf("%s is told (-want +got):\n%s", agency.id, diff)
		}
	}
	if out := p.Out("kent-housing"); len(out) != 0 {
		t.Errorf("an agency that was not asked has %d messages", len(out))
	}
}

// The end of the consent takes the question back, and tells nothing more about the child.
func TestHUB02_AWithdrawnConsentTakesTheQuestionBack(t *testing.T) {
	p := parts.Start(t)
	p.Run(newOutbox(p).Run)
	s := p.Triaged("m-1")
	s.Consented(time.Time{}, health)
	s.Asked(health)
	partner := p.Partner(health)
	if got := request(p, partner.Next()); got.GetNotice() != "request" {
		t.Fatalf("the first message is a %s, want a request", got.GetNotice())
	}
	s.Withdrawn()
	got := request(p, partner.Next())
	want := &intakepb.InformationRequest{ContactId: s.ID, HubReference: got.GetHubReference(), RequestId: "r1", Agency: health, Notice: "cancellation"}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("the cancellation (-want +got):\n%s", diff)
	}
}

// What lost its authority before it could be sent is not sent.
func TestHUB02_WhatIsCoveredNoMoreIsWithheld(t *testing.T) {
	p := parts.Start(t)
	taken := p.Triaged("m-1")
	taken.Consented(time.Time{}, health)
	taken.Asked(health)
	taken.Withdrawn()
	over := p.Triaged("m-2")
	over.Consented(parts.Monday.Add(time.Hour), health)
	over.Asked(health)
	p.Clock.Set(parts.Monday.Add(time.Hour)) // nobody has recorded that it is over
	still := p.Triaged("m-3")
	still.Consented(time.Time{}, health)
	still.Asked(health)
	p.Run(newOutbox(p).Run)
	partner := p.Partner(health)
	for _, want := range []struct{ contact, notice string }{{taken.ID, "cancellation"}, {still.ID, "request"}} {
		if got := request(p, partner.Next()); got.GetContactId() != want.contact || got.GetNotice() != want.notice {
			t.Errorf("got a %s of %s, want a %s of %s", got.GetNotice(), got.GetContactId(), want.notice, want.contact)
		}
	}
}

// A response tells the referrer what they may know at its level (KEN-15).
func TestSOT05_TheReferrerGetsTheResponse(t *testing.T) {
	p := parts.Start(t)
	p.Run(newOutbox(p).Run)
	partner := p.Partner(police)
	for level, subjects := range map[string][]*intakepb.OutcomeOfSubject{
		"outcome": {{SubjectId: "s1", Outcome: "no-further-action"}, {SubjectId: "s2", Outcome: "no-further-action"}},
		"receipt": nil,
	} {
		s := p.Triaged("m-" + level)
		s.Do(access.TeamManager, contact.Allocate{Worker: "person-social-worker"})
		s.Do(access.SocialWorker, contact.DecideContact{
			Outcomes: []contact.Outcome{
				{Subject: "s1", Outcome: "no-further-action", Level: 1}, {Subject: "s2", Outcome: "no-further-action", Level: 1},
			},
			Rationale: "The school and the parents have a plan that holds.",
		})
		s.Do(access.TeamManager, contact.SignOff{DecisionID: "d1"})
		s.Do(access.SocialWorker, contact.AnswerReferrer{DecisionID: "d1", Level: level, Response: "Thank you. It was looked at."})
		got := parts.Decode(p, partner.Next(), &intakepb.Outcome{})
		want := &intakepb.Outcome{
			ContactId: s.ID, HubReference: got.GetHubReference(), Reference: "REF-m-" + level, DecisionId: "d1", Agency: police, Level: level,
			Response: "Thank you. It was looked at.", Subjects: subjects, DecidedAt: timestamppb.New(parts.Monday),
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("at level %s (-want +got):\n%s", level, diff)
		}
	}
}
