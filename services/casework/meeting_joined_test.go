package casework_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// receivedAs puts a contact about that child on record.
func (p *parts) receivedAs(s *casework.Service, id string, who *eventpb.Child) (contactID string) {
	p.t.Helper()
	m := message(id)
	m.Children[0].Person = who
	_, err := s.ReceiveContact(p.t.Context(), m, from(m, "first"))
	p.must(err)
	return contact.ID(m.Agency, m.Source, m.MessageID).String()
}

// enquiringIn gives the meeting by which, as a contact knows it, enquiries about its child run; empty: none do.
func (p *parts) enquiringIn(contactID string) string {
	p.t.Helper()
	state := contact.Initial()
	for _, r := range p.events(contact.Stream(contactID)) {
		var err error
		state, err = contact.Evolve(state, r.Message)
		p.must(err)
	}
	return state.EnquiryMeeting("s1")
}

// joined starts enquiries at a first meeting, and has two others join them: the second knows the child by both numbers, the third by the one that
// the first does not know. Each is about a contact of its own.
func (p *parts) joined(s *casework.Service) (meetings, contacts []string) {
	p.t.Helper()
	for i, who := range []*eventpb.Child{{GivenName: "A", NhsNumber: nhs1}, {GivenName: "A", NhsNumber: nhs1, Upn: upn1}, {GivenName: "A", Upn: upn1}} {
		contacts = append(contacts, p.receivedAs(s, "m-"+string(rune('a'+i)), who))
		meeting, _ := p.proposed(s, "r-"+string(rune('a'+i)), about(contacts[i]))
		p.convened(s, meeting)
		p.concluded(s, meeting, []string{"section-47", "section-47-continues", "section-47-continues"}[i])
		meetings = append(meetings, meeting)
	}
	for i, id := range contacts {
		if p.enquiringIn(id) != meetings[i] {
			p.t.Fatalf("contact %d knows of enquiries by %q, want %s", i, p.enquiringIn(id), meetings[i])
		}
	}
	return meetings, contacts
}

// Enquiries end on the meeting that started them: the contacts of every meeting that joined them hear of it, each once.
func TestWT03_TheEndOfEnquiriesReachesWhoJoinedThem(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		meetings, contacts := p.joined(p.hub())
		_, err := p.hub().HandleMeeting(t.Context(), meetings[0], strategymeeting.ConcludeEnquiries{ChildID: "s1", Outcome: "no-further-action", Rationale: "Explained."}, manager("end"), nil)
		p.must(err)
		p.must(p.hub().TellOfMeeting(t.Context(), meetings[0]))
		p.checkEnded(meetings, contacts)
	})
}

// One of those that joined ends them: it is brought to where they were started, and from there to the others.
func TestWT03_AMeetingThatJoinedEndsThemForAll(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		meetings, contacts := p.joined(p.hub())
		last, _ := p.proposed(p.hub(), "r-last", about(contacts[2]))
		p.convened(p.hub(), last)
		p.concluded(p.hub(), last, "section-47-ends")
		p.must(p.hub().TellOfMeeting(t.Context(), meetings[0])) // as process does for the end that is now on record there
		p.checkEnded(meetings[:2], contacts[:2])
		if got := p.enquiringIn(contacts[2]); got != "" {
			t.Errorf("the contact of the meeting that ended them knows of enquiries by %s", got)
		}
	})
}

// The meeting's own contacts are told late, of a conclusion after which the enquiries have ended already: they hear that too.
func TestWT03_WhoIsToldLateHearsOfTheEnd(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		one, two := p.receivedOf(s, "m-1", nhs1), p.receivedOf(s, "m-2", nhs1)
		first, _ := p.proposed(s, "r-1", about(one))
		other, _ := p.proposed(s, "r-2", about(two))
		p.convened(s, first)
		p.convened(s, other)
		p.concluded(s, first, "section-47")
		p.onRecordAlone(other, first)
		_, err := p.hub().HandleMeeting(t.Context(), first, strategymeeting.ConcludeEnquiries{ChildID: "s1", Outcome: "no-further-action", Rationale: "Explained."}, manager("end"), nil)
		p.must(err)
		p.must(p.hub().TellOfMeeting(t.Context(), other))
		if got := p.enquiringIn(two); got != "" {
			t.Errorf("the contact knows of enquiries by %s, and they have ended", got)
		}
	})
}

