package casework_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/identifier"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// startsOnRecord is the oracle: it reads the meetings about one child and knows nothing of claims. It gives those that started enquiries, and
// fails where one of the others concluded in the belief that none ran.
func (p *parts) startsOnRecord(meetings ...string) (started []string) {
	p.t.Helper()
	var conference *eventpb.Clock
	for _, id := range meetings {
		for _, o := range last[*eventpb.StrategyMeetingConcluded](p, strategymeeting.Stream(id)).GetOutcomes() {
			if o.GetOutcome() == practice.EnquiriesStart {
				started, conference = append(started, id), o.GetConference()
			}
		}
	}
	for _, id := range meetings {
		for _, o := range last[*eventpb.StrategyMeetingConcluded](p, strategymeeting.Stream(id)).GetOutcomes() {
			if len(started) == 1 && !proto.Equal(o.GetConference(), conference) {
				p.t.Errorf("meeting %s has a conference due %v, want %v", id, o.GetConference().GetDueAt().AsTime(), conference.GetDueAt().AsTime())
			}
		}
	}
	return started
}

// toldOf reports whether a chair was told that another was faster: that enquiries run, and have to go on or end. That is no conflict with what
// the chair saw of the meeting.
func toldOf(err error) bool { return refusedFor(err, strategymeeting.ReasonInvalidCommand) }

// Two and three meetings about one child conclude in the same instant, over one hub and over several: whatever they came by, one of them starts the
// enquiries, the others are told, and join.
func TestWT03_OfMeetingsThatConcludeAtOnceOneStartsTheEnquiries(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		contested := 0
		for round := range 24 {
			s, n := p.hub(), 2+round%2
			meetings := p.aboutOneChild(s, round, n)
			var done atomic.Int32
			at(p, 1+round%3, n, func(i int, s *casework.Service) {
				saw := p.meetingState(meetings[i]).Revision
				expected := &saw
				if round%4 < 2 {
					expected = nil
				}
				_, err := s.ConcludeMeeting(context.WithoutCancel(t.Context()), meetings[i], p.conclusion("section-47"), manager(fmt.Sprintf("c-%d-%d", round, i)), expected)
				switch {
				case err == nil:
					done.Add(1)
				case !toldOf(err):
					t.Errorf("round %d: got %v, want to be told", round, err)
				}
			})
			if started := p.startsOnRecord(meetings...); len(started) != 1 || done.Load() != 1 {
				t.Fatalf("round %d: %d of %d meetings started enquiries, %d had the answer that they did; want one", round, len(started), n, done.Load())
			}
			for _, id := range meetings {
				contested += count[*eventpb.EnquiriesContested](p, strategymeeting.Stream(id))
				if p.meetingState(id).Stage == strategymeeting.StageCalled {
					p.concluded(p.hub(), id, "section-47-continues")
				}
			}
			p.startsOnRecord(meetings...)
		}
		t.Logf("contested %d times", contested)
	})
}

// aboutOneChild gives n meetings that are called about a child of its own: by one contact without a number, by contacts with one NHS number, or by an open case.
func (p *parts) aboutOneChild(s *casework.Service, round, n int) (meetings []string) {
	p.t.Helper()
	name, nhs := fmt.Sprintf("m-%d-%d", round, len(p.dir)), nhsNumber(300+round)
	var one string
	for i := range n {
		proposal := ofCase(born("2017-05-04", "", fmt.Sprintf("C%d", round)))
		switch round % 3 {
		case 0:
			if one == "" {
				one = p.receivedOf(s, name, "")
			}
			proposal = about(one)
		case 1:
			proposal = about(p.receivedOf(s, fmt.Sprintf("%s-%d", name, i), nhs))
		}
		id, _ := p.proposed(s, fmt.Sprintf("r-%d-%d", round, i), proposal)
		p.convened(s, id)
		meetings = append(meetings, id)
	}
	return meetings
}

// between is casework that does something else the n-th time that it looks up the stream of a child.
func (p *parts) between(n int, then func()) *casework.Service {
	p.t.Helper()
	profile, err := practice.Builtin()
	p.must(err)
	var looked atomic.Int32
	return casework.New(casework.Config{Store: p.store, Profile: profile, Now: p.clock.Now, Logger: slog.New(slog.DiscardHandler),
		Pseudonym: func(kind, value string) string {
			if int(looked.Add(1)) == n {
				then()
			}
			return p.ring.Pseudonym(kind, value)
		}})
}

