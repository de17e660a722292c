package parts

import (
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
)

// Telephoned puts a call of a school on record, held now: its written form is due in 48 hours. The name tells calls apart.
func (p *Parts) Telephoned(name string) *Story {
	p.t.Helper()
	s := &Story{ID: casework.ConversationID(name).String(), p: p, casework: p.Casework()}
	s.Stream = contact.Stream(s.ID)
	_, err := s.casework.RecordConversation(p.Context(), contact.RecordConversation{
		Receive: contact.Receive{
			Agency: "kent-schools", Reference: "DSL-7", Source: "urn:test", MessageID: name, WorkType: "request-for-support", SourceCode: "2A",
			Children: []contact.Child{{Person: &eventpb.Child{GivenName: "Amina", FamilyName: "Sample", DateOfBirth: &eventpb.PartialDate{Value: "2017-05-04"}}}},
			Referrer: &eventpb.Referrer{Name: "Pat Field", Phones: []string{"01632 960000"}}, Reason: "Often comes without lunch.",
			Consent: contact.Consent{Stance: "not-known", FamilyKnows: "yes", AgreesToEngage: "not-known"},
		},
		Channel: "telephone", HeldAt: p.Clock.Now(),
	}, casework.Origin{Actor: "worker-1", Role: string(access.SocialWorker), RequestID: name, RequestHash: hash(name)})
	p.must(err)
	return s
}

// Attended puts a police contact about domestic abuse on record: s1 is at a school of kent-schools, of s2 no school is known.
func (p *Parts) Attended(messageID string) *Story {
	p.t.Helper()
	r := contact.Receive{
		Agency: "kent-police", Source: "urn:test", MessageID: messageID, Reference: "46/12345/26", WorkType: "domestic-abuse-notification", SourceCode: "6",
		Children: []contact.Child{
			{Person: &eventpb.Child{GivenName: "Amina", FamilyName: "Sample"}, School: contact.SchoolSetting{Kind: "school", Agency: "kent-schools"}},
			{Person: &eventpb.Child{GivenName: "Bilal", FamilyName: "Sample"}},
		},
		Referrer: &eventpb.Referrer{Name: "PC 4711", Phones: []string{"01632 960000"}}, Reason: "Officers attended.", Consent: contact.Consent{Stance: "not-known"},
		DomesticAbuse: &contact.Abuse{PoliceReference: "46/DA/77/26", RiskGrade: "high", Occurred: &eventpb.Occurrence{Precision: "unknown"},
			Location: "1 Example Road", Circumstances: "A quarrel between adults."},
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
