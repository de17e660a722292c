package triage

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

var (
	errNotReceived = errors.New("the contact's first event is not its receipt")
	errOutOfOrder  = errors.New("the contact's revisions do not follow each other")
)

// Apply folds one event of a contact's stream into its row; prev is nil before the first and is not changed. An event that it does
// not know, or that does not follow on the last, is an error: a row that left one out would be wrong and look right.
func Apply(prev *Row, e eventstore.Recorded) (*Row, error) {
	received, first := e.Message.(*eventpb.ContactReceived)
	switch {
	case first != (prev == nil):
		return nil, errNotReceived
	case prev != nil && e.Revision != prev.Revision+1:
		return nil, fmt.Errorf("%w: %d after %d", errOutOfOrder, e.Revision, prev.Revision)
	}
	row := Row{}
	if prev != nil {
		row = *prev
	}
	var err error
	if row.Contact, err = contact.Evolve(row.Contact, e.Message); err != nil {
		return nil, err
	}
	row.Contact = slim(row.Contact)
	row.Revision, row.Position = e.Revision, e.Position.Ordinal()
	if first {
		row.receive(received)
	}
	switch m := e.Message.(type) {
	case *eventpb.ContactTriaged:
		row.Actions = m.GetActions()
		row.Lapses = after(row.Lapses, m.GetLapses())
	case *eventpb.ContactRated:
		row.Lapses = after(row.Lapses, m.GetLapses())
	case *eventpb.DecisionSignedOff:
		row.Lapses = after(row.Lapses, m.GetLapses())
		row.conclude(prev)
	case *eventpb.ContactReopened:
		row.conclude(prev)
	}
	return &row, nil
}

// conclude counts anew the children who are out of the queue because of a decision. Those who went across stay where they are.
func (r *Row) conclude(prev *Row) {
	r.Concluded = r.Children - min(r.Children, prev.ChildrenPassedAcross()+uint32(len(r.Contact.Queued)))
}

// slim keeps of a state what the queue shows, and what is needed to fold on: of decisions no more than how each stands,
// of strategy meetings those that are awaited, and which are not any more.
func slim(s contact.State) contact.State {
	kept := contact.State{
		ID: s.ID, Queued: s.Queued, Team: s.Team, Worker: s.Worker, Rating: s.Rating, Clocks: s.Clocks, DuplicateOf: s.DuplicateOf,
		WrittenForm: s.WrittenForm, FormLapsed: s.FormLapsed, Encompass: withoutWords(s.Encompass), Revision: s.Revision, Begun: s.Begun,
	}
	for _, d := range s.Decisions {
		kept.Decisions = append(kept.Decisions, contact.Decision{ID: d.ID, Standing: d.Standing, Response: d.Response})
	}
	for _, m := range s.Meetings {
		one := contact.Meeting{ID: m.ID, How: m.How}
		if m.How == "" { // awaited
			one.Stage, one.BeforeDecision, one.Clock = m.Stage, m.BeforeDecision, m.Clock
		}
		kept.Meetings = append(kept.Meetings, one)
	}
	return kept
}

// withoutWords leaves out what a person wrote when they settled a notification.
func withoutWords(all []contact.Notification) []contact.Notification {
	for i, n := range all {
		if n.Decided.GetWords() != nil {
			all = slices.Clone(all)
			all[i].Decided = proto.CloneOf(n.Decided)
			all[i].Decided.Words = nil
		}
	}
	return all
}

func (r *Row) receive(e *eventpb.ContactReceived) {
	r.Agency, r.WorkType, r.SourceCode = e.GetAgency(), e.GetWorkType(), e.GetSourceCode()
	r.SenderUrgent, r.OutOfHours = e.GetUrgent(), e.GetOutOfHours()
	r.Channel, r.Children = e.GetConversation().GetChannel(), e.GetChildren()
	r.ReceivedAt = e.GetReceivedAt().AsTime()
}

// after gives a list of its own: prev's must not grow behind its back.
func after(old, more []*eventpb.Lapse) []*eventpb.Lapse {
	if len(more) == 0 {
		return old
	}
	return append(old[:len(old):len(old)], more...)
}