// A meeting concludes in between every two steps of another's conclusion: at no step is there a gap.
func TestWT03_AMeetingThatConcludesBetweenTheStepsOfAnother(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		for step := 1; ; step++ {
			meetings := p.aboutOneChild(p.hub(), 3*step+1, 2)
			first, second, met := meetings[0], meetings[1], false
			var between error
			s := p.between(step, func() {
				met = true
				_, between = p.hub().ConcludeMeeting(t.Context(), second, p.conclusion("section-47"), manager("in between "+second), nil)
			})
			_, err := s.ConcludeMeeting(t.Context(), first, p.conclusion("section-47"), manager("around "+first), nil)
			if !met {
				if step < 5 {
					t.Fatalf("a conclusion has %d steps: this tests nothing", step-1)
				}
				t.Logf("%d steps", step-1)
				return
			}
			if started := p.startsOnRecord(meetings...); len(started) != 1 {
				t.Fatalf("step %d: %d meetings started enquiries, want one; around it %v, in between %v", step, len(started), err, between)
			}
			if err != nil && !toldOf(err) || between != nil && !toldOf(between) || (err == nil) == (between == nil) {
				t.Errorf("step %d: around it %v, in between %v; want one of them told", step, err, between)
			}
		}
	})
}

// claims counts those on record under an NHS number.
func (p *parts) claims(nhs string) (n int) {
	p.t.Helper()
	err := p.store.Read(p.t.Context(), identifier.Stream(p.ring.Pseudonym(identifier.NHSNumber, nhs)), 0, func(r eventstore.Recorded) error {
		if _, ok := r.Message.(*eventpb.EnquiriesClaimed); ok {
			n++
		}
		return nil
	})
	if !errors.Is(err, eventstore.ErrNoStream) {
		p.must(err)
	}
	return n
}

// A hub that is cut off between its claim and the conclusion stands in nobody's way: the other meeting starts the enquiries, and the first one joins when it is concluded again.
func TestWT03_AClaimThatNothingFollowedHoldsNobodyBack(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		claimed := 0
		for step := 1; step <= 8; step++ {
			meetings := p.aboutOneChild(p.hub(), 3*step+1, 2)
			ctx, cut := context.WithCancel(t.Context())
			_, err := p.between(step, cut).ConcludeMeeting(ctx, meetings[0], p.conclusion("section-47"), manager("cut off "+meetings[0]), nil)
			cut()
			if err == nil {
				break
			}
			claimed += p.claims(nhsNumber(300 + 3*step + 1))
			p.concluded(p.hub(), meetings[1], "section-47")
			if _, err := p.hub().ConcludeMeeting(t.Context(), meetings[0], p.conclusion("section-47"), manager("again "+meetings[0]), nil); !toldOf(err) {
				t.Errorf("step %d: started a second time: %v", step, err)
			}
			p.concluded(p.hub(), meetings[0], "section-47-continues")
			if started := p.startsOnRecord(meetings...); len(started) != 1 || started[0] != meetings[1] {
				t.Errorf("step %d: started by %v, want %s", step, started, meetings[1])
			}
		}
		if claimed == 0 {
			t.Error("no claim was on record when it was cut off: this tests nothing")
		}
	})
}

// A discussion on Monday is written down on Wednesday. Another one, on Tuesday, was on record in between, and started the enquiries: the first
// joins them, and the child has one conference clock. So it is with the two recorded at once, whoever wins.
func TestWT03_AMeetingThatIsRecordedLateStartsNoSecondClock(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		meetings := p.aboutOneChild(p.hub(), 1, 2)
		late := p.conclusion("section-47")
		p.clock.set(monday.AddDate(0, 0, 1))
		started := p.concluded(p.hub(), meetings[1], "section-47").GetOutcomes()[0].GetConference()
		p.clock.set(monday.AddDate(0, 0, 2))
		if _, err := p.hub().ConcludeMeeting(t.Context(), meetings[0], late, manager("late"), nil); !toldOf(err) {
			t.Fatalf("started a second time: got %v, want it refused", err)
		}
		late.Outcomes[0].Outcome, late.Outcomes[0].Mode, late.Outcomes[0].SeenBy = "section-47-continues", "", ""
		_, err := p.hub().ConcludeMeeting(t.Context(), meetings[0], late, manager("late, joined"), nil)
		p.must(err)
		e := last[*eventpb.StrategyMeetingConcluded](p, strategymeeting.Stream(meetings[0]))
		if got := e.GetOutcomes()[0].GetConference(); !proto.Equal(got, started) || !e.GetHeldAt().AsTime().Equal(monday) {
			t.Errorf("held %s, the conference is due %s, want %s", e.GetHeldAt().AsTime(), got.GetDueAt().AsTime(), started.GetDueAt().AsTime())
		}
		for round := range 6 {
			meetings := p.aboutOneChild(p.hub(), 100+round, 2)
			p.clock.set(p.clock.Now().Add(24 * time.Hour))
			at(p, 2, 2, func(i int, s *casework.Service) {
				c := p.conclusion("section-47")
				c.HeldAt = c.HeldAt.Add(-time.Duration(i*20) * time.Hour)
				if _, err := s.ConcludeMeeting(context.WithoutCancel(t.Context()), meetings[i], c, manager(fmt.Sprintf("at once %d %d", round, i)), nil); err != nil && !toldOf(err) {
					t.Errorf("round %d: got %v, want to be told", round, err)
				}
			})
			if started := p.startsOnRecord(meetings...); len(started) != 1 {
				t.Fatalf("round %d: %d meetings started enquiries, want one", round, len(started))
			}
		}
	})
}
