package triage

import (
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
)

// The states of a contact, as the queue shows them.
const (
	Unrated      = contact.StageUnrated
	Triaged      = contact.StageTriaged
	Allocated    = contact.StageAllocated
	Decided      = contact.StageDecided
	PassedAcross = contact.StagePassedAcross
	Duplicate    = contact.StageDuplicate
)

// inQueue are the states in which a contact is in the queue.
var inQueue = []string{Unrated, Triaged, Allocated}

// Row is a contact as the queue shows it.
type Row struct {
	// Contact is what of a contact the deciders know and the queue shows; the rest of it is empty, see slim.
	Contact contact.State

	Agency, WorkType, SourceCode string
	// SenderUrgent is the sender's word, see Urgent.
	SenderUrgent bool
	OutOfHours   bool
	// Channel is that of the conversation that it began with; empty: a message. Until when that is put in writing is in Contact.
	Channel string
	// Children is how many it is about.
	Children uint32
	// Concluded is how many of them are out of the queue because of a decision.
	Concluded  uint32
	ReceivedAt time.Time
	// Actions are what the triage directed, as codes.
	Actions []string
	// Lapses are clocks that were overdue when they were replaced, oldest first.
	Lapses []*eventpb.Lapse

	// Revision of its stream, and ordinal of the position in $all, that the row shows.
	Revision uint64
	Position int64
}

// State is one of the published states.
func (r *Row) State() string { return r.Contact.Stage(int(r.Children)) }

// InQueue says whether the front door still has to act on it.
func (r *Row) InQueue() bool { return slices.Contains(inQueue, r.State()) }

// Urgent is ahead of everything that is not (KEN-10): the sender's word holds until a rating takes its place.
func (r *Row) Urgent() bool {
	if r.Contact.Rating == "" {
		return r.SenderUrgent
	}
	return r.Contact.Rating == practice.Red
}

// ChildrenPassedAcross is how many of the children went straight across to a team.
func (r *Row) ChildrenPassedAcross() uint32 {
	return r.Children - min(r.Children, uint32(len(r.Contact.Queued))+r.Concluded)
}

// Clocks are the running ones. None runs for what has left the queue but the one under which the referrer of a decided contact is
// answered (SOT-05), which orders nothing.
func (r *Row) Clocks() []*eventpb.Clock {
	if !r.InQueue() && r.State() != Decided {
		return nil
	}
	return r.Contact.Clocks
}

// NextDue is the running clock that is due first, nil when none is. Aims are no timescales, and nothing follows from them.
func (r *Row) NextDue() *eventpb.Clock {
	var next *eventpb.Clock
	for _, c := range r.Clocks() {
		switch practice.Kind(c.GetKind()) {
		case practice.Triage, practice.Partners, practice.Decision:
			if next == nil || c.GetDueAt().AsTime().Before(next.GetDueAt().AsTime()) {
				next = c
			}
		}
	}
	return next
}

// Overdue says whether the next due time has passed.
func (r *Row) Overdue(now time.Time) bool { return r.due() < now.UnixMicro() }

// WrittenForm is until when the caller's agency puts a conversation in writing, nil where nobody waits for that (any more).
func (r *Row) WrittenForm() *eventpb.Clock { return r.Contact.WrittenForm }

// FormOverdue says whether it has not done so in time. It is the agency's to do and orders nothing.
func (r *Row) FormOverdue(now time.Time) bool {
	return r.Contact.WrittenForm != nil && now.After(r.Contact.WrittenForm.GetDueAt().AsTime())
}

// Meetings are the strategy meetings about its children that are still to be held, each with a clock of its own beside the contact's.
func (r *Row) Meetings() []contact.Meeting { return r.Contact.Awaited() }

// WaitsForMeeting says that it cannot be decided before one of them (KEN-23). Its own clocks run on: how long it waits stays in sight.
func (r *Row) WaitsForMeeting() bool {
	return r.InQueue() && slices.ContainsFunc(r.Meetings(), func(m contact.Meeting) bool { return m.BeforeDecision })
}

// MeetingOverdue says whether a meeting that is awaited should have been held: strictly after its due time, as Overdue.
func MeetingOverdue(m contact.Meeting, now time.Time) bool {
	return m.Clock != nil && m.Clock.GetDueAt().AsTime().UnixMicro() < now.UnixMicro()
}

// What the column "meeting" holds, to be filtered and found by: nothing where no meeting is awaited.
const (
	waits  = "waits"
	beside = "beside" // one is awaited, and holds no decision back
)

func (r *Row) meeting() string {
	switch {
	case r.WaitsForMeeting():
		return waits
	case len(r.Meetings()) > 0:
		return beside
	}
	return ""
}

// meetingDue is the last due time of the meetings that are awaited, in microseconds since 1970; 0 where none is due.
func (r *Row) meetingDue() (last int64) {
	for _, m := range r.Meetings() {
		if m.Clock != nil {
			last = max(last, m.Clock.GetDueAt().AsTime().UnixMicro())
		}
	}
	return last
}

// passes says whether a due time of the row's, its own or a meeting's, is at or after from and before to.
func (r *Row) passes(from, to time.Time) bool {
	within := func(due int64) bool { return from.UnixMicro() <= due && due < to.UnixMicro() }
	return within(r.due()) || slices.ContainsFunc(r.Meetings(), func(m contact.Meeting) bool {
		return m.Clock != nil && within(m.Clock.GetDueAt().AsTime().UnixMicro())
	})
}

// SchoolsDue is by when the first of the notifications is due that are open (KEN-20), in microseconds since 1970; never where none is.
func (r *Row) SchoolsDue() int64 {
	due := int64(never)
	for _, n := range r.Contact.Encompass {
		if n.Open() {
			due = min(due, n.Decided.GetDue().GetDueAt().AsTime().UnixMicro())
		}
	}
	return due
}

// HubReference is the short reference for the telephone.
func (r *Row) HubReference() string {
	id, err := uuid.Parse(r.Contact.ID)
	if err != nil {
		return "" // the decider makes no other ids; a row that has one is shown without a reference
	}
	return contact.HubReference(id)
}

// never is the due time, in the database, of what is never due: after everything that is.
const never = math.MaxInt64

// due is the next due time in microseconds since 1970, the resolution of the order.
func (r *Row) due() int64 {
	if next := r.NextDue(); next != nil {
		return next.GetDueAt().AsTime().UnixMicro()
	}
	return never
}

// rank orders urgent work first.
func (r *Row) rank() int64 {
	if r.Urgent() {
		return 0
	}
	return 1
}
