package casework_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/contact"
)

func contains(data []byte, word string) bool { return bytes.Contains(data, []byte(word)) }

// at runs n calls at the same time, over hubs that take turns at being asked.
func at(p *parts, hubs, n int, call func(i int, s *casework.Service)) {
	var services []*casework.Service
	for range hubs {
		services = append(services, p.hub())
	}
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			call(i, services[i%hubs])
		})
	}
	close(begin)
	all.Wait()
}

func TestKEN03_OfTwoManagersWhoTriageAtOnceOneIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		for round := range 10 {
			id, received := p.received(p.hub(), fmt.Sprintf("m-%d", round))
			var done, refused atomic.Int32
			at(p, 1+round%2, 2, func(i int, s *casework.Service) {
				_, err := s.HandleContact(t.Context(), id, triage([]string{"red", "green"}[i]), manager(fmt.Sprintf("r-%d-%d", round, i)), nil)
				refusal, ok := errors.AsType[*domain.Refusal](err)
				switch {
				case err == nil:
					done.Add(1)
				case ok && refusal.Reason == contact.ReasonAlreadyTriaged:
					refused.Add(1)
				default:
					t.Errorf("got %v", err)
				}
			})
			if done.Load() != 1 || refused.Load() != 1 || len(p.events(received.Stream)) != 2 {
				t.Fatalf("round %d: %d done, %d refused, %d events; want 1, 1, 2", round, done.Load(), refused.Load(), len(p.events(received.Stream)))
			}
		}
	})
}

func TestTenWorkersAtOnceEachHaveTheContactInTurn(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		id, received := p.received(p.hub(), "m-1")
		_, err := p.hub().HandleContact(t.Context(), id, triage("amber"), manager("r-1"), nil)
		p.must(err)
		at(p, 3, 10, func(i int, s *casework.Service) {
			if _, err := s.HandleContact(t.Context(), id, contact.Allocate{Worker: fmt.Sprintf("w-%d", i)}, manager(fmt.Sprintf("a-%d", i)), nil); err != nil {
				t.Errorf("worker %d: %v", i, err)
			}
		})
		events := p.events(received.Stream)
		if len(events) != 12 {
			t.Fatalf("%d events, want 12", len(events))
		}
		state := contact.Initial()
		for _, r := range events {
			before := state.Worker
			if state, err = contact.Evolve(state, r.Message); err != nil {
				t.Fatal(err)
			}
			if e, ok := r.Message.(interface{ GetPreviousWorker() string }); ok && e.GetPreviousWorker() != before {
				t.Errorf("revision %d: previous worker %q, want %q", r.Revision, e.GetPreviousWorker(), before)
			}
		}
	})
}

func TestOneMessageSentTenTimesAtOnceIsOneContact(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		m := message("m-1")
		var first atomic.Int32
		ids := make([]string, 10)
		at(p, 3, 10, func(i int, s *casework.Service) {
			result, err := s.ReceiveContact(t.Context(), m, from(m, "first"))
			if err != nil {
				t.Errorf("sender %d: %v", i, err)
				return
			}
			if !result.Repeated {
				first.Add(1)
			}
			ids[i] = result.EventID.String()
		})
		events := p.events(contact.Stream(contact.ID(m.Agency, m.Source, m.MessageID).String()))
		if first.Load() != 1 || len(events) != 1 {
			t.Fatalf("%d first answers and %d events, want 1 and 1", first.Load(), len(events))
		}
		for i, id := range ids {
			if id != events[0].ID.String() {
				t.Errorf("sender %d was told of event %s, on record is %s", i, id, events[0].ID)
			}
		}
	})
}

// The same request of one person, sent twice at once by an impatient program.
func TestOneCommandSentTenTimesAtOnceIsDoneOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		id, received := p.received(p.hub(), "m-1")
		at(p, 3, 10, func(i int, s *casework.Service) {
			if _, err := s.HandleContact(t.Context(), id, triage("red"), manager("r-1"), nil); err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		})
		if got := len(p.events(received.Stream)); got != 2 {
			t.Errorf("%d events, want 2", got)
		}
	})
}

// Every way in which another hub can come between a read and its append.
func TestWhatHappensMeanwhileIsDecidedAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		id, _ := p.received(p.hub(), "m-1")
		p.clock.meanwhile(func() {
			_, err := p.hub().HandleContact(t.Context(), id, triage("red"), manager("r-1"), nil)
			p.must(err)
		})
		_, err := p.hub().HandleContact(t.Context(), id, triage("green"), manager("r-2"), nil)
		if got := reason(err); got != contact.ReasonAlreadyTriaged {
			t.Errorf("a triage meanwhile: got %s, want ALREADY_TRIAGED", got)
		}
		seen := uint64(1)
		p.clock.meanwhile(func() {
			_, err := p.hub().HandleContact(t.Context(), id, contact.Allocate{Worker: "w-1"}, manager("r-3"), nil)
			p.must(err)
		})
		_, err = p.hub().HandleContact(t.Context(), id, contact.Allocate{Worker: "w-2"}, manager("r-4"), &seen)
		if conflict, ok := errors.AsType[*casework.ConflictError](err); !ok || conflict.Actual != 2 {
			t.Errorf("an allocation meanwhile, of what the caller saw: got %v, want a conflict with 2", err)
		}
		// The same request through another hub.
		rate := contact.Rate{Rating: "amber", Reason: "She was found."}
		p.clock.meanwhile(func() {
			_, err := p.hub().HandleContact(t.Context(), id, rate, manager("r-5"), nil)
			p.must(err)
		})
		result, err := p.hub().HandleContact(t.Context(), id, rate, manager("r-5"), nil)
		if err != nil || !result.Repeated || result.Revision != 3 {
			t.Errorf("the same request meanwhile: got %+v and %v, want it repeated at 3", result, err)
		}
		m := message("m-2")
		p.clock.meanwhile(func() { p.received(p.hub(), "m-2") })
		result, err = p.hub().ReceiveContact(t.Context(), m, from(m, "first"))
		if err != nil || !result.Repeated || len(result.Events) != 1 {
			t.Errorf("the same message meanwhile: got %+v and %v, want it repeated", result, err)
		}
	})
}

// A case gets another number while a change under the old one is being written.
func TestKEN04_AChangeOfNumbersMeanwhileIsPutRight(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		p.clock.meanwhile(func() { p.record(p.hub(), "o-2", on(10, "C1001", nhs2, "thanet-2")) })
		p.record(p.hub(), "o-1", on(0, "C1001", nhs1, "thanet-1"))
		for nhs, want := range map[string]string{nhs1: "", nhs2: "s1:thanet-2 by nhs_number"} {
			if got := p.teams(p.hub(), child(nhs, "", "")); got != want {
				t.Errorf("by %s: got %q, want %q", nhs, got, want)
			}
		}
	})
}
