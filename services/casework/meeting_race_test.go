package casework_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

func refusedFor(err error, reason string) bool {
	refusal, ok := errors.AsType[*domain.Refusal](err)
	return ok && refusal.Reason == reason
}

// meetingState folds what is on record of a meeting.
func (p *parts) meetingState(id string) strategymeeting.State {
	p.t.Helper()
	state := strategymeeting.Initial()
	for _, r := range p.events(strategymeeting.Stream(id)) {
		var err error
		state, err = strategymeeting.Evolve(state, r.Message)
		p.must(err)
	}
	return state
}

// count counts the events of a type in a stream.
func count[E any](p *parts, stream string) (n int) {
	p.t.Helper()
	for _, r := range p.events(stream) {
		if _, ok := any(r.Message).(E); ok {
			n++
		}
	}
	return n
}

// Two chairs record the same meeting at once, each with another decision, through one hub or through two: one of them stands, the other
// hears that it is over, and the contact hears the one that stands.
func TestWT04_OfTwoChairsWhoConcludeAtOnceOneIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		outcomes := []string{"section-47", "no-further-action"}
		won := map[string]int{}
		for round := range 6 {
			s := p.hub()
			id := p.receivedOf(s, fmt.Sprintf("m-%d", round), nhsNumber(100+round)) // a child of its own, or enquiries would run already
			meeting, _ := p.proposed(s, fmt.Sprintf("r-%d", round), about(id))
			p.convened(s, meeting)
			var done, refused atomic.Int32
			at(p, 1+round%2, 2, func(i int, s *casework.Service) {
				_, err := s.ConcludeMeeting(t.Context(), meeting, p.conclusion(outcomes[i]), by(fmt.Sprintf("chair-%d", i), string(access.TeamManager), fmt.Sprintf("c-%d-%d", round, i)), nil)
				switch {
				case err == nil:
					done.Add(1)
				case refusedFor(err, strategymeeting.ReasonMeetingOver):
					refused.Add(1)
				default:
					t.Errorf("got %v", err)
				}
			})
			stands := last[*eventpb.StrategyMeetingConcluded](p, strategymeeting.Stream(meeting)).GetOutcomes()[0].GetOutcome()
			if done.Load() != 1 || refused.Load() != 1 || count[*eventpb.StrategyMeetingConcluded](p, strategymeeting.Stream(meeting)) != 1 {
				t.Fatalf("round %d: %d concluded and %d were refused, want 1 and 1", round, done.Load(), refused.Load())
			}
			if n := count[*eventpb.StrategyMeetingSettled](p, contact.Stream(id)); n != 1 {
				t.Errorf("round %d: the contact heard %d times, want once", round, n)
			}
			if heard := last[*eventpb.StrategyMeetingSettled](p, contact.Stream(id)).GetOutcomes()[0].GetOutcome(); heard != stands {
				t.Errorf("round %d: the contact heard %s, and %s stands", round, heard, stands)
			}
			won[stands]++
		}
		t.Logf("stands: %v", won)
	})
}

// A chair who says what they saw is told when somebody was faster.
func TestAChairWhoSawAnOlderMeetingConflicts(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "m-1")
		meeting, _ := p.proposed(s, "r-1", about(id))
		p.convened(s, meeting)
		saw := p.meetingState(meeting).Revision
		_, err := p.hub().HandleMeeting(t.Context(), meeting, strategymeeting.Widen{Invitees: []strategymeeting.Invitee{{Agency: "kent-schools", Sector: "education"}}}, manager("w-1"), nil)
		p.must(err)
		_, err = s.ConcludeMeeting(t.Context(), meeting, p.conclusion("assessment"), manager("c-1"), &saw)
		if _, conflicts := errors.AsType[*casework.ConflictError](err); !conflicts {
			t.Errorf("got %v, want a ConflictError", err)
		}
		now := saw + 1
		_, err = s.ConcludeMeeting(t.Context(), meeting, p.conclusion("assessment"), manager("c-2"), &now)
		p.must(err)
	})
}

