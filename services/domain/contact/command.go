package contact

import (
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
)

// Command is something to be decided about one contact. The set is closed: it is
// what [Decide] switches over.
type Command interface {
	under(Setting) Command
	setting() Setting
}

// Setting is when a command is decided, in what role and under which practice.
// Casework sets it; whoever makes the command leaves it empty.
type Setting struct {
	// Now is the hub's clock, never a sender's.
	Now time.Time
	// Profile holds what the authority may vary: teams, hours, clocks.
	Profile practice.Profile
	// Role is what the actor is (KEN-03).
	Role access.Role
	// Actor is who acts, by opaque id: who proposes never approves (HUB-01).
	Actor string
}

// Under gives the command as it is to be decided in that setting.
func Under(c Command, s Setting) Command { return c.under(s) }

func (s Setting) setting() Setting { return s }

// Receive puts a contact on record (SOT-02, KEN-02, KEN-16).
type Receive struct {
	Setting
	// Agency, Source and MessageID are the key of the message: the contact's
	// uuid is made of them. Source and MessageID are the sender's.
	Agency, Source, MessageID string
	// Reference is the sender's own, without personal data.
	Reference string
	// WorkType is a code of KEN-16, SourceCode one of the census.
	WorkType, SourceCode string
	// Urgent means immediate safeguarding action, and nothing else (KEN-02).
	Urgent bool
	// ChildProtection says that the sender describes such a concern.
	ChildProtection bool
	// Children are the subjects: s1, s2, … in this order.
	Children []Child
	// Referrer is nil if and only if Anonymous.
	Referrer  *eventpb.Referrer
	Anonymous bool
	// Household are the people around the children.
	Household []*eventpb.HouseholdMember
	// Reason is what the worry is, in any script.
	Reason string
	// Consent is what the referrer says of it; a statement, not a consent.
	Consent Consent
	// Occurred is when it happened in the world, or nil.
	Occurred *eventpb.Occurrence
	// OpenMatches are the open cases that casework found for the children
	// (KEN-04), each with the subject id it is about.
	OpenMatches []*eventpb.OpenMatch
	// Consultation is the one that its referrer had with the hub before; zero: none.
	Consultation Consulted
	// DomesticAbuse is an incident that the police tell of (KEN-20), or nil.
	DomesticAbuse *Abuse
	// Follows is the conversation that this puts in writing; zero: none.
	Follows Following
}

// Child is a child as the sender knows them, numbers as they were given.
type Child struct {
	Person *eventpb.Child
	Unborn bool
	// Incident is what the police say of the child in an incident of domestic abuse,
	// School who would be told of it, as casework found it.
	Incident Presence
	School   SchoolSetting
}

// Consent is the referrer's statement (SOT-02), with the codes of
// mash.event.v1.ConsentStatement.
type Consent struct {
	Stance         string
	WhyNotSought   string
	FamilyKnows    string
	AgreesToEngage string
}

// Triage is the first look: a rating, and what is to be done (KEN-03).
type Triage struct {
	Setting
	// Rating is "red", "amber" or "green".
	Rating string
	// Actions are published codes, at least one.
	Actions []string
	// Directions say in words what is to be done; needed where an action is
	// "other".
	Directions string
	// Team is whom it is for; empty: the team that has it.
	Team string
}

// Rate changes the rating of a triaged contact (KEN-03).
type Rate struct {
	Setting
	Rating string
	Reason string
}

// Allocate gives a triaged contact to a named worker (KEN-06).
type Allocate struct {
	Setting
	// Worker is an opaque id.
	Worker string
	// Team is the worker's; empty: the team that has the contact.
	Team string
}

// Link says that this contact tells of the same thing as another one, and
// takes it out of the queue.
type Link struct {
	Setting
	// DuplicateOf is the uuid of the contact that stays.
	DuplicateOf string
	Reason      string
	// Target is what is on record of that contact. Casework reads it.
	Target Target
}

// Target is the contact that a link leads to, as it was read before deciding.
type Target struct {
	// Received says that there is such a contact.
	Received bool
	// DuplicateOf is what it is linked to itself; empty: nothing.
	DuplicateOf string
	// Queued says that the front door still has to act for a child of it.
	Queued bool
}

// Unlink undoes a link; the contact is in the queue again.
type Unlink struct {
	Setting
	Reason string
}

func (c Receive) under(s Setting) Command  { c.Setting = s; return c }
func (c Triage) under(s Setting) Command   { c.Setting = s; return c }
func (c Rate) under(s Setting) Command     { c.Setting = s; return c }
func (c Allocate) under(s Setting) Command { c.Setting = s; return c }
func (c Link) under(s Setting) Command     { c.Setting = s; return c }
func (c Unlink) under(s Setting) Command   { c.Setting = s; return c }
