package casework_test

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

func worker(request string) casework.Origin { return by("w-1", string(access.SocialWorker), request) }

// about is a proposal for children of contacts, each the first of its contact.
func about(contacts ...string) casework.Proposal {
	p := casework.Proposal{SignificantHarm: "at-risk", Threshold: "Bruises that nobody explains.", BeforeDecision: true}
	for _, id := range contacts {
		p.Children = append(p.Children, casework.ContactChild{ContactID: id, SubjectID: "s1"})
	}
	return p
}

// proposed puts a proposal on record and gives its event.
func (p *parts) proposed(s *casework.Service, request string, proposal casework.Proposal) (id string, e *eventpb.StrategyMeetingProposed) {
	p.t.Helper()
	result, id, err := s.ProposeMeeting(p.t.Context(), proposal, worker(request))
	p.must(err)
	return id, result.Events[0].(*eventpb.StrategyMeetingProposed)
}

// convened has a manager call a meeting for the clock's time.
func (p *parts) convened(s *casework.Service, id string) {
	p.t.Helper()
	_, err := s.HandleMeeting(p.t.Context(), id, strategymeeting.Call{
		Form: "discussion", At: p.clock.Now(), SignificantHarm: "present", Reasons: "The injury.", Briefing: "An injury.",
		Invitees: []strategymeeting.Invitee{{Agency: "front-door", Sector: "social-care"}, {Agency: "kent-police", Sector: "police"}, {Agency: "kent-health", Sector: "health"}},
	}, manager("call "+id), nil)
	p.must(err)
}

// conclusion is of a quorate discussion at the clock's time, with an outcome for each child.
func (p *parts) conclusion(outcomes ...string) strategymeeting.Conclude {
	c := strategymeeting.Conclude{Form: "discussion", HeldAt: p.clock.Now(), FamilyTold: "The mother is told.", Rationale: "The injury."}
	for _, a := range [][2]string{{"front-door", "social-care"}, {"kent-police", "police"}, {"kent-health", "health"}} {
		c.Present = append(c.Present, strategymeeting.Present{Agency: a[0], Sector: a[1], Person: strategymeeting.Person{Name: "N", Post: "P"}})
	}
	for i, outcome := range outcomes {
		o := strategymeeting.Outcome{ChildID: strategymeeting.ChildID(i), Outcome: outcome, Medical: "none", Protection: "none", OtherChildren: "none-known"}
		if outcome == "section-47" {
			o.Mode, o.SeenBy = "joint", "kent-police"
		}
		c.Outcomes = append(c.Outcomes, o)
	}
	return c
}

func (p *parts) concluded(s *casework.Service, id string, outcomes ...string) *eventpb.StrategyMeetingConcluded {
	p.t.Helper()
	result, err := s.ConcludeMeeting(p.t.Context(), id, p.conclusion(outcomes...), manager("conclude "+id), nil)
	p.must(err)
	return result.Events[0].(*eventpb.StrategyMeetingConcluded)
}

// last gives the last event of its type in a stream.
func last[E proto.Message](p *parts, stream string) (e E) {
	p.t.Helper()
	for _, r := range p.events(stream) {
		if one, ok := r.Message.(E); ok {
			e = one
		}
	}
	return e
}

// A family that no team knows has its meeting at the front door; a child whom the record knows as open takes it to that team, whatever the
// proposer knew.
func TestKEN18_WhoseMeetingItIs(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		known, _ := p.received(s, "m-1")
		if _, e := p.proposed(s, "r-1", about(known)); e.GetOwnerTeam() != "front-door" || e.GetChildren()[0].GetOpenTo() != "" || e.GetChildren()[0].GetChild().GetOpen().GetGivenName() != "Amina" {
			t.Errorf("a family that is open to nobody: %v", e)
		}
		p.record(s, "c-1", on(0, "C1", nhs1, "thanet-2"))
		if _, e := p.proposed(s, "r-2", about(known)); e.GetOwnerTeam() != "thanet-2" || e.GetChildren()[0].GetOpenTo() != "thanet-2" {
			t.Errorf("a child who is open since: %v", e)
		}
		by := func(number, team string) casework.Proposal {
			c := about()
			c.OpenCases = []*eventpb.MeetingChild{{OpenTo: team, Child: &eventpb.ChildPart{Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{GivenName: "Ben", CaseNumber: number}}}}}
			return c
		}
		for number, want := range map[string]string{"C1": "thanet-2", "C9": "dover-1"} {
			if _, e := p.proposed(s, "r-"+number, by(number, "dover-1")); e.GetOwnerTeam() != want {
				t.Errorf("a child of the case %s: the meeting is of %s, want %s", number, e.GetOwnerTeam(), want)
			}
		}
		_, _, err := s.ProposeMeeting(t.Context(), casework.Proposal{SignificantHarm: "at-risk", Threshold: "Bruises.", Children: []casework.ContactChild{{ContactID: known, SubjectID: "s9"}}}, worker("r-9"))
		if refusal, ok := errors.AsType[*domain.Refusal](err); !ok || refusal.Reason != casework.ReasonChildNotFound {
			t.Errorf("a child who is not on record: %v, want %s", err, casework.ReasonChildNotFound)
		}
	})
}