// Eight agencies answer while the chair concludes, over three hubs: every answer is on record once and under ids of its own, those that came
// after the end are marked, and the record of who was absent says of each what it had said by then.
func TestHUB03_AnswersThatRaceWithTheConclusionAreKept(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "m-1")
		meeting, _ := p.proposed(s, "r-1", about(id))
		p.convened(s, meeting)
		var others []strategymeeting.Invitee
		for i := range 8 {
			others = append(others, strategymeeting.Invitee{Agency: fmt.Sprintf("school-%d", i), Sector: "education"})
		}
		_, err := s.HandleMeeting(t.Context(), meeting, strategymeeting.Widen{Invitees: others}, worker("w-1"), nil)
		p.must(err)
		at(p, 3, len(others)+1, func(i int, s *casework.Service) {
			if i == len(others) {
				_, err := s.ConcludeMeeting(t.Context(), meeting, p.conclusion("assessment"), manager("c-1"), nil)
				if err != nil {
					t.Errorf("conclude: %v", err)
				}
				return
			}
			one := others[i]
			answer := strategymeeting.Answer{Agency: one.Agency, Sector: one.Sector, Answer: "attending", FromAgency: true, Attendees: []strategymeeting.Person{{Name: "N", Post: "Head"}}}
			if _, err := s.AnswerMeeting(t.Context(), meeting, answer, by("agency:"+one.Agency, string(access.AgencySystem), fmt.Sprintf("a-%d", i))); err != nil {
				t.Errorf("%s: %v", one.Agency, err)
			}
		})
		checkAnswersInOrder(t, p, meeting)
	})
}

func checkAnswersInOrder(t *testing.T, p *parts, meeting string) {
	t.Helper()
	said, ids, over, after := map[string]bool{}, map[string]bool{}, false, 0
	for _, r := range p.events(strategymeeting.Stream(meeting)) {
		switch e := r.Message.(type) {
		case *eventpb.InvitationAnswered:
			if attendee := e.GetAttendees()[0].GetAttendeeId(); ids[attendee] {
				t.Errorf("two people have the id %s", attendee)
			} else {
				ids[attendee] = true
			}
			if e.GetAfterEnd() != over {
				t.Errorf("%s at revision %d: after the end %t, want %t", e.GetAgency(), r.Revision, e.GetAfterEnd(), over)
			}
			said[e.GetAgency()] = true
			if over {
				after++
			}
		case *eventpb.StrategyMeetingConcluded:
			over = true
			for _, present := range e.GetPresent() {
				ids[present.GetAttendeeId()] = true
			}
			for _, a := range e.GetAbsences() {
				if a.GetExpected() != said[a.GetAgency()] {
					t.Errorf("%s was expected %t, and had answered %t", a.GetAgency(), a.GetExpected(), said[a.GetAgency()])
				}
			}
		}
	}
	if !over || len(said) != 8 {
		t.Errorf("concluded %t, %d agencies on record, want all 8", over, len(said))
	}
	t.Logf("%d of 8 answers came after the end", after)
}

// An agency that confirms after the meeting is on record and answered, changes nothing of it, and is no reason to send the answer again.
func TestHUB03_AnAgencyThatConfirmsAfterTheMeeting(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "m-1")
		meeting, _ := p.proposed(s, "r-1", about(id))
		p.convened(s, meeting)
		p.concluded(s, meeting, "assessment")
		before := p.meetingState(meeting)
		answer := strategymeeting.Answer{Agency: "kent-police", Sector: "police", Answer: "attending", FromAgency: true, Attendees: []strategymeeting.Person{{Name: "DS Example", Post: "sergeant"}}}
		for _, request := range []string{"a-1", "a-1", "a-2"} {
			_, err := p.hub().AnswerMeeting(t.Context(), meeting, answer, by("agency:kent-police", string(access.AgencySystem), request))
			p.must(err)
		}
		after := p.meetingState(meeting)
		if n := count[*eventpb.InvitationAnswered](p, strategymeeting.Stream(meeting)); n != 1 || !after.Answers[0].Event.GetAfterEnd() {
			t.Errorf("%d answers on record, want one that is marked", n)
		}
		if after.Stage != before.Stage || len(after.Present) != len(before.Present) || after.Invitees[1].Answer != "" {
			t.Errorf("the answer changed the meeting: %+v", after.Invitees)
		}
	})
}

