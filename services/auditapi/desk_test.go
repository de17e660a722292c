package auditapi_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
)

// A desk is where one contact is worked on, as casework does: commands are decided on the live state by the real rules, and what they
// add is put on record.
type desk struct {
	w       *world
	t       interface{ Fatalf(string, ...any) }
	ctx     context.Context
	profile practice.Profile
	id      string
	now     time.Time
	state   contact.State
	// live has the state after each revision, as it was then; recorded has the events, and at when.
	live     []contact.State
	recorded []proto.Message
	at       []time.Time
}

// newDesk receives a contact of two children and triages it.
func newDesk(ctx context.Context, t interface{ Fatalf(string, ...any) }, w *world) *desk {
	p, err := practice.Builtin()
	if err != nil {
		t.Fatalf("%v", err)
	}
	message := uuid.NewString()
	d := &desk{w: w, t: t, ctx: ctx, profile: p, id: contact.ID("kent-police", "urn:test", message).String(), now: monday}
	child := contact.Child{Person: &eventpb.Child{GivenName: canary, FamilyName: "Okafor", DateOfBirth: &eventpb.PartialDate{Value: "2017-05-04"}, Sex: "F"}}
	d.must(access.AgencySystem, "", contact.Receive{
		Agency: "kent-police", Source: "urn:test", MessageID: message, Reference: "46/1/26", WorkType: "police-contact", SourceCode: "6",
		Children: []contact.Child{child, child}, Referrer: &eventpb.Referrer{Name: "PC 4711", Role: "officer", Phones: []string{"01622 690690"}},
		Reason: "Found alone at home at night.", Consent: contact.Consent{Stance: "not-known", FamilyKnows: "not-known", AgreesToEngage: "not-known"},
	})
	d.must(access.TeamManager, "manager-1", contact.Triage{Rating: "amber", Actions: []string{"agency-checks"}})
	d.must(access.TeamManager, "manager-1", contact.Allocate{Worker: "worker-1"})
	for _, h := range []struct{ name, basis string }{{"Ngozi", "mother"}, {"Emeka", "father-registered"}} {
		d.must(access.SocialWorker, "worker-1", contact.RecordHolder{Holder: &eventpb.Holder{Name: h.name + " " + canary}, Subjects: []string{"s1", "s2"}, Basis: h.basis})
	}
	return d
}

// do decides a command by somebody who had a revision before them (nil: not known); false: it was refused.
func (d *desk) do(role access.Role, actor string, seen *uint64, c contact.Command) bool {
	added, err := contact.Decide(contact.Under(c, contact.Setting{Now: d.now, Profile: d.profile, Role: role, Actor: actor}), d.state)
	if _, refused := errors.AsType[*domain.Refusal](err); refused {
		return false
	}
	if err != nil {
		d.t.Fatalf("%T: %v", c, err)
	}
	var events []eventstore.Event
	for _, m := range added {
		if d.state, err = contact.Evolve(d.state, m); err != nil {
			d.t.Fatalf("fold: %v", err)
		}
		events = append(events, eventstore.Event{ID: uuid.New(), Message: m})
		d.live, d.recorded, d.at = append(d.live, d.state), append(d.recorded, m), append(d.at, d.now)
	}
	if len(events) == 0 {
		return true
	}
	meta := eventstore.Metadata{Actor: actor, Role: string(role), SeenRevision: seen, RecordedAt: d.now, Profile: d.profile.String()}
	if _, err := d.w.store.Append(d.ctx, contact.Stream(d.id), eventstore.AnyRevision(), meta, events...); err != nil {
		d.t.Fatalf("append: %v", err)
	}
	return true
}

func (d *desk) must(role access.Role, actor string, c contact.Command) (revision uint64) {
	before := len(d.recorded)
	if !d.do(role, actor, nil, c) || len(d.recorded) == before {
		d.t.Fatalf("%T was refused or added nothing", c)
	}
	return uint64(before)
}

// scope is about children, asking police for what they have.
func scopeOf(children ...string) *eventpb.Scope {
	return &eventpb.Scope{
		Subjects: children, Agencies: []string{"kent-police"}, Categories: []string{"police-and-offending"}, Purposes: []string{"safeguarding-assessment"},
	}
}

// said is what a holder said at a time about some of the children.
func said(holder, stance string, at time.Time, children ...string) contact.RecordConsent {
	return contact.RecordConsent{
		HolderID: holder, Stance: stance, Scope: scopeOf(children...), AskedBy: "worker-1", How: "telephone", Evidence: "note-of-conversation",
		Asked: &eventpb.Occurrence{At: timestamppb.New(at), Precision: "instant"},
	}
}

func ask(children ...string) contact.RequestInformation {
	return contact.RequestInformation{
		Mode: "targeted", Purposes: []string{"safeguarding-assessment"}, Words: "What is known?", Status: "triaged",
		Questions: []contact.Ask{{Agency: "kent-police", Subjects: children, Categories: []string{"police-and-offending"}}},
	}
}

func answer(request string, words string) contact.ShareInformation {
	return contact.ShareInformation{
		Agency: "kent-police", RequestID: request, Answer: "shared",
		Statements: []contact.Statement{{Subjects: []string{"s1"}, Category: "police-and-offending", Kind: "fact", Source: "record", Words: words}},
	}
}

func propose(children ...string) contact.ProposeOverride {
	return contact.ProposeOverride{
		Scope: scopeOf(children...), ReasonCode: "would-prejudice-protection", Risk: "He has threatened them.", Bases: []string{"uk-gdpr-6-1-e"},
	}
}

func (d *desk) replay(t testing.TB, decision string) *auditpb.ReplayConsentDecisionResponse {
	t.Helper()
	r, err := auditpb.NewAuditServiceClient(d.w.conn).ReplayConsentDecision(d.w.as(t, "auditor"), &auditpb.ReplayConsentDecisionRequest{ContactId: d.id, DecisionId: decision})
	if err != nil {
		t.Fatalf("replay %s: %v", decision, err)
	}
	return r
}

func revisions(events []*auditpb.RecordedEvent) []uint64 {
	all := []uint64{}
	for _, e := range events {
		all = append(all, e.GetRevision())
	}
	return all
}
