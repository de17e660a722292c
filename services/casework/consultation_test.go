package casework_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/consultation"
)

func (p *parts) consultation() consultation.Give {
	return consultation.Give{
		Agency: "kent-schools", Channel: "telephone", HeldAt: p.clock.Now(), Lead: "consulted", LeadAt: p.clock.Now().Add(-time.Hour),
		Question: "Is that a request?", Advice: "Send one.", Recommendation: "request-for-support",
	}
}

func (p *parts) consulted(s *casework.Service, request string) (number string, result casework.Result) {
	p.t.Helper()
	result, err := s.GiveConsultation(p.t.Context(), p.consultation(), by("p-2", "social-worker", request))
	p.must(err)
	return result.Events[0].(*eventpb.ConsultationGiven).GetNumber(), result
}

// KEN-12: of many at once each has a number of its own, in every process, and the same request the same again.
func TestKEN12_ANumberIsGivenOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		var mu sync.Mutex
		seen := map[string]string{}
		var all sync.WaitGroup
		for i := range 20 {
			s := p.hub()
			for range 2 {
				all.Go(func() {
					request := fmt.Sprintf("request-%d", i)
					result, err := s.GiveConsultation(t.Context(), p.consultation(), by("p-2", "social-worker", request))
					if err != nil {
						t.Error(err)
						return
					}
					number := result.Events[0].(*eventpb.ConsultationGiven).GetNumber()
					mu.Lock()
					defer mu.Unlock()
					if other, taken := seen[number]; taken && other != request {
						t.Errorf("%s was given to %s and to %s", number, other, request)
					}
					seen[number] = request
				})
			}
		}
		all.Wait()
		if len(seen) != 20 {
			t.Errorf("%d numbers for 20 requests", len(seen))
		}
	})
}

// A number that is taken is passed over: the next one of the same request stands, also when it is asked for again.
func TestKEN12_ATakenNumberIsPassedOver(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		number, _ := p.consulted(p.hub(), "first")
		taken := casework.NumberOf("second", 0)
		c := p.consultation()
		c.Number = taken
		p.must(p.hub().Occupy(t.Context(), c, by("p-3", "social-worker", "third")))
		second, _ := p.consulted(p.hub(), "second")
		again, result := p.consulted(p.hub(), "second")
		if second == taken || second == number || second != again || !result.Repeated {
			t.Errorf("got %s and again %s (repeated %t), want one number beside %s and %s", second, again, result.Repeated, taken, number)
		}
	})
}

// A contact names the number and is cut off before the consultation knows: sent again, it is tied, once.
func TestKEN12_AContactIsTiedToItsConsultation(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		number, _ := p.consulted(s, "first")
		m := form("m-1", "")
		m.Consultation.Number = number
		for range 2 {
			p.sent(p.hub(), m)
		}
		var tied int
		for _, r := range p.events(consultation.Stream(consultation.ID(number).String())) {
			if _, ok := r.Message.(*eventpb.ConsultationFollowed); ok {
				tied++
			}
		}
		if tied != 1 {
			t.Errorf("the contact is tied %d times, want once", tied)
		}
	})
}