// Three children of three contacts: enquiries start for one of them. A decision for that one alone is refused and changes nothing; with an
// outcome for each, every contact hears of its own child and of no other.
func TestWT05_ADecisionForOneOfThreeChildrenOnly(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		var contacts []string
		for i := range 3 {
			id, _ := p.received(s, fmt.Sprintf("m-%d", i))
			contacts = append(contacts, id)
		}
		meeting, _ := p.proposed(s, "r-1", about(contacts...))
		p.convened(s, meeting)
		alone := p.conclusion("assessment", "section-47")
		alone.Outcomes = alone.Outcomes[1:]
		if _, err := s.ConcludeMeeting(t.Context(), meeting, alone, manager("c-1"), nil); !refusedFor(err, strategymeeting.ReasonInvalidCommand) {
			t.Fatalf("for one child alone: got %v, want it refused", err)
		}
		for i, id := range contacts {
			if n := count[*eventpb.StrategyMeetingSettled](p, contact.Stream(id)); n != 0 {
				t.Errorf("contact %d waits no longer, and nothing was decided", i)
			}
		}
		p.concluded(s, meeting, "assessment", "section-47", "no-further-action")
		for i, want := range []string{"assessment", "section-47", "no-further-action"} {
			heard := last[*eventpb.StrategyMeetingSettled](p, contact.Stream(contacts[i])).GetOutcomes()
			if len(heard) != 1 || heard[0].GetSubjectId() != "s1" || heard[0].GetOutcome() != want || (heard[0].GetConference() != nil) != (want == practice.EnquiriesStart) {
				t.Errorf("contact %d heard %v, want %s of its own child", i, heard, want)
			}
		}
		if running := p.meetingState(meeting).Running(); len(running) != 1 || running[0].GetChildId() != "s2" {
			t.Errorf("enquiries run about %v, want s2 alone", running)
		}
	})
}

// A meeting that is moved twice, by two at once: both moves are on record in an order, everybody is asked again, and the day that it was due
// stays where it was.
func TestAMeetingMovedTwiceAtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "m-1")
		meeting, _ := p.proposed(s, "r-1", about(id))
		p.convened(s, meeting)
		due := p.meetingState(meeting).Due
		answer := strategymeeting.Answer{Agency: "kent-police", Sector: "police", Answer: "attending", FromAgency: true, Attendees: []strategymeeting.Person{{Name: "DS Example", Post: "sergeant"}}}
		_, err := s.AnswerMeeting(t.Context(), meeting, answer, by("agency:kent-police", string(access.AgencySystem), "a-1"))
		p.must(err)
		at(p, 2, 2, func(i int, s *casework.Service) {
			move := strategymeeting.Move{At: monday.Add(time.Duration(24*(i+2)) * time.Hour), Form: "meeting", Reason: "Nobody can."}
			if _, err := s.HandleMeeting(t.Context(), meeting, move, worker(fmt.Sprintf("v-%d", i)), nil); err != nil {
				t.Errorf("move %d: %v", i, err)
			}
		})
		state := p.meetingState(meeting)
		if state.Moved != 2 || !state.At.Equal(last[*eventpb.StrategyMeetingMoved](p, strategymeeting.Stream(meeting)).GetAt().AsTime()) {
			t.Errorf("moved %d times to %s", state.Moved, state.At)
		}
		if state.Invitees[1].Answer != "" || !state.Due.GetDueAt().AsTime().Equal(due.GetDueAt().AsTime()) {
			t.Errorf("after the moves police said %q and it is due %s, want nothing and %s", state.Invitees[1].Answer, state.Due.GetDueAt().AsTime(), due.GetDueAt().AsTime())
		}
		p.clock.set(monday.Add(100 * time.Hour))
		late := p.conclusion("assessment")
		late.Form = "meeting"
		_, err = s.ConcludeMeeting(t.Context(), meeting, late, manager("c-1"), nil)
		p.must(err)
		if !p.meetingState(meeting).Late || !last[*eventpb.StrategyMeetingSettled](p, contact.Stream(id)).GetLate() {
			t.Error("held after its day, and neither the meeting nor the contact says so")
		}
	})
}

