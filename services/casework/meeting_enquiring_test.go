package casework_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/identifier"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// receivedOf puts a contact about a child with that NHS number on record.
func (p *parts) receivedOf(s *casework.Service, id, nhs string) (contactID string) {
	p.t.Helper()
	m := message(id)
	m.Children[0].Person = &eventpb.Child{GivenName: "Amina", NhsNumber: nhs}
	_, err := s.ReceiveContact(p.t.Context(), m, from(m, "first"))
	p.must(err)
	return contact.ID(m.Agency, m.Source, m.MessageID).String()
}

// ofCase is a proposal about a child of an open case, who came by no contact.
func ofCase(who *eventpb.Child) casework.Proposal {
	proposal := about()
	proposal.OpenCases = []*eventpb.MeetingChild{{OpenTo: "thanet-2", Child: &eventpb.ChildPart{Part: &eventpb.ChildPart_Open{Open: who}}}}
	return proposal
}

func born(day, nhs, caseNumber string) *eventpb.Child {
	return &eventpb.Child{GivenName: "Ben", DateOfBirth: &eventpb.PartialDate{Value: day}, NhsNumber: nhs, CaseNumber: caseNumber}
}

// Enquiries about a child run once, by whatever contact or case a further meeting came: one that was proposed before they were started, and
// one after that nobody linked to the first, both carry the first one's conference clock.
func TestWT03_EnquiriesAreFoundByTheChildsNumbers(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		one, two := p.receivedOf(s, "m-1", nhs1), p.receivedOf(s, "m-2", nhs1)
		for _, tc := range []struct {
			name          string
			first, second casework.Proposal
		}{
			{"two contacts with one NHS number", about(one), about(two)},
			{"an open case twice", ofCase(born("2017-05-04", "", "C7")), ofCase(born("2017", "", "C7"))},
			{"a contact, then a case", about(p.receivedOf(s, "m-3", nhs2)), ofCase(born("2017-05-04", nhs2, "C8"))},
		} {
			first, _ := p.proposed(s, "first: "+tc.name, tc.first)
			meanwhile, _ := p.proposed(s, "meanwhile: "+tc.name, tc.second)
			p.convened(s, first)
			p.convened(s, meanwhile)
			started := p.concluded(s, first, "section-47").GetOutcomes()[0].GetConference()
			p.clock.set(p.clock.Now().AddDate(0, 0, 2))
			next, e := p.proposed(p.hub(), "next: "+tc.name, tc.second)
			if len(e.GetEnquiries()) != 1 || e.GetEnquiries()[0].GetMeetingId() != first || e.GetFollows() != first {
				t.Fatalf("%s: the next meeting carries %v and follows %q, want the start of %s", tc.name, e.GetEnquiries(), e.GetFollows(), first)
			}
			p.convened(s, next)
			for _, id := range []string{meanwhile, next} {
				if _, err := p.hub().ConcludeMeeting(t.Context(), id, p.conclusion("section-47"), manager("again "+id), nil); !refusedFor(err, strategymeeting.ReasonInvalidCommand) {
					t.Fatalf("%s: started a second time: got %v, want it refused", tc.name, err)
				}
				if got := p.concluded(p.hub(), id, "section-47-continues").GetOutcomes()[0].GetConference(); !proto.Equal(got, started) {
					t.Errorf("%s: the conference is due %v, want %v as at first", tc.name, got.GetDueAt().AsTime(), started.GetDueAt().AsTime())
				}
			}
		}
	})
}

// A case number alone does not make two children one: some authorities give one to a family, and two may give the same.
func TestWT03_ACaseNumberIsNoChild(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		first, _ := p.proposed(s, "r-1", ofCase(born("2017-05-04", nhs1, "C7")))
		p.convened(s, first)
		p.concluded(s, first, "section-47")
		for name, who := range map[string]*eventpb.Child{"born on another day": born("2015-01-02", "", "C7"), "of another NHS number": born("2017-05-04", nhs2, "C7")} {
			if _, e := p.proposed(s, "r "+name, ofCase(who)); len(e.GetEnquiries()) != 0 || e.GetFollows() != "" {
				t.Errorf("a child %s: carries %v", name, e.GetEnquiries())
			}
		}
	})
}

// Enquiries that ended are found and run no more: the next meeting starts new ones. Told again of, a meeting is noted once.
func TestWT03_EnquiriesThatEndedAreNotCarried(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		one, two := p.receivedOf(s, "m-1", nhs1), p.receivedOf(s, "m-2", nhs1)
		first, _ := p.proposed(s, "r-1", about(one))
		p.convened(s, first)
		p.concluded(s, first, "section-47")
		p.must(p.hub().TellOfMeeting(t.Context(), first))
		if n := count[*eventpb.EnquiriesNoted](p, identifier.Stream(p.ring.Pseudonym(identifier.NHSNumber, nhs1))); n != 1 {
			t.Errorf("noted %d times, want once", n)
		}
		_, err := s.HandleMeeting(t.Context(), first, strategymeeting.ConcludeEnquiries{ChildID: "s1", Outcome: "no-further-action", Rationale: "Explained."}, manager("end"), nil)
		p.must(err)
		next, e := p.proposed(p.hub(), "r-2", about(two))
		if len(e.GetEnquiries()) != 0 || e.GetFollows() != "" {
			t.Errorf("after the end it carries %v", e.GetEnquiries())
		}
		p.convened(s, next)
		if p.concluded(s, next, "section-47").GetOutcomes()[0].GetConference() == nil {
			t.Error("new enquiries have no conference")
		}
	})
}
