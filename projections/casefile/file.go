package casefile

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/projections"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

// File is a contact as it stands. Lists are oldest first.
type File struct {
	// Contact is what the deciders know of it.
	Contact      contact.State
	Received     *eventpb.ContactReceived
	PassedAcross []*eventpb.OpenMatch
	Triage       *eventpb.ContactTriaged
	Ratings      []*eventpb.ContactRated
	Allocations  []*eventpb.ContactAllocated
	Links        []Link
	Requests     []*eventpb.InformationRequested
	Shares       []*eventpb.InformationShared
	Analyses     []*eventpb.AnalysisRecorded
	Decisions    []Decision
	Reopened     []*eventpb.ContactReopened
	Meetings     []Meeting
	// Forms are those that put the conversation that it began with in writing.
	Forms []*eventpb.WrittenFormReceived
	// Duplicates are the contacts that are linked to this one.
	Duplicates []string
	// Lapses are clocks that were overdue when they were replaced.
	Lapses  []*eventpb.Lapse
	History []Step
	// Revision of the contact's stream that the file shows.
	Revision uint64
	// Live says what the rows show in all.
	Live projections.Live
}

// Link is a link to another contact; Undone is nil while it stands.
type Link struct {
	Made   *eventpb.ContactLinkedAsDuplicate
	Undone *eventpb.ContactUnlinked
}

// Decision is one decision on the contact, and what became of it: nil is what has not happened.
type Decision struct {
	Decided      *eventpb.ContactDecided
	SignedOff    *eventpb.DecisionSignedOff
	Returned     *eventpb.DecisionReturned
	Answered     *eventpb.ReferrerAnswered
	Acknowledged *eventpb.OutcomeAcknowledged
}

// Meeting is a strategy meeting, as far as the contact was told of it: last before it was held, and then what became of it.
type Meeting struct {
	ID      string
	Awaited *eventpb.StrategyMeetingAwaited
	Settled []*eventpb.StrategyMeetingSettled
}

// Step is one event in the life of a contact, and who did it.
type Step struct {
	Revision    uint64
	EventType   string
	Actor, Role string
	RecordedAt  time.Time
}

// fold adds one event, with its parts open.
func (f *File) fold(e eventstore.Recorded) error {
	var err error
	if f.Contact, err = contact.Evolve(f.Contact, e.Message); err != nil {
		return err
	}
	f.Revision = e.Revision
	f.History = append(f.History, step(e))
	switch m := e.Message.(type) {
	case *eventpb.ContactReceived:
		f.Received = m
	case *eventpb.ContactPassedAcross:
		f.PassedAcross = append(f.PassedAcross, m.GetMatches()...)
	case *eventpb.ContactTriaged:
		f.Triage, f.Lapses = m, append(f.Lapses, m.GetLapses()...)
	case *eventpb.ContactRated:
		f.Ratings, f.Lapses = append(f.Ratings, m), append(f.Lapses, m.GetLapses()...)
	case *eventpb.ContactAllocated:
		f.Allocations = append(f.Allocations, m)
	case *eventpb.ContactLinkedAsDuplicate:
		f.Links = append(f.Links, Link{Made: m})
	case *eventpb.ContactUnlinked:
		if n := len(f.Links); n > 0 && f.Links[n-1].Undone == nil {
			f.Links[n-1].Undone = m
		}
	default:
		f.conclude(m)
	}
	return nil
}

// conclude adds what was asked, told and made of it.
func (f *File) conclude(event proto.Message) {
	switch m := event.(type) {
	case *eventpb.InformationRequested:
		f.Requests = append(f.Requests, m)
	case *eventpb.InformationShared:
		f.Shares = append(f.Shares, m)
	case *eventpb.AnalysisRecorded:
		f.Analyses = append(f.Analyses, m)
	case *eventpb.ContactDecided:
		f.Decisions = append(f.Decisions, Decision{Decided: m})
	case *eventpb.DecisionSignedOff:
		f.Lapses = append(f.Lapses, m.GetLapses()...)
		f.decision(m.GetDecisionId(), func(d *Decision) { d.SignedOff = m })
	case *eventpb.DecisionReturned:
		f.decision(m.GetDecisionId(), func(d *Decision) { d.Returned = m })
	case *eventpb.ReferrerAnswered:
		f.decision(m.GetDecisionId(), func(d *Decision) { d.Answered = m })
	case *eventpb.OutcomeAcknowledged:
		f.decision(m.GetDecisionId(), func(d *Decision) { d.Acknowledged = m })
	case *eventpb.ContactReopened:
		f.Reopened = append(f.Reopened, m)
	case *eventpb.WrittenFormReceived:
		f.Forms = append(f.Forms, m)
	case *eventpb.StrategyMeetingAwaited:
		f.meeting(m.GetMeetingId()).Awaited = m
	case *eventpb.StrategyMeetingSettled:
		told := f.meeting(m.GetMeetingId())
		told.Settled = append(told.Settled, m)
	}
}

// meeting gives what was told of a meeting, to be added to.
func (f *File) meeting(id string) *Meeting {
	i := slices.IndexFunc(f.Meetings, func(m Meeting) bool { return m.ID == id })
	if i < 0 {
		i, f.Meetings = len(f.Meetings), append(f.Meetings, Meeting{ID: id})
	}
	return &f.Meetings[i]
}

func (f *File) decision(id string, change func(*Decision)) {
	for i := range f.Decisions {
		if f.Decisions[i].Decided.GetDecisionId() == id {
			change(&f.Decisions[i])
		}
	}
}

// step names who did it: a person, or the agency whose message it was.
func step(e eventstore.Recorded) Step {
	actor := e.Metadata.Actor
	if actor == "" {
		actor = e.Metadata.Agency
	}
	return Step{Revision: e.Revision, EventType: e.Type, Actor: actor, Role: e.Metadata.Role, RecordedAt: e.Metadata.RecordedAt}
}

// State is one of the published states of a contact.
func (f *File) State() string { return f.Contact.Stage(int(f.Received.GetChildren())) }

// Clocks are the running ones; for what has left the queue none runs but that of the referrer's answer.
func (f *File) Clocks() []*eventpb.Clock {
	if state := f.State(); state == contact.StageDuplicate || state == contact.StagePassedAcross {
		return nil
	}
	return f.Contact.Clocks
}

// WaitsForMeeting says that it is in the queue and is not decided before a strategy meeting (KEN-23).
func (f *File) WaitsForMeeting() bool {
	switch f.State() {
	case contact.StageUnrated, contact.StageTriaged, contact.StageAllocated:
		return slices.ContainsFunc(f.Contact.Awaited(), func(m contact.Meeting) bool { return m.BeforeDecision })
	}
	return false
}

// HubReference is the short reference for the telephone.
func (f *File) HubReference() string {
	id, err := uuid.Parse(f.Contact.ID)
	if err != nil {
		return "" // the decider makes no other ids
	}
	return contact.HubReference(id)
}
