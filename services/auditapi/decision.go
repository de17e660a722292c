package auditapi

import (
	"context"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact/authority"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/rpc"
)

// A decision is a consent decision in a contact's record.
type decision struct {
	event eventstore.Recorded
	// before and since are what was recorded before it and after it.
	before, since history
	// about is what was decided about.
	about *eventpb.Scope
	// rests is what a request rests on; nil: it is no request.
	rests []*eventpb.Authority
	rule  string
	// caused says whether a later event is there because of it.
	caused func(eventstore.Recorded) bool
}

// ReplayConsentDecision answers a consent decision as it stood when it was taken, and what has come of it and since.
func (s *service) ReplayConsentDecision(ctx context.Context, r *auditpb.ReplayConsentDecisionRequest) (*auditpb.ReplayConsentDecisionResponse, error) {
	h, err := s.history(ctx, r.GetContactId())
	if err != nil {
		return nil, err
	}
	d, ok := h.decision(r.GetDecisionId())
	if !ok {
		return nil, rpc.NotFound("decision")
	}
	state, err := d.before.state()
	if err != nil {
		return nil, err
	}
	at, meta := d.event.Metadata.RecordedAt, d.event.Metadata
	answer := &auditpb.ReplayConsentDecisionResponse{SeenRevision: meta.SeenRevision, Rule: d.rule, Profile: meta.Profile}
	answer.Standing = d.before.standing(d.weighed(state.Authority.Accounts(d.about, at)))
	for _, e := range d.since {
		if happenedBefore(e.Message, at) {
			answer.HappenedBefore = append(answer.HappenedBefore, e.Revision)
		}
	}
	on := s.newDisplay(ctx, h)
	if err := d.show(on); err != nil {
		return nil, err
	}
	on.into(answer)
	return answer, nil
}

// The fields of mash.audit.v1.ReplayConsentDecisionResponse that hold events.
const (
	decisionField protowire.Number = 1
	beforeField   protowire.Number = 2
	unseenField   protowire.Number = 4
	becauseField  protowire.Number = 8
	sinceField    protowire.Number = 9
)

// show shows first the whole record, then the parts of it that are named for themselves.
func (d decision) show(on *display) error {
	for _, part := range []struct {
		field  protowire.Number
		events history
	}{{decisionField, history{d.event}}, {beforeField, d.before}, {sinceField, d.since}, {unseenField, d.unseen()}, {becauseField, d.because()}} {
		if err := on.show(part.field, part.events...); err != nil {
			return err
		}
	}
	return nil
}

// unseen is what had been recorded after the revision that the decider had before them; nothing where that is not known.
func (d decision) unseen() history {
	seen := d.event.Metadata.SeenRevision
	if seen == nil || *seen+1 >= uint64(len(d.before)) {
		return nil
	}
	return d.before[*seen+1:]
}

func (d decision) because() (all history) {
	if d.caused == nil {
		return nil
	}
	for _, e := range d.since {
		if d.caused(e) {
			all = append(all, e)
		}
	}
	return all
}

// weighed leaves of the accounts those that a request rests on.
func (d decision) weighed(all []authority.Account) []authority.Account {
	if d.rests == nil {
		return all
	}
	return slices.DeleteFunc(all, func(a authority.Account) bool { return !cites(d.rests, a.Kind, a.ID) })
}

func cites(list []*eventpb.Authority, kind, id string) bool {
	return slices.ContainsFunc(list, func(a *eventpb.Authority) bool { return a.GetKind() == kind && a.GetId() == id })
}

// decision finds one by its contact-local id. An id keeps the meaning it was first given, and so do decisions on overrides.
func (h history) decision(id string) (decision, bool) {
	found, proposed := decision{}, false
	for i, e := range h {
		d, ok := decided(e, id)
		if !ok || proposed && d.proposal() {
			continue
		}
		if d.about == nil { // a manager's no is about what was asked for
			d.about = found.about
		}
		d.event, d.before, d.since = e, h[:i], h[i+1:]
		found = d
		if proposed = d.proposal(); !proposed {
			return found, true
		}
	}
	return found, proposed
}

// proposal says that the decision is an override's proposal, in whose place a manager's decision comes.
func (d decision) proposal() bool {
	_, is := d.event.Message.(*eventpb.OverrideProposed)
	return is
}

// decided says whether an event is the decision of that id.
func decided(e eventstore.Recorded, id string) (decision, bool) {
	switch m := e.Message.(type) {
	case *eventpb.ConsentRecorded:
		rule := "SOT-07"
		if m.GetStance() == authority.NotSought {
			rule = "KEN-25"
		}
		return decision{event: e, about: m.GetScope(), rule: rule, caused: resting(authority.KindConsent, id)}, m.GetConsentId() == id
	case *eventpb.OverrideProposed:
		return decision{event: e, about: m.GetScope(), rule: "SOT-08"}, m.GetOverrideId() == id
	case *eventpb.OverrideDecided:
		return decision{event: e, about: m.GetScope(), rule: m.GetRule(), caused: resting(authority.KindOverride, id)}, m.GetOverrideId() == id
	case *eventpb.InformationRequested:
		about, rests := asked(m)
		return decision{event: e, about: about, rests: rests, rule: "HUB-02", caused: answering(id)}, m.GetRequestId() == id
	case *eventpb.DecidedNotToShare:
		return decision{event: e, about: m.GetScope(), rule: "DfE golden rule 7"}, m.GetDecisionId() == id
	}
	return decision{}, false
}

// asked gives all that a request is about, and all that it rests on.
func asked(m *eventpb.InformationRequested) (*eventpb.Scope, []*eventpb.Authority) {
	about, rests := &eventpb.Scope{Purposes: m.GetPurposes()}, []*eventpb.Authority{}
	for _, q := range m.GetQuestions() {
		about.Agencies = append(about.Agencies, q.GetAgency())
		about.Subjects = append(about.Subjects, q.GetSubjects()...)
		about.Categories = append(about.Categories, q.GetCategories()...)
		rests = append(rests, q.GetAuthorities()...)
	}
	return about, rests
}

// resting follows what a consent or an override brought about: requests that rest on it, and what the agencies so asked told. It keeps
// what it has seen, and takes events in their order.
func resting(kind, id string) func(eventstore.Recorded) bool {
	type question struct{ request, agency string }
	put := map[question]bool{}
	return func(e eventstore.Recorded) bool {
		switch m := e.Message.(type) {
		case *eventpb.InformationRequested:
			rests := false
			for _, q := range m.GetQuestions() {
				if cites(q.GetAuthorities(), kind, id) {
					rests, put[question{m.GetRequestId(), q.GetAgency()}] = true, true
				}
			}
			return rests
		case *eventpb.InformationShared:
			return put[question{m.GetRequestId(), m.GetAgency()}]
		}
		return false
	}
}

// answering follows what agencies told under a request.
func answering(request string) func(eventstore.Recorded) bool {
	return func(e eventstore.Recorded) bool {
		m, ok := e.Message.(*eventpb.InformationShared)
		return ok && m.GetRequestId() == request
	}
}
