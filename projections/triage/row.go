package triage

import (
	"math"
	"time"

	"github.com/google/uuid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
)

// The states of a contact, as the queue shows them.
const (
	Unrated      = "unrated"
	Triaged      = "triaged"
	Allocated    = "allocated"
	PassedAcross = "passed-across"
	Duplicate    = "duplicate"
)

// inQueue are the states in which a contact is in the queue.
var inQueue = []string{Unrated, Triaged, Allocated}

// Row is a contact as the queue shows it.
type Row struct {
	// Contact is what the deciders know of it, without its Subjects.
	Contact contact.State

	Agency, WorkType, SourceCode string
	// SenderUrgent is the sender's word, see Urgent.
	SenderUrgent bool
	OutOfHours   bool
	// Children is how many it is about.
	Children   uint32
	ReceivedAt time.Time
	// Actions are what the triage directed, as codes.
	Actions []string
	// Lapses are clocks that were overdue when they were replaced, oldest first.
	Lapses []*eventpb.Lapse

	// Revision of its stream, and ordinal of the position in $all, that the row shows.
	Revision uint64
	Position int64
}

// State is one of the published states. What takes a contact out of the queue comes before how far it had got in it.
func (r *Row) State() string {
	switch {
	case r.Contact.DuplicateOf != "":
		return Duplicate
	case r.Children > 0 && len(r.Contact.Queued) == 0:
		return PassedAcross
	case r.Contact.Worker != "":
		return Allocated
	case r.Contact.Rating != "":
		return Triaged
	}
	return Unrated
}

// InQueue says whether the front door still has to act on it.
func (r *Row) InQueue() bool {
	state := r.State()
	return state != Duplicate && state != PassedAcross
}

// Urgent is ahead of everything that is not (KEN-10): the sender's word holds until a rating takes its place.
func (r *Row) Urgent() bool {
	if r.Contact.Rating == "" {
		return r.SenderUrgent
	}
	return r.Contact.Rating == practice.Red
}

// ChildrenPassedAcross is how many of the children went straight across to a team.
func (r *Row) ChildrenPassedAcross() uint32 {
	return r.Children - min(r.Children, uint32(len(r.Contact.Queued)))
}

// Clocks are the running ones; none runs for what has left the queue.
func (r *Row) Clocks() []*eventpb.Clock {
	if !r.InQueue() {
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