// The same request, sent ten times at once over three hubs, proposes one meeting, and one command is carried out once.
func TestAMeetingIsProposedAndCalledOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		id, _ := p.received(p.hub(), "m-1")
		at(p, 3, 10, func(i int, s *casework.Service) {
			if _, _, err := s.ProposeMeeting(t.Context(), about(id), worker("r-1")); err != nil {
				t.Errorf("proposal %d: %v", i, err)
			}
		})
		meeting := strategymeeting.ID("r-1").String()
		call := strategymeeting.Call{Form: "meeting", At: monday.Add(time.Hour), SignificantHarm: "present", Reasons: "The injury.", Briefing: "An injury.",
			Invitees: []strategymeeting.Invitee{{Agency: "front-door", Sector: "social-care"}, {Agency: "kent-police", Sector: "police"}, {Agency: "kent-health", Sector: "health"}}}
		at(p, 3, 10, func(i int, s *casework.Service) {
			if _, err := s.HandleMeeting(t.Context(), meeting, call, manager("call"), nil); err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		})
		if n := len(p.events(strategymeeting.Stream(meeting))); n != 2 {
			t.Errorf("%d events on record, want the proposal and the call", n)
		}
		if n := count[*eventpb.StrategyMeetingAwaited](p, contact.Stream(id)); n != 2 {
			t.Errorf("the contact was told %d times, want of the proposal and of the call", n)
		}
	})
}

// Two meetings about one child that know nothing of each other: enquiries start at the first that is held. The other cannot start them a second
// time, with a later conference; it says that they go on, and ends them where they were started.
func TestWT03_AParallelMeetingStartsNoSecondClock(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "m-1")
		first, _ := p.proposed(s, "r-1", about(id))
		other, _ := p.proposed(s, "r-2", about(id))
		p.convened(s, first)
		p.convened(s, other)
		started := p.concluded(s, first, "section-47").GetOutcomes()[0].GetConference()
		p.clock.set(monday.AddDate(0, 0, 3))
		if _, err := p.hub().ConcludeMeeting(t.Context(), other, p.conclusion("section-47"), manager("again"), nil); !refusedFor(err, strategymeeting.ReasonInvalidCommand) {
			t.Fatalf("started a second time: got %v, want it refused", err)
		}
		e := p.concluded(p.hub(), other, "section-47-continues")
		if len(e.GetEnquiries()) != 1 || e.GetEnquiries()[0].GetMeetingId() != first || !e.GetOutcomes()[0].GetConference().GetDueAt().AsTime().Equal(started.GetDueAt().AsTime()) {
			t.Errorf("the other meeting concluded with %v, due %v; want the first one's start", e.GetEnquiries(), e.GetOutcomes()[0].GetConference())
		}
		for _, c := range strategymeeting.Clocks(p.meetingState(other)) {
			if c.GetKind() == "conference" {
				t.Errorf("a second conference is due, %s", c.GetDueAt().AsTime())
			}
		}
	})
}
