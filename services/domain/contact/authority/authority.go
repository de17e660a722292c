// Package authority says what allows information about a child to be gathered
// and shared: who has parental responsibility and what they said, what a manager
// decided to do without them, and what was decided not to be shared.
//
// On the way of a contact it stands inside the contact's decider, as a part of
// its state: [Evolve] folds what the stream holds of consents and overrides into
// a [State], and whoever is about to ask an agency something asks
// [State.Covers] first. It is pure: the time is an argument.
//
// # The rules, and where they are from
//
//   - SOT-07, KEN-25: information is gathered with the consent of those with
//     parental responsibility, or of a child who may decide for themselves.
//   - HUB-02: nothing outside the scope of a consent or an override in force.
//     A scope lists children, purposes, agencies and categories; what it does
//     not list it does not cover. At its end a consent or override is over.
//   - SOT-08, HUB-01: an override gives something once a manager has approved
//     it, as it was approved, until it ends.
//   - KEN-11: agreement to engage with a service is kept apart and allows
//     nothing here; neither does a lawful basis, an agency's own decision
//     (ROC-03), or going on despite a refusal.
//
// # How what holders say is read
//
// What a holder said last about a thing counts. Yes is a given consent, no is a
// refusal or a withdrawal; that consent was not sought or cannot be obtained is
// neither. One holder's yes allows a thing unless another holder stands against
// it for that child: one who said no to anything about the child, does not say
// yes to this very thing, and has not since said yes to all that they said no to.
// Seeds and guidance say that a refusal beside a consent needs a manager; that
// it stops all about that child and not only what was refused is ours, the
// reading that errs towards asking a manager.
//
// An override stands whatever holders say after it was decided: it is the
// decision to go on without them, and its review is where that is weighed.
//
// # What it guarantees, and what it does not
//
// Any events in any order can be folded. To withdraw, to expire, to end and to
// refuse never allows more than before. What a state was given is never changed
// by a later fold. It trusts the events: that a decision was a manager's, or did
// not widen what was asked, is for the decider that recorded it.
package authority

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// State is what is on record of a contact about consent. It is a value; the
// events in it are read and never changed.
type State struct {
	// Holders are those with parental responsibility, each as last described.
	Holders []*eventpb.HolderRecorded
	// Consents are all that holders said, in the order of the record.
	Consents []Consent
	// Engagements, Bases, NotShared, WentOn and Agencies are on record and give
	// no authority.
	Engagements []*eventpb.EngagementRecorded
	Bases       []*eventpb.LawfulBasisRecorded
	NotShared   []*eventpb.DecidedNotToShare
	WentOn      []*eventpb.WentOnDespiteRefusal
	Agencies    []*eventpb.AgencyWentWithoutConsent
	// Overrides are all that were proposed, in the order of the record.
	Overrides []Override
}

// Stances of a holder, published.
const (
	Given            = "given"
	Refused          = "refused"
	NotSought        = "not-sought"
	CannotBeObtained = "cannot-be-obtained"
)

// Consent is one thing that a holder said, and what became of it.
type Consent struct {
	Recorded *eventpb.ConsentRecorded
	// Revision is where it was recorded.
	Revision uint64
	// Withdrawn says that it was taken back, WithdrawnRevision where.
	Withdrawn         bool
	WithdrawnRevision uint64
	// Expired says that its end was recorded. A consent is over at the time it
	// has, recorded or not.
	Expired bool
}

// InForce reports whether it was given and is not over at that time. At the
// time it expires it is over.
func (c Consent) InForce(at time.Time) bool {
	return c.Recorded.GetStance() == Given && !c.Withdrawn && !c.Over(at)
}

// Over reports whether it came to its end by itself.
func (c Consent) Over(at time.Time) bool {
	end := c.Recorded.GetExpiresAt()
	return c.Expired || end != nil && !at.Before(end.AsTime())
}

// No reports whether the holder said no with it, or took it back.
func (c Consent) No() bool { return c.Recorded.GetStance() == Refused || c.Withdrawn }

// said is where the holder said what counts of it now.
func (c Consent) said() uint64 {
	if c.Withdrawn {
		return c.WithdrawnRevision
	}
	return c.Revision
}

