package authority

import (
	"time"

	"github.com/openmash/mash/services/domain"
)

// The reasons of [State.Covers], published: callers act on them.
const (
	ReasonNotCovered       = "NOT_COVERED"
	ReasonRefusedByAnother = "CONSENT_REFUSED_BY_ANOTHER"
	ReasonRefused          = "CONSENT_REFUSED"
	ReasonWithdrawn        = "CONSENT_WITHDRAWN"
	ReasonExpired          = "CONSENT_EXPIRED"
	ReasonNotSought        = "CONSENT_NOT_SOUGHT"
	ReasonNotObtained      = "CONSENT_NOT_OBTAINED"
	ReasonUndecided        = "OVERRIDE_UNDECIDED"
	ReasonDeclined         = "OVERRIDE_DECLINED"
	ReasonOverrideExpired  = "OVERRIDE_EXPIRED"
	ReasonOverrideEnded    = "OVERRIDE_ENDED"
)

const seekOrPropose = "seek consent for it, or propose an override to a manager"

func refusal(reason, rule, message, advice string) *domain.Refusal {
	return &domain.Refusal{Reason: reason, Rule: rule, Message: message, Advice: advice}
}

func refusedByAnother() *domain.Refusal {
	return refusal(ReasonRefusedByAnother, "SOT-07",
		"one person with parental responsibility consents, and another refused or took their consent back",
		"propose an override: a manager decides whether to go on")
}

// why says what stands in the way of a thing that nothing covers: the last on
// record that speaks of exactly that.
func (s State) why(t thing, at time.Time) *domain.Refusal {
	last, why := uint64(0), refusal(ReasonNotCovered, "HUB-02", "no consent and no override covers that agency, child, category and purpose", seekOrPropose)
	for _, c := range s.Consents {
		if t.in(c.Recorded.GetScope()) && c.said() >= last {
			last, why = c.said(), c.why(at)
		}
	}
	for _, o := range s.Overrides {
		scope := o.Proposed.GetScope()
		if o.Granted() {
			scope = o.Decided.GetScope()
		}
		// An undecided one is always the latest news: somebody has to act on it.
		if t.in(scope) && (o.Decided == nil || o.Revision >= last) {
			last, why = max(last, o.Revision), o.why(at)
		}
	}
	return why
}

func (c Consent) why(at time.Time) *domain.Refusal {
	switch {
	case c.Withdrawn:
		return refusal(ReasonWithdrawn, "HUB-02", "the consent was taken back", seekOrPropose)
	case c.Recorded.GetStance() == Refused:
		return refusal(ReasonRefused, "SOT-07", "consent was refused", "propose an override, if there is a credible risk of significant harm")
	case c.Recorded.GetStance() == Given && c.Over(at):
		return refusal(ReasonExpired, "HUB-02", "the consent has come to its end", seekOrPropose)
	case c.Recorded.GetStance() == CannotBeObtained:
		return refusal(ReasonNotObtained, "SOT-07", "consent cannot be obtained, which allows nothing by itself", "propose an override to a manager")
	case c.Recorded.GetStance() == NotSought:
		return refusal(ReasonNotSought, "KEN-25", "consent was not sought, which allows nothing by itself", seekOrPropose)
	}
	return refusal(ReasonNotCovered, "HUB-02", "who consented has no parental responsibility for that child on record", seekOrPropose)
}

func (o Override) why(at time.Time) *domain.Refusal {
	switch {
	case o.Decided == nil:
		return refusal(ReasonUndecided, "SOT-08", "an override is proposed, and no manager has decided on it", "ask a manager to decide, or seek consent")
	case !o.Granted():
		return refusal(ReasonDeclined, "SOT-08", "a manager declined the override", "seek consent, or propose again when there is more to say")
	case o.Ended:
		return refusal(ReasonOverrideEnded, "HUB-02", "a review ended the override", seekOrPropose)
	}
	return refusal(ReasonOverrideExpired, "HUB-02", "the override has come to its end", seekOrPropose)
}
