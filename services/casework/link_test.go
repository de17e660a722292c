package casework_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/contact"
)

func linkTo(id string) contact.Link {
	return contact.Link{DuplicateOf: id, Reason: "The same incident, from the hospital."}
}

func reason(err error) string {
	if refusal, ok := errors.AsType[*domain.Refusal](err); ok {
		return refusal.Reason
	}
	return fmt.Sprint(err)
}

func TestALinkLeadsToSomeoneWhoLooks(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		a, _ := p.received(s, "a")
		b, _ := p.received(s, "b")
		c, _ := p.received(s, "c")
		for _, tc := range []struct{ name, from, to, want string }{
			{"to a contact that is not on record", a, "9b2f1c8e-6f0c-5f0a-8b8e-0d9a6b6c5d11", contact.ReasonTargetNotReceived},
			{"to no contact at all", a, "b", contact.ReasonTargetNotReceived},
			{"to itself", a, a, contact.ReasonLinkedToItself},
			{"to another", a, b, "<nil>"},
			{"to one that is linked", c, a, contact.ReasonTargetIsDuplicate},
			{"back", b, a, contact.ReasonTargetIsDuplicate},
		} {
			_, err := s.HandleContact(t.Context(), tc.from, linkTo(tc.to), manager(tc.name), nil)
			if got := reason(err); got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
			}
		}
		_, err := p.hub().HandleContact(t.Context(), a, contact.Unlink{Reason: "Another child."}, manager("unlink"), nil)
		p.must(err)
		if _, err = s.HandleContact(t.Context(), b, linkTo(a), manager("after"), nil); err != nil {
			t.Errorf("after it was unlinked elsewhere: %v", err)
		}
	})
}

// A contact that is wholly with the teams is in nobody's queue: what is linked to it would be, too.
func TestNoLinkLeadsToAContactThatWentAcross(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		a, ra := p.received(s, "a")
		p.record(s, "open", on(0, "C1", nhs1, "thanet-2"))
		b, rb := p.received(s, "b")
		if got := len(rb.Events); got != 2 {
			t.Fatalf("%d events, want the contact received and passed across", got)
		}
		for i, s := range []*casework.Service{s, p.hub()} {
			_, err := s.HandleContact(t.Context(), a, linkTo(b), manager(fmt.Sprint("across ", i)), nil)
			if refusal, ok := errors.AsType[*domain.Refusal](err); !ok || refusal.Reason != contact.ReasonTargetPassedAcross || refusal.Advice == "" {
				t.Errorf("got %v, want TARGET_PASSED_ACROSS with advice", err)
			}
		}
		if p.linked(ra.Stream) {
			t.Error("it is linked all the same")
		}
	})
}

// A contact does not know what is linked to it, so it can be linked on: whoever reads follows the chain.
func TestLinksMayMakeAChain(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		b, rb := p.received(s, "b")
		d, rd := p.received(s, "d")
		e, re := p.received(s, "e")
		_, err := s.HandleContact(t.Context(), b, linkTo(d), manager("b to d"), nil)
		p.must(err)
		if _, err := s.HandleContact(t.Context(), d, linkTo(e), manager("d to e"), nil); err != nil {
			t.Errorf("the second link of a chain: %v", err)
		}
		if _, err := s.HandleContact(t.Context(), e, linkTo(b), manager("e to b"), nil); reason(err) != contact.ReasonTargetIsDuplicate {
			t.Errorf("a chain that closes: got %s, want TARGET_IS_DUPLICATE", reason(err))
		}
		if !p.linked(rb.Stream) || !p.linked(rd.Stream) || p.linked(re.Stream) {
			t.Error("want the first two linked and the last one in the queue")
		}
	})
}

// Linked to each other, two contacts would both be out of the queue for ever.
func TestTwoContactsAreNeverLinkedToEachOther(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		for round := range 20 {
			s := p.hub()
			a, ra := p.received(s, fmt.Sprintf("a-%d", round))
			b, rb := p.received(s, fmt.Sprintf("b-%d", round))
			from, to := []string{a, b}, []string{b, a}
			at(p, 1+round%2, 2, func(i int, s *casework.Service) {
				_, err := s.HandleContact(t.Context(), from[i], linkTo(to[i]), manager(fmt.Sprintf("l-%d-%d", round, i)), nil)
				if got := reason(err); got != "<nil>" && got != contact.ReasonTargetIsDuplicate {
					t.Errorf("round %d: got %s", round, got)
				}
			})
			if p.linked(ra.Stream) && p.linked(rb.Stream) {
				t.Fatalf("round %d: both are linked", round)
			}
		}
	})
}

// The other hub links back after this one has looked, and before it writes.
func TestALinkThatMakesACircleIsTakenBack(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		a, ra := p.received(p.hub(), "a")
		b, rb := p.received(p.hub(), "b")
		p.clock.meanwhile(func() {
			_, err := p.hub().HandleContact(t.Context(), b, linkTo(a), manager("l-b"), nil)
			p.must(err)
		})
		_, err := p.hub().HandleContact(t.Context(), a, linkTo(b), manager("l-a"), nil)
		if got := reason(err); got != contact.ReasonTargetIsDuplicate {
			t.Errorf("got %s, want TARGET_IS_DUPLICATE", got)
		}
		if p.linked(ra.Stream) || !p.linked(rb.Stream) {
			t.Errorf("linked are a %t and b %t, want b alone", p.linked(ra.Stream), p.linked(rb.Stream))
		}
		if _, err := p.hub().HandleContact(t.Context(), a, linkTo(b), manager("l-a"), nil); reason(err) != contact.ReasonTargetIsDuplicate {
			t.Errorf("the request again: got %s, want what it was told first", reason(err))
		}
		if events := p.events(ra.Stream); len(events) != 3 || events[2].Metadata.CausationID != "l-a" {
			t.Errorf("%d events on a, want its arrival, its link and the link taken back, caused by the request", len(events))
		}
	})
}

func (p *parts) linked(stream string) bool {
	p.t.Helper()
	state := contact.Initial()
	for _, r := range p.events(stream) {
		var err error
		state, err = contact.Evolve(state, r.Message)
		p.must(err)
	}
	return state.DuplicateOf != ""
}