// Outcomes of a decision on an override, and of its review; published.
const (
	Approved  = "approved"
	Narrowed  = "narrowed"
	Declined  = "declined"
	Continues = "continues"
	Ended     = "ended"
)

// Override is a proposal to go on without consent, and what became of it.
type Override struct {
	Proposed *eventpb.OverrideProposed
	// Decided is nil until a manager decided, and Revision is where they did.
	Decided  *eventpb.OverrideDecided
	Revision uint64
	// ReviewAt is by when it must be looked at next; zero: it need not.
	ReviewAt time.Time
	// Ended says that a review ended it, Expired that its end was recorded.
	Ended, Expired bool
}

// Granted reports whether a manager approved any of it, be it over or not.
func (o Override) Granted() bool {
	outcome := o.Decided.GetOutcome()
	return outcome == Approved || outcome == Narrowed
}

// InForce reports whether it was approved and is not over at that time. An
// override without an end is none.
func (o Override) InForce(at time.Time) bool { return o.Granted() && !o.Ended && !o.Over(at) }

// Over reports whether it came to its end by itself.
func (o Override) Over(at time.Time) bool {
	end := o.Decided.GetExpiresAt()
	return o.Expired || o.Granted() && (end == nil || !at.Before(end.AsTime()))
}

// Holder finds a holder by the contact-local id.
func (s State) Holder(id string) (*eventpb.HolderRecorded, bool) {
	for _, h := range s.Holders {
		if h.GetHolderId() == id {
			return h, true
		}
	}
	return nil, false
}

// Consent finds what a holder said by the contact-local id.
func (s State) Consent(id string) (Consent, bool) {
	i := slices.IndexFunc(s.Consents, func(c Consent) bool { return c.Recorded.GetConsentId() == id })
	if i < 0 {
		return Consent{}, false
	}
	return s.Consents[i], true
}

// Override finds an override by the contact-local id.
func (s State) Override(id string) (Override, bool) {
	i := slices.IndexFunc(s.Overrides, func(o Override) bool { return o.Proposed.GetOverrideId() == id })
	if i < 0 {
		return Override{}, false
	}
	return s.Overrides[i], true
}

// Stands reports whether what a request rests on is in force at that time. It
// says nothing of what it covers, nor of another holder's refusal.
func (s State) Stands(a *eventpb.Authority, at time.Time) bool {
	switch a.GetKind() {
	case KindConsent:
		c, ok := s.Consent(a.GetId())
		return ok && c.InForce(at)
	case KindOverride:
		o, ok := s.Override(a.GetId())
		return ok && o.InForce(at)
	}
	return false
}

// Evolve folds one event of the contact's stream, which stands at that revision.
// False: the event is none of consent and override, and the state is as it was.
//
// An id keeps the meaning it was first given: what names one that is taken, or
// one that is not there, adds nothing.
func Evolve(s State, event proto.Message, revision uint64) (State, bool) {
	switch e := event.(type) {
	case *eventpb.HolderRecorded:
		s.Holders = described(s.Holders, e)
	case *eventpb.ConsentRecorded:
		if _, taken := s.Consent(e.GetConsentId()); !taken {
			s.Consents = with(s.Consents, Consent{Recorded: e, Revision: revision})
		}
	case *eventpb.ConsentWithdrawn:
		s.Consents = changed(s.Consents, s.consentAt(e.GetConsentId()), func(c *Consent) {
			if !c.Withdrawn {
				c.Withdrawn, c.WithdrawnRevision = true, revision
			}
		})
	case *eventpb.ConsentExpired:
		s.Consents = changed(s.Consents, s.consentAt(e.GetConsentId()), func(c *Consent) { c.Expired = true })
	case *eventpb.EngagementRecorded:
		s.Engagements = with(s.Engagements, e)
	case *eventpb.LawfulBasisRecorded:
		s.Bases = with(s.Bases, e)
	case *eventpb.DecidedNotToShare:
		s.NotShared = with(s.NotShared, e)
	case *eventpb.WentOnDespiteRefusal:
		s.WentOn = with(s.WentOn, e)
	case *eventpb.AgencyWentWithoutConsent:
		s.Agencies = with(s.Agencies, e)
	default:
		return s.evolveOverride(event, revision)
	}
	return s, true
}
