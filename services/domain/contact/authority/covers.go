package authority

import (
	"slices"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
)

// The kinds of authority, published.
const (
	KindConsent  = "consent"
	KindOverride = "override"
)

// thing is what may be covered: one agency told or asked about one child, in one
// category of information, for one purpose.
type thing struct{ agency, subject, category, purpose string }

func (t thing) in(s *eventpb.Scope) bool {
	return slices.Contains(s.GetSubjects(), t.subject) && slices.Contains(s.GetAgencies(), t.agency) &&
		slices.Contains(s.GetCategories(), t.category) && slices.Contains(s.GetPurposes(), t.purpose)
}

// Covers gives what allows one agency to be asked about one child, in one
// category and for one purpose, at that time: one consent for each holder who
// says yes or, where consent does not allow it, the overrides that do. Otherwise
// it gives the typed refusal: what stands in the way and what the caller can do.
//
// What a request rested on may end while something else still covers it: ask
// again before taking a request back.
func (s State) Covers(agency, subject, category, purpose string, at time.Time) ([]*eventpb.Authority, *domain.Refusal) {
	t := thing{agency, subject, category, purpose}
	consents, stopped := s.consents(t, at)
	if len(consents) > 0 && !stopped {
		return consents, nil
	}
	var overrides []*eventpb.Authority
	for _, o := range s.Overrides {
		if o.InForce(at) && t.in(o.Decided.GetScope()) {
			overrides = append(overrides, &eventpb.Authority{Kind: KindOverride, Id: o.Proposed.GetOverrideId(), Revision: o.Revision})
		}
	}
	switch {
	case len(overrides) > 0:
		return overrides, nil
	case len(consents) > 0:
		return nil, refusedByAnother()
	}
	return nil, s.why(t, at)
}

// consents gives the consent of each holder who says yes, and whether another
// one stands against it.
func (s State) consents(t thing, at time.Time) (consents []*eventpb.Authority, stopped bool) {
	for _, holder := range s.speakers(t.subject) {
		yes := s.yes(holder, t, at)
		switch {
		case yes != nil:
			consents = append(consents, &eventpb.Authority{Kind: KindConsent, Id: yes.Recorded.GetConsentId(), Revision: yes.Revision})
		case len(s.standing(holder, t.subject, at)) > 0:
			stopped = true
		}
	}
	return consents, stopped
}

// speakers gives the holders who said anything about a child, in the order of
// the record.
func (s State) speakers(subject string) []string {
	var all []string
	for _, c := range s.Consents {
		holder := c.Recorded.GetHolderId()
		if slices.Contains(c.Recorded.GetScope().GetSubjects(), subject) && !slices.Contains(all, holder) {
			all = append(all, holder)
		}
	}
	return all
}

// yes gives the consent in force with which a holder says yes to a thing: the
// last they said of it. It takes a holder who has responsibility for the child
// as it is known now; a no needs none to be heard.
func (s State) yes(holder string, t thing, at time.Time) *Consent {
	described, _ := s.Holder(holder)
	if !slices.Contains(described.GetSubjects(), t.subject) {
		return nil
	}
	var last *Consent
	for _, c := range s.Consents {
		if c.Recorded.GetHolderId() != holder || !t.in(c.Recorded.GetScope()) || !c.No() && !c.InForce(at) {
			continue
		}
		if last == nil || c.said() > last.said() {
			last = &c
		}
	}
	if last == nil || last.No() {
		return nil
	}
	return last
}

// Standing gives the ids of the refusals and withdrawals that stand against
// asking about a child at that time, of all holders.
func (s State) Standing(subject string, at time.Time) []string {
	var all []string
	for _, holder := range s.speakers(subject) {
		all = append(all, s.standing(holder, subject, at)...)
	}
	return all
}

// standing gives one holder's. A no is lifted by the same holder's later yes to
// all of it about that child, for as long as that is in force.
func (s State) standing(holder, subject string, at time.Time) []string {
	var all []string
	for _, no := range s.Consents {
		scope := no.Recorded.GetScope()
		if no.Recorded.GetHolderId() != holder || !no.No() || !slices.Contains(scope.GetSubjects(), subject) {
			continue
		}
		lifted := slices.ContainsFunc(s.Consents, func(c Consent) bool {
			return c.Recorded.GetHolderId() == holder && c.InForce(at) && c.Revision > no.said() &&
				slices.Contains(c.Recorded.GetScope().GetSubjects(), subject) && sameOrMore(c.Recorded.GetScope(), scope)
		})
		if !lifted {
			all = append(all, no.Recorded.GetConsentId())
		}
	}
	return all
}

// sameOrMore reports whether a scope names all agencies, categories and purposes
// of another.
func sameOrMore(s, other *eventpb.Scope) bool {
	return within(other.GetAgencies(), s.GetAgencies()) && within(other.GetCategories(), s.GetCategories()) &&
		within(other.GetPurposes(), s.GetPurposes())
}

// Within reports whether a scope holds nothing that the other does not.
func Within(s, other *eventpb.Scope) bool {
	return sameOrMore(other, s) && within(s.GetSubjects(), other.GetSubjects())
}

func within(list, other []string) bool {
	return !slices.ContainsFunc(list, func(one string) bool { return !slices.Contains(other, one) })
}