// A proposal sent again is the meeting it made, told of once.
func TestAProposalIsOnRecordOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		known, _ := p.received(s, "m-1")
		first, id, err := s.ProposeMeeting(t.Context(), about(known), worker("r-1"))
		p.must(err)
		again, same, err := p.hub().ProposeMeeting(t.Context(), about(known), worker("r-1"))
		p.must(err)
		if !again.Repeated || same != id || again.EventID != first.EventID || len(p.events(strategymeeting.Stream(id))) != 1 {
			t.Errorf("sent again it is %v of %s, want the first of %s again", again, same, id)
		}
		if n := len(p.events(contact.Stream(known))); n != 2 {
			t.Errorf("the contact has %d events, want its receipt and that it waits", n)
		}
		other := worker("r-1")
		other.RequestHash = hash("something else")
		if _, _, err := s.ProposeMeeting(t.Context(), about(known), other); err == nil {
			t.Error("the same request id for another proposal was taken")
		} else if _, reused := errors.AsType[*casework.ReusedError](err); !reused {
			t.Errorf("the same request id for another proposal: %v, want a ReusedError", err)
		}
	})
}

// The contact hears at once, so a decision that follows the proposal by a moment is held back, and one after the manager's no is not.
func TestKEN23_TheContactWaitsFromTheProposalOn(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "m-1")
		for i, c := range []contact.Command{triage("red"), contact.Allocate{Worker: "w-1"}} {
			_, err := s.HandleContact(t.Context(), id, c, manager(string(rune('a'+i))), nil)
			p.must(err)
		}
		meeting, _ := p.proposed(s, "r-1", about(id))
		decide := func(request string) error {
			_, err := p.hub().HandleContact(t.Context(), id, contact.DecideContact{Rationale: "The injury.",
				Outcomes: []contact.Outcome{{Subject: "s1", Outcome: "referral", Level: 4, Destination: "childrens-social-work"}}}, worker(request), nil)
			return err
		}
		if refusal, ok := errors.AsType[*domain.Refusal](decide("d-1")); !ok || refusal.Reason != contact.ReasonMeetingAwaited {
			t.Errorf("before the meeting: %v, want %s", refusal, contact.ReasonMeetingAwaited)
		}
		_, err := s.HandleMeeting(t.Context(), meeting, strategymeeting.Decline{Reason: "The injury is explained."}, manager("m-1"), nil)
		p.must(err)
		if err := decide("d-2"); err != nil {
			t.Errorf("after the manager declined: %v", err)
		}
	})
}

// A further meeting carries the enquiries on, with the date of the discussion that started them, also where nobody linked the two; when it
// ends them, that is on record where they began, and the contact hears of it.
func TestWT03_AFurtherMeetingMovesNoConference(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "m-1")
		first, _ := p.proposed(s, "r-1", about(id))
		p.convened(s, first)
		started := p.concluded(s, first, "section-47").GetOutcomes()[0].GetConference()
		p.clock.set(monday.AddDate(0, 0, 2))
		for i, follows := range []string{first, ""} {
			proposal := about(id)
			proposal.Follows = follows
			next, e := p.proposed(p.hub(), "r-next"+follows, proposal)
			if len(e.GetEnquiries()) != 1 || e.GetEnquiries()[0].GetMeetingId() != first || e.GetFollows() == "" {
				t.Fatalf("the meeting that follows %q carries %v", follows, e.GetEnquiries())
			}
			p.convened(s, next)
			outcome := []string{"section-47-continues", "section-47-ends"}[i]
			if got := p.concluded(s, next, outcome).GetOutcomes()[0].GetConference(); i == 0 && !proto.Equal(got, started) {
				t.Errorf("the conference is due %v, want %v as at first", got.GetDueAt().AsTime(), started.GetDueAt().AsTime())
			}
		}
		ended := last[*eventpb.EnquiriesConcluded](p, strategymeeting.Stream(first))
		if ended.GetOutcome() != "ended" || ended.GetEndedBy() == "" {
			t.Errorf("where they began is on record %v, want that a later meeting ended them", ended)
		}
		if got := last[*eventpb.StrategyMeetingSettled](p, contact.Stream(id)).GetOutcomes()[0].GetOutcome(); got != "section-47-ends" {
			t.Errorf("the contact heard %s last, want section-47-ends", got)
		}
		_, after := p.proposed(s, "r-after", about(id))
		if len(after.GetEnquiries()) != 0 {
			t.Errorf("a meeting after the end carries %v, want nothing", after.GetEnquiries())
		}
	})
}

