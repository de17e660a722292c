package strategymeeting

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
)

// The stages of a meeting, published.
const (
	StageProposed  = "proposed"
	StageCalled    = "called"
	StageConcluded = "concluded"
	StageDeclined  = "declined"
	StageCancelled = "cancelled"
)

// The ways to answer an invitation, published.
const (
	Attending = "attending"
	Apologies = "apologies"
)

// The states of an action, published. Overdue is no state: it is told by the clock.
const (
	ActionOpen        = "open"
	ActionCompleted   = "completed"
	ActionNotPossible = "not-possible"
)

// State is what must be known of a meeting to decide about it, and to tell those
// who take part. It is a value: Evolve gives a new one and leaves the old as it
// was. It holds parts that are open, names and words: whoever keeps a state keeps
// them, and an erasure reaches it when it is folded again.
type State struct {
	// MeetingID is the uuid; empty: there is no meeting.
	MeetingID, HubReference string
	// Revision is the last event's in the stream; of no meaning before Begun.
	Revision uint64
	Begun    bool
	// Contested is how many events at the end of the stream say no more than that
	// the meeting was contested: whoever saw it before them saw it as it is.
	Contested uint64
	// Stage is one of the stages above; empty: there is no meeting.
	Stage string
	// Children are whom it is about.
	Children []*eventpb.MeetingChild
	// SignificantHarm is the proposer's answer, until the manager's takes its place.
	SignificantHarm string
	// BeforeDecision says that its contacts are not decided before it (KEN-23).
	BeforeDecision bool
	// OwnerTeam is whose it is (KEN-18), Follows the meeting it follows.
	OwnerTeam, Follows, ProposedBy string

	// Form, At and Place stand, after every move; Moved counts those.
	Form  string
	At    time.Time
	Place *eventpb.NarrativePart
	Moved uint32
	// Briefing is why, as far as the invited may know.
	Briefing *eventpb.NarrativePart
	// Quorum are the sectors it needs, as they were when it was called (WT-04).
	Quorum []string
	// Due is by when it is held; nil before it is called.
	Due      *eventpb.Clock
	CalledBy string
	Chair    string

	Invitees  []Invited
	Attendees []Attendee
	// Answers are all there were, oldest first.
	Answers       []Answered
	Contributions []Contribution

	// HeldAt and what follows are as the meeting concluded.
	HeldAt     time.Time
	Present    []*eventpb.Present
	Considered []*eventpb.Considered
	Outcomes   []*eventpb.ChildOutcome
	// Late says that it was held after it was due.
	Late bool
	// FollowUp is by when a meeting follows; nil: none has to. Followed says that
	// one has.
	FollowUp *eventpb.Clock
	Followed bool
	// MinutesDue is by when everybody has the minutes.
	MinutesDue *eventpb.Clock
	Actions    []MeetingAction
	Minutes    []Version

	// Enquiries are those that earlier meetings had started, and its own.
	Enquiries  []Enquiry
	Conference *eventpb.ConferenceHeld
	CoreGroup  *eventpb.CoreGroupHeld
	Reviews    []*eventpb.ReviewHeld
}

// Invited is an agency that is invited.
type Invited struct {
	Agency, Sector string
	// Required says that without its sector there is no quorum.
	Required bool
	// Answer is what it says of the time that stands; empty: nothing yet.
	Answer string
	// Expected are who comes, by attendee id.
	Expected []string
}

// Attendee is a named person of an agency.
type Attendee struct {
	ID, Agency, Sector string
	// Part is who it is.
	Part          *eventpb.AttendeePart
	SubstituteFor string
}

// Answered is an answer of an agency. It stands no longer when another one
// follows or the meeting is moved to another time.
type Answered struct {
	Event  *eventpb.InvitationAnswered
	Stands bool
	// Revision is the event's.
	Revision uint64
}

// Contribution is what an agency says in writing.
type Contribution struct {
	ID, Agency string
	Statement  *eventpb.Statement
	// Uninvited and AfterEnd are as the answer was that it came with.
	Uninvited, AfterEnd bool
}

// MeetingAction is something an agency has to do.
type MeetingAction struct {
	ID, Agency, Owner string
	Children          []string
	Words             *eventpb.NarrativePart
	Due               *eventpb.Clock
	// FollowsFrom is the outcome it follows from by itself; empty: the meeting
	// set it.
	FollowsFrom string
	// State is one of the states above, Closed the revision of the event that
	// closed it.
	State  string
	Closed uint64
	// Told is the due time that the agency was told had passed; zero: none.
	Told time.Time
}

// Version is a version of the minutes.
type Version struct {
	Number   uint32
	Words    *eventpb.NarrativePart
	Agencies []string
	Receipts []Receipt
	// Revision is that of the event that issued it.
	Revision uint64
}

// Receipt says that an agency has a version.
type Receipt struct {
	Agency string
	// Correction is what it holds to be wrong; nil: nothing.
	Correction *eventpb.NarrativePart
	// Revision is the event's.
	Revision uint64
}

// Enquiry is section 47 enquiries about a child, as this meeting knows them.
type Enquiry struct {
	// Start is when, by which meeting and under which conference clock. It stands
	// for good: no later meeting moves it (WT-03).
	Start *eventpb.EnquiryStart
	// Mode is "single" or "joint", as it was last decided.
	Mode string
	// Ended is how they ended: a code of practice.EnquiryEnds, or "ended" where a
	// meeting ended them; empty: they run.
	Ended string
}

// Decider gives the rules of this package.
func Decider() domain.Decider[Command, proto.Message, State] {
	return domain.Decider[Command, proto.Message, State]{Initial: Initial, Evolve: Evolve, Decide: Decide}
}

// Initial is the state of a meeting that was never proposed.
func Initial() State { return State{} }

// Over reports whether nothing is to be held any more.
func (s State) Over() bool {
	return s.Stage == StageConcluded || s.Stage == StageDeclined || s.Stage == StageCancelled
}

// child finds a child by the meeting's id.
func (s State) child(id string) bool {
	return slices.ContainsFunc(s.Children, func(c *eventpb.MeetingChild) bool { return c.GetChildId() == id })
}

// childIDs gives the ids of all children: whom words about the meeting speak of.
func (s State) childIDs() []string {
	ids := make([]string, len(s.Children))
	for i, c := range s.Children {
		ids[i] = c.GetChildId()
	}
	return ids
}

// enquiry finds the enquiries about a child.
func (s State) enquiry(child string) (Enquiry, bool) {
	i := slices.IndexFunc(s.Enquiries, func(e Enquiry) bool { return e.Start.GetChildId() == child })
	if i < 0 {
		return Enquiry{}, false
	}
	return s.Enquiries[i], true
}

// invited finds an agency among the invitees.
func (s State) invited(agency string) (Invited, bool) {
	i := slices.IndexFunc(s.Invitees, func(one Invited) bool { return one.Agency == agency })
	if i < 0 {
		return Invited{}, false
	}
	return s.Invitees[i], true
}

// attendee finds a named person.
func (s State) attendee(id string) (Attendee, bool) {
	i := slices.IndexFunc(s.Attendees, func(a Attendee) bool { return a.ID == id })
	if i < 0 {
		return Attendee{}, false
	}
	return s.Attendees[i], true
}
