package strategymeeting

import (
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
)

// Command is what a caller wants of a meeting: [Propose], [Call], [Decline],
// [Widen], [Move], [Cancel], [Answer], [Conclude], [CloseAction], [ActionLapsed],
// [IssueMinutes], [ReceiveMinutes], [Follow], [ConcludeEnquiries],
// [RecordConference], [RecordCoreGroup] or [RecordReview].
type Command interface {
	under(Setting) Command
	setting() Setting
}

// Setting is when a command is decided, in what role and under which practice.
// Casework sets it; whoever makes the command leaves it empty.
type Setting struct {
	// Now is the hub's clock, never a sender's.
	Now time.Time
	// Profile holds what the authority may vary: quorum, clocks, duties.
	Profile practice.Profile
	// Role is what the actor is.
	Role access.Role
	// Actor is who acts, by opaque id: who proposes never calls (SOT-10).
	Actor string
}

// Under gives the command as it is to be decided in that setting.
func Under(c Command, s Setting) Command { return c.under(s) }

func (s Setting) setting() Setting { return s }

// Propose asks for a meeting, with the threshold reasoning (SOT-10). What is on
// other streams is resolved by casework before the command is decided.
type Propose struct {
	Setting
	// MeetingID is the meeting's uuid; see [ID].
	MeetingID string
	// Children are whom it is about, with ids s1, s2, … in this order. A child of
	// a contact has the contact's id and the subject's; one who is open to a team
	// has that team.
	Children []*eventpb.MeetingChild
	// SignificantHarm is a code of practice.HarmFindings; always answered.
	SignificantHarm string
	// Threshold is the impact on the children, and why the threshold is met.
	Threshold string
	// BeforeDecision says that the contact cannot be decided before (KEN-23).
	BeforeDecision bool
	// Follows is the meeting that this one follows; empty: it is the first.
	Follows string
	// Enquiries are those that run about the children already, as [State.Carried]
	// of the followed meeting gives them, by this meeting's ids of the children.
	Enquiries []*eventpb.EnquiryStart
}

// Call is a manager's decision that the threshold is met (SOT-10, SOT-11).
type Call struct {
	Setting
	// Form is a code of practice.MeetingForms.
	Form string
	// At is when it is held. A discussion that was held before it could be
	// recorded is called with that time.
	At time.Time
	// Place is where, or how to join; it may be empty.
	Place string
	// SignificantHarm is the manager's own answer: "present" or "at-risk".
	SignificantHarm string
	// Reasons are the manager's, Briefing is what the invited may know of them.
	Reasons, Briefing string
	// Invitees are the agencies, with the sectors the registry gives.
	Invitees []Invitee
	// Chair is an opaque id; empty: the caller.
	Chair string
}

// Invitee is an agency and the sector that the registry gives it.
type Invitee struct{ Agency, Sector string }

// Decline says that a proposed meeting is not called. It is a manager's, and
// never the proposer's.
type Decline struct {
	Setting
	Reason string
}

// Widen invites more agencies.
type Widen struct {
	Setting
	Invitees []Invitee
}

// Move gives a called meeting another time, form or place.
type Move struct {
	Setting
	At   time.Time
	Form string
	// Place is where, or how to join; empty: as before.
	Place  string
	Reason string
}

// Cancel says that a called meeting will not be held.
type Cancel struct {
	Setting
	Reason string
}

// Answer is what an agency says to its invitation, or sends without one.
type Answer struct {
	Setting
	// Agency is the sender, Sector what the registry gives it.
	Agency, Sector string
	// Answer is "attending" or "apologies".
	Answer string
	// Attendees are who comes; with apologies nobody does.
	Attendees []Person
	// Reason is why nobody comes; it may be empty.
	Reason string
	// Contributions are what the agency says in writing, about the meeting's
	// children, with its handling. Words and conditions are open parts; whom the
	// parts are about and the statements' ids are set here.
	Contributions []*eventpb.Statement
	// FromAgency says that the agency itself sent it; otherwise somebody at the
	// front door wrote down what it said.
	FromAgency bool
}

// Person is somebody of an agency who takes part.
type Person struct {
	Name, Post string
	Phones     []string
	Email      string
	// SubstituteFor is the attendee whom they stand in for; empty: nobody. They
	// count for their own agency's sector.
	SubstituteFor string
}

// CloseAction says that an action is done, or cannot be.
type CloseAction struct {
	Setting
	ActionID string
	// Result is "completed" or "not-possible"; the second says why in Words.
	Result, Words string
	// Agency says it of its own action; empty: staff of the hub on its behalf.
	Agency string
}

// ActionLapsed says that an action was due and is not done.
type ActionLapsed struct {
	Setting
	ActionID string
	// DueAt is the due time that has passed, as the action has it.
	DueAt time.Time
}

// IssueMinutes sends the minutes, or a corrected version.
type IssueMinutes struct {
	Setting
	Words string
}

// ReceiveMinutes says that an agency has a version.
type ReceiveMinutes struct {
	Setting
	Version uint32
	Agency  string
	// Correction is what the agency holds to be wrong; empty: nothing.
	Correction string
}

// Contest says that another meeting about a child of this one is concluding, and
// that both have claimed to start enquiries about it (WT-03). The hub gives it.
type Contest struct {
	Setting
	// By is the other meeting.
	By string
}

func (c Propose) under(s Setting) Command        { c.Setting = s; return c }
func (c Call) under(s Setting) Command           { c.Setting = s; return c }
func (c Decline) under(s Setting) Command        { c.Setting = s; return c }
func (c Widen) under(s Setting) Command          { c.Setting = s; return c }
func (c Move) under(s Setting) Command           { c.Setting = s; return c }
func (c Cancel) under(s Setting) Command         { c.Setting = s; return c }
func (c Answer) under(s Setting) Command         { c.Setting = s; return c }
func (c CloseAction) under(s Setting) Command    { c.Setting = s; return c }
func (c ActionLapsed) under(s Setting) Command   { c.Setting = s; return c }
func (c IssueMinutes) under(s Setting) Command   { c.Setting = s; return c }
func (c ReceiveMinutes) under(s Setting) Command { c.Setting = s; return c }
func (c Contest) under(s Setting) Command        { c.Setting = s; return c }