// onRecordAlone concludes a meeting, which joins the enquiries of another, as a hub does that is cut off before it tells anybody.
func (p *parts) onRecordAlone(meeting, starter string) {
	p.t.Helper()
	c, state := p.conclusion("section-47-continues"), p.meetingState(meeting)
	c.Enquiries = p.meetingState(starter).Running()
	profile, err := practice.Builtin()
	p.must(err)
	events, err := strategymeeting.Decide(strategymeeting.Under(c, strategymeeting.Setting{Now: p.clock.Now(), Profile: profile, Role: access.TeamManager, Actor: "p-1"}), state)
	p.must(err)
	_, err = p.store.Append(p.t.Context(), strategymeeting.Stream(meeting), eventstore.Exactly(state.Revision),
		eventstore.Metadata{Actor: "p-1", Role: string(access.TeamManager), RecordedAt: p.clock.Now()}, eventstore.Event{ID: uuid.New(), Message: events[0]})
	p.must(err)
}

func (p *parts) checkEnded(meetings, contacts []string) {
	p.t.Helper()
	for i, id := range contacts {
		if got := p.enquiringIn(id); got != "" {
			p.t.Errorf("contact %d knows of enquiries by %s, and they have ended", i, got)
		}
		var how []string
		for _, r := range p.events(contact.Stream(id)) {
			if e, ok := r.Message.(*eventpb.StrategyMeetingSettled); ok && e.GetMeetingId() == meetings[i] {
				how = append(how, e.GetHow())
			}
		}
		if want := []string{"concluded", "enquiries-ended"}; !slices.Equal(how, want) {
			p.t.Errorf("contact %d heard %v of its meeting, want %v", i, how, want)
		}
	}
}

// A meeting was proposed while enquiries ran, and they have ended before it is held: it says neither that they go on nor that they end, and may start new
// ones, under a clock of their own.
func TestWT03_EnquiriesThatEndedBeforeTheMeetingWasHeldRunNoMore(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		for i, tc := range []struct {
			outcome string
			allowed bool
		}{{"section-47-continues", false}, {"section-47-ends", false}, {"assessment", true}, {"section-47", true}} {
			s, number := p.hub(), nhsNumber(500+i)
			first, _ := p.proposed(s, "first "+tc.outcome, about(p.receivedOf(s, "m-1-"+tc.outcome, number)))
			p.convened(s, first)
			p.concluded(s, first, "section-47")
			two := p.receivedOf(s, "m-2-"+tc.outcome, number)
			next, e := p.proposed(s, "next "+tc.outcome, about(two))
			if len(e.GetEnquiries()) != 1 {
				t.Fatalf("%s: the next meeting carries %v", tc.outcome, e.GetEnquiries())
			}
			p.convened(s, next)
			_, err := s.HandleMeeting(t.Context(), first, strategymeeting.ConcludeEnquiries{ChildID: "s1", Outcome: "no-further-action", Rationale: "Explained."}, manager("end "+tc.outcome), nil)
			p.must(err)
			_, err = p.hub().ConcludeMeeting(t.Context(), next, p.conclusion(tc.outcome), manager("conclude "+tc.outcome), nil)
			if tc.allowed != (err == nil) || err != nil && !refusedFor(err, strategymeeting.ReasonInvalidCommand) {
				t.Errorf("%s: got %v, want it allowed %t", tc.outcome, err, tc.allowed)
				continue
			}
			if started := tc.outcome == "section-47"; started != (p.enquiringIn(two) == next) || !started && p.enquiringIn(two) != "" {
				t.Errorf("%s: the contact knows of enquiries by %q", tc.outcome, p.enquiringIn(two))
			}
			if running := p.meetingState(next).Running(); tc.outcome == "section-47" && (len(running) != 1 || running[0].GetMeetingId() != next) {
				t.Errorf("%s: the enquiries that run are %v, want its own", tc.outcome, running)
			}
		}
	})
}
