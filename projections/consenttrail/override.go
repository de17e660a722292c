package consenttrail

import (
	"slices"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact/authority"
	"github.com/openmash/mash/services/eventstore"
)

// Proposed is the outcome of an override that no manager has decided; the others are authority's.
const Proposed = "proposed"

// Scope is what was asked for or allowed. Rows are stored as JSON, and their tags are short because there are two in each.
type Scope struct {
	Subjects   []string `json:"s,omitempty"`
	Purposes   []string `json:"p,omitempty"`
	Agencies   []string `json:"a,omitempty"`
	Categories []string `json:"c,omitempty"`
}

// Override is one override as lists show it.
type Override struct {
	ContactID, OverrideID string
	// Outcome is Proposed, or authority's Approved, Narrowed or Declined.
	Outcome, ReasonCode string
	Asked               Scope
	// Allowed is nil unless it was approved or narrowed.
	Allowed *Scope
	Bases   []string

	ProposedBy string
	// ProposedAt and DecidedAt are when that was recorded.
	ProposedAt time.Time
	DecidedBy  string
	// Role is what the decider acted as, Rule what let that role decide at that hour.
	Role, Rule string
	DecidedAt  time.Time
	OutOfHours bool

	// ExpiresAt is when it ends by itself, ReviewAt by when it must be looked at next; zero: never.
	ExpiresAt, ReviewAt time.Time
	// Ended says that a review ended it, Lapsed that its end is on record, WasLate that a review came late.
	Ended, Lapsed, WasLate bool
	// Requests rested on it, oldest first.
	Requests []string

	// Position is the ordinal in $all of the last event that the row shows.
	Position int64
}

// ID names an override among all.
func (o *Override) ID() string { return key(o.ContactID, o.OverrideID) }

func key(contact, override string) string { return contact + "/" + override }

func (o *Override) granted() bool {
	return o.Outcome == authority.Approved || o.Outcome == authority.Narrowed
}

// Open says whether it is in force. One that was granted without an end is none, as it is for the rules.
func (o *Override) Open(now time.Time) bool { return o.until() > now.UnixMicro() && !o.Ended }

// Expired says whether it ended by itself.
func (o *Override) Expired(now time.Time) bool {
	return o.granted() && !o.Ended && o.until() <= now.UnixMicro()
}

// ReviewedLate says whether a review came late, or is overdue.
func (o *Override) ReviewedLate(now time.Time) bool {
	return o.WasLate || o.reviewDue() < now.UnixMicro()
}

// until is the end in microseconds since 1970, the resolution of all comparisons: 0 when it is or was never in force.
func (o *Override) until() int64 {
	if !o.granted() || o.Lapsed || o.ExpiresAt.IsZero() {
		return 0
	}
	return o.ExpiresAt.UnixMicro()
}

// reviewDue is when the next review is due, or was and was missed; never when none is.
func (o *Override) reviewDue() int64 {
	if !o.granted() || o.Ended || o.ReviewAt.IsZero() || !o.ReviewAt.Before(o.ExpiresAt) {
		return never
	}
	return o.ReviewAt.UnixMicro()
}

// covered are the agencies it is about.
func (o *Override) covered() []string {
	if o.Allowed != nil {
		return o.Allowed.Agencies
	}
	return o.Asked.Agencies
}

// about gives the contact-local ids of the overrides that an event may change.
func about(e eventstore.Recorded) []string {
	switch m := e.Message.(type) {
	case *eventpb.OverrideProposed:
		return []string{m.GetOverrideId()}
	case *eventpb.OverrideDecided:
		return []string{m.GetOverrideId()}
	case *eventpb.OverrideReviewed:
		return []string{m.GetOverrideId()}
	case *eventpb.OverrideExpired:
		return []string{m.GetOverrideId()}
	case *eventpb.InformationRequested:
		return cited(m)
	}
	return nil
}

// cited gives the overrides that a request rests on, each once.
func cited(m *eventpb.InformationRequested) (ids []string) {
	for _, q := range m.GetQuestions() {
		for _, a := range q.GetAuthorities() {
			if a.GetKind() == authority.KindOverride && !slices.Contains(ids, a.GetId()) {
				ids = append(ids, a.GetId())
			}
		}
	}
	return ids
}

// Apply folds an event into the row of the override of that contact with that contact-local id, if it is about it; prev is nil before
// the proposal and is not changed. As in the rules, an id keeps the meaning it was first given, the first decision stands, and what is
// about an override that is not there adds nothing.
func Apply(prev *Override, contactID, overrideID string, e eventstore.Recorded) *Override {
	if !slices.Contains(about(e), overrideID) {
		return prev
	}
	if m, ok := e.Message.(*eventpb.OverrideProposed); ok && prev == nil {
		prev = propose(contactID, m, e)
	}
	if prev == nil {
		return nil
	}
	next := *prev
	next.Position = e.Position.Ordinal()
	switch m := e.Message.(type) {
	case *eventpb.OverrideDecided:
		next.decide(m, e)
	case *eventpb.OverrideReviewed:
		next.review(m)
	case *eventpb.OverrideExpired:
		next.Lapsed = true
	case *eventpb.InformationRequested:
		if !slices.Contains(next.Requests, m.GetRequestId()) {
			next.Requests = append(slices.Clip(next.Requests), m.GetRequestId())
		}
	}
	return &next
}

func propose(contactID string, m *eventpb.OverrideProposed, e eventstore.Recorded) *Override {
	return &Override{
		ContactID: contactID, OverrideID: m.GetOverrideId(), Outcome: Proposed, ReasonCode: m.GetReasonCode(),
		Asked: scopeOf(m.GetScope()), Bases: m.GetBases(), ProposedBy: m.GetProposedBy(), ProposedAt: e.Metadata.RecordedAt.UTC(),
	}
}

func (o *Override) decide(m *eventpb.OverrideDecided, e eventstore.Recorded) {
	if o.Outcome != Proposed {
		return
	}
	o.Outcome, o.DecidedBy, o.Role, o.Rule = m.GetOutcome(), m.GetDecidedBy(), m.GetRole(), m.GetRule()
	o.DecidedAt, o.OutOfHours = e.Metadata.RecordedAt.UTC(), m.GetOutOfHours()
	if m.GetExpiresAt() != nil {
		o.ExpiresAt = m.GetExpiresAt().AsTime()
	}
	if m.GetReviewAt() != nil {
		o.ReviewAt = m.GetReviewAt().AsTime()
	}
	if o.granted() {
		allowed := scopeOf(m.GetScope())
		o.Allowed = &allowed
	}
}

// review never brings back what an earlier one ended.
func (o *Override) review(m *eventpb.OverrideReviewed) {
	o.WasLate = o.WasLate || m.GetLate()
	o.Ended = o.Ended || m.GetOutcome() != authority.Continues
	if m.GetReviewAt() != nil {
		o.ReviewAt = m.GetReviewAt().AsTime()
	}
}

func scopeOf(s *eventpb.Scope) Scope {
	return Scope{Subjects: s.GetSubjects(), Purposes: s.GetPurposes(), Agencies: s.GetAgencies(), Categories: s.GetCategories()}
}
