package strategymeetings

import (
	"math"
	"slices"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// The states of a meeting, as lists show them.
const (
	Proposed  = "proposed"
	Called    = "called"
	Concluded = "concluded"
	Declined  = "declined"
	Cancelled = "cancelled"
)

// attending and apologies are the answers to an invitation.
const (
	attending = "attending"
	apologies = "apologies"
)

// never is a time that does not come, in microseconds since 1970.
const never = math.MaxInt64

// Row is a meeting as lists show it. It is stored as JSON.
type Row struct {
	ID, Reference string
	// State is one of the constants above, Form "meeting" or "discussion", empty before the call.
	State, Form string
	// ProposedAt is when the proposal was recorded, At when the meeting is to be held, HeldAt when it was; zero: not yet.
	ProposedAt, At, HeldAt time.Time
	OwnerTeam, Chair       string
	Children               []Child
	// Due is by when it must be held, FollowUp by when a discussion must be followed by a meeting, FollowedAt when it was.
	Due, FollowUp *Clock `json:",omitempty"`
	FollowedAt    time.Time
	// Quorum are the sectors without which it cannot conclude, Parties the agencies that have to do with it.
	Quorum  []string
	Parties []Party
	Moved   uint32
	Actions []Action
	// Enquiries are those about its children, started here or before. The first core group and the next review follow from a conference
	// that was recorded here, for those on a plan.
	Enquiries         []Enquiry
	OnPlan            []string
	CoreGroup, Review *Clock `json:",omitempty"`
	// Minutes counts the versions; MinutesDue is by when the first one must be out.
	Minutes    uint32
	MinutesDue *Clock `json:",omitempty"`

	// Follows is the meeting before this one; Carriers are those that carry enquiries which this one started.
	Follows  string
	Carriers []string

	// Revision of its stream, and ordinal in $all of the last event of any stream, that the row shows.
	Revision uint64
	Position int64
}

// Child is a child it is about: by the meeting's id, and by the contact's where it came by one.
type Child struct{ ID, Contact, Subject string }

// Clock is a timescale, as it was recorded.
type Clock struct {
	Kind, Reckoning, Rule, Calendar string
	Started, Due                    time.Time
}

// Party is an agency that has to do with the meeting.
type Party struct {
	Agency, Sector string
	Invited        bool
	// Answer is its last one before the meeting, empty while there is none; Contributed: it has said something in writing.
	Answer      string
	Contributed bool
	// Present, once it was held. Of those that were invited and were Absent: whether there were apologies, whether it Wrote before, and
	// whether it was expected.
	Present, Absent, Apologies, Wrote, Expected bool
	// Sent is the last version of the minutes that went to it, Received the last it said it has.
	Sent, Received uint32
}

// Action is something an agency has to do. State is "open", "completed" or "not-possible".
type Action struct {
	ID, Agency, Owner, State string
	// FollowsFrom is the outcome that it follows from by itself; empty: the meeting set it.
	FollowsFrom   string
	Due, ClosedAt time.Time
	Late          bool
}

// Overdue says whether it is open and was due before now.
func (a Action) Overdue(now time.Time) bool { return a.State == Open && micro(a.Due) < now.UnixMicro() }

// Open is the state of an action that is not closed.
const Open = "open"

// Enquiry is section 47 enquiries about a child.
type Enquiry struct {
	// Child is the child by this meeting's id; Starter the meeting that started them, StarterChild the child by that one's id.
	Child, Starter, StarterChild string
	// Mode is "single" or "joint", as it was when they started.
	Mode string
	// Conference is by when the initial conference is due: counted from the discussion that started them, and never moved (WT-03).
	Conference *Clock `json:",omitempty"`
	// Ended is how they ended, empty while they run; HeldAt when the conference was held.
	Ended  string
	HeldAt time.Time
}

// Runs says whether they have neither ended nor led to a conference.
func (q Enquiry) Runs() bool { return q.Ended == "" && q.HeldAt.IsZero() }

// awaits says whether a conference is due: enquiries that ended with the decision to hold one still have it.
func (q Enquiry) awaits() bool {
	return q.Conference != nil && q.HeldAt.IsZero() && (q.Ended == "" || q.Ended == "conference")
}

// Stands is the time at which it stands in lists.
func (r *Row) Stands() time.Time {
	switch {
	case !r.HeldAt.IsZero():
		return r.HeldAt
	case !r.At.IsZero():
		return r.At
	}
	return r.ProposedAt
}

// NextDue is by when it must be held or, once it was held as a discussion, followed; nil: nothing is due.
func (r *Row) NextDue() *Clock {
	switch {
	case r.State == Called:
		return r.Due
	case r.State == Concluded && r.FollowedAt.IsZero():
		return r.FollowUp
	}
	return nil
}

// Overdue says whether that has passed.
func (r *Row) Overdue(now time.Time) bool { return r.due() < now.UnixMicro() }

func (r *Row) due() int64 { return due(r.NextDue()) }

// EnquiriesRunning is for how many of its children section 47 enquiries run.
func (r *Row) EnquiriesRunning() (n uint32) {
	for _, q := range r.Enquiries {
		if q.Runs() {
			n++
		}
	}
	return n
}

// Invited are the agencies that are invited, Attending those of them that have said that they come.
func (r *Row) Invited() []string {
	return r.agencies(func(p Party) bool { return p.Invited })
}

// Attending are those of the invited that have said that they come.
func (r *Row) Attending() []string {
	return r.agencies(func(p Party) bool { return p.Invited && p.Answer == attending })
}

// ReceiptsMissing are the agencies that were sent the last version of the minutes and have not said that they have it.
func (r *Row) ReceiptsMissing() []string {
	return r.agencies(func(p Party) bool { return r.Minutes > 0 && p.Sent == r.Minutes && p.Received < r.Minutes })
}

func (r *Row) agencies(which func(Party) bool) (names []string) {
	for _, p := range r.Parties {
		if which(p) {
			names = append(names, p.Agency)
		}
	}
	return names
}

// Missing are the sectors of the quorum that nobody who comes is of, while the meeting is to be held. The front door that has called its own
// meeting chairs it, and is not asked whether it comes: it counts until it says that it does not. Who was there is what counts in the end.
func (r *Row) Missing() (sectors []string) {
	if r.State != Called {
		return nil
	}
	for _, s := range r.Quorum {
		if !slices.ContainsFunc(r.Parties, func(p Party) bool { return p.Sector == s && r.comes(p) }) {
			sectors = append(sectors, s)
		}
	}
	return sectors
}

// comes says whether somebody of an agency is expected. An owning team that is an agency itself, by the same code, is the front door.
func (r *Row) comes(p Party) bool {
	return p.Answer == attending || p.Answer == "" && p.Invited && p.Agency == r.OwnerTeam
}

// Party gives what the meeting has to do with an agency; false: nothing.
func (r *Row) Party(agency string) (Party, bool) {
	i := slices.IndexFunc(r.Parties, func(p Party) bool { return p.Agency == agency })
	if i < 0 {
		return Party{}, false
	}
	return r.Parties[i], true
}

// Clocks are those that run: its own, and those of what follows from it.
func (r *Row) Clocks() (running []*eventpb.Clock) {
	add := func(c *Clock) {
		if c != nil {
			running = append(running, c.Message())
		}
	}
	add(r.NextDue())
	if r.Minutes == 0 {
		add(r.MinutesDue)
	}
	for _, q := range r.Enquiries {
		if q.awaits() && !slices.ContainsFunc(running, func(c *eventpb.Clock) bool {
			return c.GetDueAt().AsTime().Equal(q.Conference.Due) && c.GetKind() == q.Conference.Kind
		}) {
			add(q.Conference)
		}
	}
	add(r.CoreGroup)
	add(r.Review)
	return running
}

// due is a due time in microseconds since 1970, the resolution of all orders.
func due(c *Clock) int64 {
	if c == nil {
		return never
	}
	return micro(c.Due)
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return t.UnixMicro()
}
