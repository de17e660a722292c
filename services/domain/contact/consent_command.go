package contact

import (
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// RecordHolder says that somebody with parental responsibility is known, or
// describes one who is on record anew.
type RecordHolder struct {
	Setting
	// HolderID is empty for somebody new, else who is described anew.
	HolderID string
	Holder   *eventpb.Holder
	// Subjects are the children the responsibility is for. Empty takes a
	// recorded responsibility back; what the holder refused keeps standing.
	Subjects []string
	// Basis is a published code of what it rests on.
	Basis string
}

// RecordConsent says what a holder said, or why nobody was asked (SOT-07, KEN-25).
type RecordConsent struct {
	Setting
	HolderID string
	// Stance is one of authority's: given, refused, not-sought or
	// cannot-be-obtained.
	Stance string
	// Scope is what it is about. Its agencies are organisations: "all partners"
	// was resolved by whoever made the command.
	Scope *eventpb.Scope
	// AskedBy is who asked, by opaque id; Asked and How are when and how.
	AskedBy string
	Asked   *eventpb.Occurrence
	How     string
	// Reason says why it was not sought or cannot be obtained, or a refuser's
	// reasons.
	Reason string
	// Evidence is a published code of what shows it.
	Evidence string
	// ExpiresAt is when a given consent ends by itself; zero: with the contact.
	ExpiresAt time.Time
}

// WithdrawConsent says that a holder took a given consent back (HUB-02).
type WithdrawConsent struct {
	Setting
	ConsentID string
	Withdrawn *eventpb.Occurrence
	How       string
	Reason    string
}

// LapseConsent says that a consent came to its end by itself. The hub gives it,
// at that time or as soon as possible after it.
type LapseConsent struct {
	Setting
	ConsentID string
}

// RecordEngagement says whether the family agrees to engage with a service
// (KEN-11), which allows no information to be shared.
type RecordEngagement struct {
	Setting
	HolderID string
	Subjects []string
	// Service is a code of a destination, Agrees "yes", "no" or "undecided".
	Service, Agrees string
	Said            *eventpb.Occurrence
	// Reason is needed with a no: what it means for the concern, and for the
	// parent's ability to meet needs.
	Reason string
}

// RecordLawfulBasis says which lawful basis is relied on, and why.
type RecordLawfulBasis struct {
	Setting
	Scope *eventpb.Scope
	// Bases are published codes, all of one regime.
	Bases     []string
	Reasoning string
}

// DecideNotToShare says that something is not shared, and why.
type DecideNotToShare struct {
	Setting
	Scope  *eventpb.Scope
	Reason string
}

// GoOnDespiteRefusal says that the front door goes on with what needs no
// agreement (KEN-11). It allows nothing that needs one.
type GoOnDespiteRefusal struct {
	Setting
	// Consents are the refusals and withdrawals, by consent id.
	Consents []string
	Reason   string
}

func (c RecordHolder) under(s Setting) Command       { c.Setting = s; return c }
func (c RecordConsent) under(s Setting) Command      { c.Setting = s; return c }
func (c WithdrawConsent) under(s Setting) Command    { c.Setting = s; return c }
func (c LapseConsent) under(s Setting) Command       { c.Setting = s; return c }
func (c RecordEngagement) under(s Setting) Command   { c.Setting = s; return c }
func (c RecordLawfulBasis) under(s Setting) Command  { c.Setting = s; return c }
func (c DecideNotToShare) under(s Setting) Command   { c.Setting = s; return c }
func (c GoOnDespiteRefusal) under(s Setting) Command { c.Setting = s; return c }
