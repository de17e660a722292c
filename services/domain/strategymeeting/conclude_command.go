package strategymeeting

import (
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// Conclude records a meeting that was held: who was there, what was considered
// and decided (WT-04, WT-05). Whoever gives it is on record as its chair.
type Conclude struct {
	Setting
	// Form is how it was held.
	Form string
	// HeldAt is when it began. Everything that follows counts from it, also where
	// it is recorded days later. It is not more than a week before the call.
	HeldAt time.Time
	// Present is who was there, one for each person.
	Present []Present
	// Considered is what was looked at.
	Considered []Considered
	// Outcomes has one for each child.
	Outcomes []Outcome
	Dissents []Dissent
	Actions  []Action
	// FamilyTold is what children and family are told, by whom, and what not.
	FamilyTold string
	Rationale  string
	// Enquiries are those that other meetings have started about the children
	// since this one was proposed, by this meeting's ids; casework reads them.
	Enquiries []*eventpb.EnquiryStart
	// Ended are the children about whom enquiries ran when this meeting was
	// proposed, and run no more; casework reads that where they were started.
	Ended []string
}

// Present is somebody who was there: an attendee who was named before, or a
// person of an agency.
type Present struct {
	// AttendeeID is who was named before; Agency, Sector and Person may be empty
	// then, as they are on record.
	AttendeeID string
	// Agency is theirs, Sector what the registry gives it.
	Agency, Sector string
	Person         Person
}

// Considered is a statement that was looked at. For one that was shared on a
// contact casework fills the whole reference, handling included; a contribution
// to this meeting needs its contribution_id alone.
type Considered struct{ Ref *eventpb.Considered }

// Outcome is what is decided for one child, with the codes of
// mash.event.v1.ChildOutcome.
type Outcome struct {
	ChildID, Outcome string
	// Mode is "single" or "joint": for enquiries that start; for those that go on
	// empty is as before.
	Mode              string
	Medical           string
	MedicalBy, SeenBy string
	// SeenBefore is by when the child is seen; zero: the profile's time, where
	// enquiries start. It is never later than that.
	SeenBefore                time.Time
	Protection, OtherChildren string
	PositionOfTrust           bool
}

// Dissent is an agency that was there and does not agree.
type Dissent struct {
	Agency string
	// Children are whose outcome it is about; empty: all.
	Children []string
	Words    string
}

// Action is what an agency has to do, by when.
type Action struct {
	Agency string
	// Owner is who does it there, by attendee id; empty: the agency sees to it.
	Owner string
	// Children are for whom; empty: all.
	Children []string
	Words    string
	DueAt    time.Time
}

// Follow says that a later meeting was held: it stops the clock under which a
// discussion is followed by a meeting, and ends the enquiries that the later
// meeting ended. Whoever sees that meeting's conclusion gives it to the meeting it
// follows and to those that had started what it ended.
type Follow struct {
	Setting
	// By is the later meeting, Form and HeldAt how and when it was held.
	By     string
	Form   string
	HeldAt time.Time
	// Ended are children of this meeting whose enquiries it ended, by this
	// meeting's ids.
	Ended []string
}

// ConcludeEnquiries ends section 47 enquiries about a child, on the meeting that
// started them.
type ConcludeEnquiries struct {
	Setting
	ChildID string
	// Outcome is a code of practice.EnquiryEnds.
	Outcome, Rationale string
}

// RecordConference says that the initial child protection conference was held, on
// the meeting that started the enquiries (WT-03).
type RecordConference struct {
	Setting
	HeldAt time.Time
	// Children has one for each child whose enquiries have not ended otherwise.
	Children []ConferenceChild
}

// ConferenceChild is what the conference decided for a child.
type ConferenceChild struct {
	ChildID string
	// Plan says that the child is on a child protection plan.
	Plan bool
}

// RecordCoreGroup says that the first core group met (WT-06).
type RecordCoreGroup struct {
	Setting
	HeldAt time.Time
}

// RecordReview says that a review conference was held (WT-06).
type RecordReview struct {
	Setting
	HeldAt time.Time
	// Children are those who stay on a plan.
	Children []string
}

func (c Conclude) under(s Setting) Command          { c.Setting = s; return c }
func (c Follow) under(s Setting) Command            { c.Setting = s; return c }
func (c ConcludeEnquiries) under(s Setting) Command { c.Setting = s; return c }
func (c RecordConference) under(s Setting) Command  { c.Setting = s; return c }
func (c RecordCoreGroup) under(s Setting) Command   { c.Setting = s; return c }
func (c RecordReview) under(s Setting) Command      { c.Setting = s; return c }
