package strategymeetings

import (
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// propose begins a row.
func (m Meetings) propose(e *eventpb.StrategyMeetingProposed) *Row {
	r := &Row{ID: e.GetMeetingId(), Reference: e.GetHubReference(), State: Proposed, OwnerTeam: e.GetOwnerTeam(), Follows: e.GetFollows()}
	for _, c := range e.GetChildren() {
		r.Children = append(r.Children, Child{ID: c.GetChildId(), Contact: c.GetContactId(), Subject: c.GetSubjectId()})
	}
	return r
}

// carry gives enquiries as a later meeting has them: as they stand where they were started. Where that is not on record they are its own.
func (m Meetings) carry(r *Row, e *eventpb.EnquiryStart) Enquiry {
	q := Enquiry{Child: e.GetChildId(), Starter: r.ID, StarterChild: e.GetChildId(), Mode: e.GetMode(), Conference: clockOf(e.GetConference())}
	starter := m[e.GetMeetingId()]
	if starter == nil {
		return q
	}
	child := e.GetStartedChildId()
	if child == "" {
		child = e.GetChildId()
	}
	for _, had := range starter.Enquiries {
		if had.Starter == starter.ID && had.StarterChild == child {
			q.Starter, q.StarterChild, q.Ended, q.HeldAt = had.Starter, had.StarterChild, had.Ended, had.HeldAt
		}
	}
	return q
}

// starts are the enquiries of other meetings that a proposal carries, or that a conclusion found to run since.
func starts(event proto.Message) []*eventpb.EnquiryStart {
	switch e := event.(type) {
	case *eventpb.StrategyMeetingProposed:
		return e.GetEnquiries()
	case *eventpb.StrategyMeetingConcluded:
		return e.GetEnquiries()
	}
	return nil
}

// starters are the meetings that started them.
func starters(event proto.Message) (ids []string) {
	for _, start := range starts(event) {
		ids = append(ids, start.GetMeetingId())
	}
	return ids
}

// spread tells other meetings what an event of one means to the enquiries that they share, and gives all the rows that changed.
func (m Meetings) spread(row *Row, event proto.Message) []string {
	changed := []string{row.ID}
	change := func(id string) *Row {
		if !slices.Contains(changed, id) {
			m[id] = m[id].clone()
			changed = append(changed, id)
		}
		return m[id]
	}
	switch event.(type) {
	case *eventpb.StrategyMeetingProposed, *eventpb.StrategyMeetingConcluded:
		for _, id := range starters(event) {
			if row.carries(id) && !slices.Contains(m[id].Carriers, row.ID) {
				starter := change(id)
				starter.Carriers = append(starter.Carriers, row.ID)
			}
		}
	case *eventpb.EnquiriesConcluded, *eventpb.ConferenceHeld:
		for _, id := range row.Carriers {
			for i, carried := range m[id].Enquiries {
				if own, ok := row.started(carried); ok && (own.Ended != carried.Ended || !own.HeldAt.Equal(carried.HeldAt)) {
					later := change(id)
					later.Enquiries[i].Ended, later.Enquiries[i].HeldAt, later.Position = own.Ended, own.HeldAt, row.Position
				}
			}
		}
	}
	return changed
}

// carries reports whether the meeting has enquiries that another one started.
func (r *Row) carries(starter string) bool {
	return starter != r.ID && slices.ContainsFunc(r.Enquiries, func(q Enquiry) bool { return q.Starter == starter })
}

// started gives the enquiries that this meeting started and another carries.
func (r *Row) started(carried Enquiry) (Enquiry, bool) {
	i := slices.IndexFunc(r.Enquiries, func(q Enquiry) bool {
		return carried.Starter == r.ID && q.Starter == r.ID && q.StarterChild == carried.StarterChild
	})
	if i < 0 {
		return Enquiry{}, false
	}
	return r.Enquiries[i], true
}

// clone gives a row of its own, whose lists can be changed.
func (r *Row) clone() *Row {
	next := *r
	next.Parties, next.Actions = slices.Clone(r.Parties), slices.Clone(r.Actions)
	next.Enquiries, next.Carriers = slices.Clone(r.Enquiries), slices.Clone(r.Carriers)
	return &next
}
