package authority

import (
	"slices"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// How a consent or an override stands, published. The stances NotSought,
// CannotBeObtained and Refused, and the outcomes Declined and Ended, are ways to
// stand too.
const (
	Proposed  = "proposed"
	InForce   = "in-force"
	Withdrawn = "withdrawn"
	Expired   = "expired"
	// Stopped is a consent in force of which another holder's refusal leaves
	// nothing.
	Stopped = "stopped-by-refusal"
)

// Account says how one consent or override stands.
type Account struct {
	// Kind is KindConsent or KindOverride, ID the contact-local id.
	Kind, ID string
	// State is one of the ways to stand.
	State string
}

// Accounts says how everything stands at that time, in the order of the record:
// consents, then overrides. Where about is not nil it is weighed for that alone,
// and what speaks of none of it is left out: a refusal may stop a consent for one
// child and leave it standing for another.
func (s State) Accounts(about *eventpb.Scope, at time.Time) []Account {
	var all []Account
	for _, c := range s.Consents {
		scope := common(c.Recorded.GetScope(), about)
		if about == nil || touches(scope) {
			all = append(all, Account{KindConsent, c.Recorded.GetConsentId(), s.consentState(c, scope, at)})
		}
	}
	for _, o := range s.Overrides {
		scope := o.Proposed.GetScope()
		if o.Granted() {
			scope = o.Decided.GetScope()
		}
		if about == nil || touches(common(scope, about)) {
			all = append(all, Account{KindOverride, o.Proposed.GetOverrideId(), o.state(at)})
		}
	}
	return all
}

func (s State) consentState(c Consent, scope *eventpb.Scope, at time.Time) string {
	switch {
	case c.Withdrawn:
		return Withdrawn
	case c.Recorded.GetStance() != Given:
		return c.Recorded.GetStance()
	case c.Over(at):
		return Expired
	case s.allStopped(scope, at):
		return Stopped
	}
	return InForce
}

// allStopped reports whether another holder stands against every single thing of
// a scope.
func (s State) allStopped(scope *eventpb.Scope, at time.Time) bool {
	for _, agency := range scope.GetAgencies() {
		for _, subject := range scope.GetSubjects() {
			for _, category := range scope.GetCategories() {
				for _, purpose := range scope.GetPurposes() {
					if _, stopped := s.consents(thing{agency, subject, category, purpose}, at); !stopped {
						return false
					}
				}
			}
		}
	}
	return touches(scope)
}

func (o Override) state(at time.Time) string {
	switch {
	case o.Decided == nil:
		return Proposed
	case !o.Granted():
		return Declined
	case o.Ended:
		return Ended
	case o.Over(at):
		return Expired
	}
	return InForce
}

// common gives what two scopes both name; all of the first where there is no
// second.
func common(a, b *eventpb.Scope) *eventpb.Scope {
	if b == nil {
		return a
	}
	both := func(x, y []string) (in []string) {
		for _, one := range x {
			if slices.Contains(y, one) {
				in = append(in, one)
			}
		}
		return in
	}
	return &eventpb.Scope{
		Subjects: both(a.GetSubjects(), b.GetSubjects()), Purposes: both(a.GetPurposes(), b.GetPurposes()),
		Agencies: both(a.GetAgencies(), b.GetAgencies()), Categories: both(a.GetCategories(), b.GetCategories()),
	}
}

// touches reports whether a scope names anything: one thing at the least.
func touches(s *eventpb.Scope) bool {
	return len(s.GetSubjects()) > 0 && len(s.GetPurposes()) > 0 && len(s.GetAgencies()) > 0 && len(s.GetCategories()) > 0
}
