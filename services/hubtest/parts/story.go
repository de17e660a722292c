package parts

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
)

// A Story is one contact on its way, told by commands.
type Story struct {
	// ID is the contact's uuid, Stream its stream.
	ID, Stream string

	p        *Parts
	casework *casework.Service
	steps    int
}

// The children of every story.
const (
	NHSNumber = "9990000018"
	UPN       = "H801200001001"
)

// Received puts a contact of the police about two children on record.
func (p *Parts) Received(messageID string) *Story {
	p.t.Helper()
	r := contact.Receive{
		Agency: "kent-police", Source: "urn:test", MessageID: messageID, Reference: "REF-" + messageID, WorkType: "police-contact", SourceCode: "6",
		Children: []contact.Child{
			{Person: &eventpb.Child{GivenName: "Amina", FamilyName: "Sample", DateOfBirth: &eventpb.PartialDate{Value: "2017-05-04"}, NhsNumber: NHSNumber, Upn: UPN,
				Address: &eventpb.Address{Lines: []string{"1 Example Road"}, Postcode: "CT1 1AA"}}},
			{Person: &eventpb.Child{GivenName: "Bilal", FamilyName: "Sample"}},
		},
		Referrer: &eventpb.Referrer{Name: "PC 4711", Phones: []string{"01632 960000"}}, Reason: "Found alone at home at night.",
		Consent: contact.Consent{Stance: "not-known"},
	}
	s := &Story{ID: contact.ID(r.Agency, r.Source, r.MessageID).String(), p: p, casework: p.Casework()}
	s.Stream = contact.Stream(s.ID)
	_, err := s.casework.ReceiveContact(p.Context(), r, casework.Origin{
		Actor: "agency:kent-police", Role: string(access.AgencySystem), Agency: r.Agency,
		RequestID: contact.Key(r.Agency, r.Source, r.MessageID), RequestHash: hash(messageID),
	})
	p.must(err)
	return s
}

// Triaged has a manager rate a received contact amber.
func (p *Parts) Triaged(messageID string) *Story {
	p.t.Helper()
	s := p.Received(messageID)
	s.Do(access.TeamManager, contact.Triage{Rating: "amber", Actions: []string{"agency-checks"}})
	return s
}

// Do carries out a command in a role, and fails the test when it is refused.
func (s *Story) Do(role access.Role, cmd contact.Command) casework.Result {
	s.p.t.Helper()
	s.steps++
	request := fmt.Sprintf("%s-%d", s.ID, s.steps)
	o := casework.Origin{Actor: "person-" + string(role), Role: string(role), RequestID: request, RequestHash: hash(request)}
	if role == access.AgencySystem {
		o.Actor = "agency:test"
	}
	result, err := s.casework.HandleContact(s.p.Context(), s.ID, cmd, o, nil)
	if err != nil {
		s.p.t.Fatalf("%T: %v", cmd, err)
	}
	return result
}

// Scope covers the first child for those agencies.
func Scope(agencies ...string) *eventpb.Scope {
	return &eventpb.Scope{
		Subjects: []string{"s1"}, Purposes: []string{"safeguarding-assessment"}, Agencies: agencies, Categories: []string{"police-and-offending"},
	}
}

// Consented records a mother's consent for those agencies, until expires; the zero time is without end.
func (s *Story) Consented(expires time.Time, agencies ...string) {
	s.p.t.Helper()
	s.Do(access.SocialWorker, contact.RecordHolder{
		Holder: &eventpb.Holder{Name: "Ngozi Sample", Relationship: "mother"}, Subjects: []string{"s1"}, Basis: "mother",
	})
	s.Do(access.SocialWorker, contact.RecordConsent{
		HolderID: "p1", Stance: "given", Scope: Scope(agencies...), AskedBy: "person-1", Asked: s.now(), How: "telephone",
		Evidence: "note-of-conversation", ExpiresAt: expires,
	})
}

// Withdrawn takes the consent back.
func (s *Story) Withdrawn() {
	s.p.t.Helper()
	s.Do(access.SocialWorker, contact.WithdrawConsent{ConsentID: "c1", Withdrawn: s.now(), How: "telephone"})
}

// Asked asks those agencies about the first child.
func (s *Story) Asked(agencies ...string) {
	s.p.t.Helper()
	ask := contact.RequestInformation{
		Mode: "targeted", Purposes: []string{"safeguarding-assessment"}, Words: "What is known of the last six months?", Status: practice.StatusTriaged,
	}
	for _, a := range agencies {
		ask.Questions = append(ask.Questions, contact.Ask{Agency: a, Subjects: []string{"s1"}, Categories: []string{"police-and-offending"}})
	}
	s.Do(access.SocialWorker, ask)
}

func (s *Story) now() *eventpb.Occurrence {
	return &eventpb.Occurrence{At: timestamppb.New(s.p.Clock.Now()), Precision: "instant"}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
