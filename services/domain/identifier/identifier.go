// Package identifier decides what is on record under the numbers that name a
// child: which cases are open to which team, and which strategy meetings have let
// section 47 enquiries run.
//
// On the way of a contact it stands before the contact's own decider. The
// case-management system tells the hub which cases are open; casework records
// that on one stream for each NHS number, unique pupil number and case number a
// case is known by (identifier-<HMAC>), and reads those of a contact's children
// before it decides, so that a child who is open goes straight across (KEN-04).
//
// A meeting that concludes with enquiries that run is noted under its children's
// numbers ([Note]). A later meeting about the same child finds it there, whatever
// contact it came by, and starts no second conference clock (WT-03). What is noted
// stays: whether the enquiries still run is the meeting's own to say. One that is
// about to start them claims that first ([Claim]), so that of two that conclude at
// once each finds the other. A child of a contact has a stream of this kind too
// ([ContactChild]): the child may have no number.
//
// # What it guarantees, and what it does not
//
//   - The later change wins, by the sender's changed_at and in whatever order the
//     messages arrive; a late one is recorded as superseded and changes nothing.
//     Of two changes at the same time one that says open wins, of two such the
//     one whose team's code is the smaller: neither by when they arrived.
//   - One message concerns several streams, and no store appends to several at
//     once. The case number's stream is written last: it remembers the other
//     numbers, so a message that was recorded in part is completed when it is
//     delivered again, and a message with other numbers closes the case under
//     those it no longer has ([Plan]).
//   - Numbers match exactly, in normal form (package number). Two cases may be
//     open under one number: a contact goes to both teams.
//
// It does not know whether a number belongs to the child it was sent for, and it
// never matches by name or date of birth: a wrong match would take a child out of
// the queue. For the moment between the first and the last stream of one message,
// a contact that arrives may see the case under one number and not under another.
package identifier

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
)

// The types of number, as events name them.
const (
	NHSNumber  = "nhs_number"
	UPN        = "upn"
	CaseNumber = "case_number"
)

// ContactChild is the type of what names a child of a contact, as the contact
// does: its value is made by [ChildOf]. It is no number, and no case is open under
// it.
const ContactChild = "contact_child"

// ChildOf names a child of a contact.
func ChildOf(contactID, subjectID string) string { return contactID + "/" + subjectID }

// Stream gives the name of a number's stream, of its pseudonym: the HMAC that
// the key ring makes of type and value.
func Stream(pseudonym string) string { return "identifier-" + pseudonym }

// State is what is on record under one number.
type State struct {
	// kind is the number's type, empty as long as nothing is recorded.
	kind  string
	cases map[caseKey]standing
	// late are the changes that were superseded when they arrived.
	late map[caseKey][]standing
	// enquiring are the meetings noted, claiming those that claimed to start
	// enquiries, each the oldest first.
	enquiring, claiming []string
}

// Two authorities may give the same case number, so a case is known by its
// agency too.
type caseKey struct{ id, agency string }

// standing is how a case stands by the latest change on record.
type standing struct {
	open        bool
	team        string
	changedAt   time.Time
	identifiers []string
}

func (s standing) equal(t standing) bool {
	return s.open == t.open && s.team == t.team && s.changedAt.Equal(t.changedAt) && slices.Equal(s.identifiers, t.identifiers)
}

// Decider gives the rules of this package, for one stream.
func Decider() domain.Decider[Entry, proto.Message, State] {
	return domain.Decider[Entry, proto.Message, State]{Initial: Initial, Evolve: Evolve, Decide: Decide}
}

// Initial is the state of a number that nothing was recorded under.
func Initial() State {
	return State{cases: map[caseKey]standing{}, late: map[caseKey][]standing{}}
}

// Evolve folds one event into the state it is given, which it changes. An event
// of another stream or release is an error.
func Evolve(s State, event proto.Message) (State, error) {
	switch e := event.(type) {
	case *eventpb.EnquiriesNoted:
		s.enquiring = with(s.enquiring, e.GetMeetingId())
		return s, nil
	case *eventpb.EnquiriesClaimed:
		s.claiming = with(s.claiming, e.GetMeetingId())
		return s, nil
	}
	e, ok := event.(*eventpb.OpenCaseRecorded)
	if !ok {
		return s, fmt.Errorf("identifier: unknown event %s", typeName(event))
	}
	key := caseKey{e.GetCaseId(), e.GetAgency()}
	entry := standing{
		open:        e.GetOpen(),
		team:        e.GetTeam(),
		changedAt:   e.GetChangedAt().AsTime(),
		identifiers: e.GetIdentifiers(),
	}
	s.kind = e.GetIdentifierType()
	if e.GetSuperseded() {
		s.late[key] = append(s.late[key], entry)
		return s, nil
	}
	s.cases[key] = entry
	return s, nil
}

func typeName(event proto.Message) string {
	if event == nil {
		return "nil"
	}
	return string(event.ProtoReflect().Descriptor().FullName())
}

// OpenCase is a case that is open under a number.
type OpenCase struct {
	// ID is opaque: the pseudonym of the case number.
	ID string
	// Agency is whose system says so, and Team whom it is open to.
	Agency, Team string
}

// OpenCases gives the cases that are open, in a fixed order.
func (s State) OpenCases() []OpenCase {
	var open []OpenCase
	for key, c := range s.cases {
		if c.open {
			open = append(open, OpenCase{ID: key.id, Agency: key.agency, Team: c.team})
		}
	}
	slices.SortFunc(open, func(a, b OpenCase) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Agency, b.Agency))
	})
	return open
}
