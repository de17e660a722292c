package contact

import (
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// ProposeOverride asks a manager to let the front door go on without consent
// (SOT-08). Setting.Actor proposes it, and never decides it (HUB-01).
type ProposeOverride struct {
	Setting
	Scope *eventpb.Scope
	// ReasonCode is why consent is not relied on, a published code.
	ReasonCode string
	// Risk is the credible reason to believe that seeking consent may place a
	// child at risk of significant harm.
	Risk string
	// Bases are the lawful basis relied on, published codes of one regime.
	Bases []string
	// Despite are the refusals and withdrawals it would go past, by consent id:
	// all that stand for those children.
	Despite []string
}

// DecideOverride is a manager's decision on an override (SOT-08, SOT-32), by
// another person than the one who proposed it (HUB-01).
type DecideOverride struct {
	Setting
	OverrideID string
	// Outcome is one of authority's: approved, narrowed or declined.
	Outcome string
	// Scope is what is allowed where it is narrowed. Approved is as asked, and
	// needs no scope.
	Scope  *eventpb.Scope
	Reason string
	// ExpiresAt is when it ends by itself; needed unless declined.
	ExpiresAt time.Time
	// ReviewAt is by when it is looked at again; zero: the latest that the
	// profile allows.
	ReviewAt time.Time
}

// ReviewOverride looks at an approved override again.
type ReviewOverride struct {
	Setting
	OverrideID string
	// Outcome is one of authority's: continues or ended.
	Outcome string
	Reason  string
	// ReviewAt is by when it is looked at next, where it continues; zero: the
	// latest that the profile allows.
	ReviewAt time.Time
}

// LapseOverride says that an override came to its end by itself. The hub gives
// it, at that time or as soon as possible after it.
type LapseOverride struct {
	Setting
	OverrideID string
}

// RecordAgencyOverride says that an agency goes on without consent, in
// consultation with its own line manager (ROC-03). It allows the hub nothing.
type RecordAgencyOverride struct {
	Setting
	Agency string
	// ReasonCode is "cannot-be-had" or "raises-risk".
	ReasonCode string
	// Consulted is the line manager's post, and no name.
	Consulted string
	Reason    string
}

func (c ProposeOverride) under(s Setting) Command      { c.Setting = s; return c }
func (c DecideOverride) under(s Setting) Command       { c.Setting = s; return c }
func (c ReviewOverride) under(s Setting) Command       { c.Setting = s; return c }
func (c LapseOverride) under(s Setting) Command        { c.Setting = s; return c }
func (c RecordAgencyOverride) under(s Setting) Command { c.Setting = s; return c }