// What was considered is named with its handling as it stands, and about whom of the meeting; what is on no contact of it is refused.
func TestHUB05_WhatWasConsideredKeepsItsHandling(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "m-1")
		elsewhere, _ := p.received(s, "m-2")
		for _, contactID := range []string{id, elsewhere} {
			share := contact.ShareInformation{Agency: "kent-police", Answer: "shared"}
			for _, secret := range []bool{true, false} {
				share.Statements = append(share.Statements, contact.Statement{Subjects: []string{"s1"}, Category: "police-and-offending", Kind: "fact", Source: "record",
					Words: "Seen twice.", Handling: contact.Handling{NotToAgencies: secret}})
			}
			_, err := s.ShareInformation(t.Context(), contactID, share, by("agency:kent-police", string(access.AgencySystem), "share "+contactID))
			p.must(err)
		}
		meeting, _ := p.proposed(s, "r-1", about(id))
		p.convened(s, meeting)
		c := p.conclusion("assessment")
		c.Considered = []strategymeeting.Considered{{Ref: &eventpb.Considered{ContactId: elsewhere, ShareId: "i1"}}, {Ref: &eventpb.Considered{ContactId: id, ShareId: "i7"}}}
		_, err := s.ConcludeMeeting(t.Context(), meeting, c, manager("c-1"), nil)
		if refusal, ok := errors.AsType[*domain.Refusal](err); !ok || refusal.Reason != casework.ReasonConsideredNotFound || len(refusal.Fields) != 2 {
			t.Errorf("what is on no contact of the meeting: %v, want %s for both", err, casework.ReasonConsideredNotFound)
		}
		c.Considered = []strategymeeting.Considered{{Ref: &eventpb.Considered{ContactId: id, ShareId: "i1"}}}
		_, err = s.ConcludeMeeting(t.Context(), meeting, c, manager("c-2"), nil)
		p.must(err)
		var secret []bool
		for _, one := range last[*eventpb.StrategyMeetingConcluded](p, strategymeeting.Stream(meeting)).GetConsidered() {
			secret = append(secret, one.GetHandling().GetNotToAgencies())
			if one.GetAgency() != "kent-police" || !slices.Equal(one.GetChildren(), []string{"s1"}) {
				t.Errorf("considered is %v", one)
			}
		}
		if !slices.Equal(secret, []bool{true, false}) {
			t.Errorf("not to agencies: %v, want true and false", secret)
		}
	})
}

// An agency names whom somebody stands in for; one whom it never named is asked about.
func TestWT04_SubstitutesAreFoundByName(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "m-1")
		meeting, _ := p.proposed(s, "r-1", about(id))
		p.convened(s, meeting)
		attend := func(request, agency string, who strategymeeting.Person) error {
			_, err := s.AnswerMeeting(t.Context(), meeting, strategymeeting.Answer{Agency: agency, Sector: "police", Answer: "attending", FromAgency: true,
				Attendees: []strategymeeting.Person{who}}, by("agency:"+agency, string(access.AgencySystem), request))
			return err
		}
		p.must(attend("a-1", "kent-police", strategymeeting.Person{Name: "DS Example", Post: "sergeant"}))
		p.must(attend("a-2", "kent-police", strategymeeting.Person{Name: "DC Sample", Post: "constable", SubstituteFor: "DS Example"}))
		if got := last[*eventpb.InvitationAnswered](p, strategymeeting.Stream(meeting)).GetAttendees()[0]; got.GetSubstituteFor() != "t1" {
			t.Errorf("the substitute stands in for %q, want t1", got.GetSubstituteFor())
		}
		err := attend("a-3", "met-police", strategymeeting.Person{Name: "DI Other", Post: "inspector", SubstituteFor: "DS Example"})
		if refusal, ok := errors.AsType[*domain.Refusal](err); !ok || refusal.Reason != casework.ReasonSubstituteUnknown {
			t.Errorf("a substitute for another agency's officer: %v, want %s", err, casework.ReasonSubstituteUnknown)
		}
	})
}
