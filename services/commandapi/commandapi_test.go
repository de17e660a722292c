package commandapi_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/rpc"
)

func (w *world) client() commandpb.ContactCommandServiceClient {
	return commandpb.NewContactCommandServiceClient(w.conn)
}

func asked(expected ...uint64) *commandpb.CommandContext {
	c := &commandpb.CommandContext{RequestId: uuid.NewString()}
	if len(expected) == 1 {
		c.ExpectedRevision = &expected[0]
	}
	return c
}

func triage(id string, c *commandpb.CommandContext) *commandpb.TriageContactRequest {
	return &commandpb.TriageContactRequest{Context: c, ContactId: id, Rating: "amber", Actions: []string{"agency-checks", "other"}, Directions: "call " + canary + " today"}
}

// The five commands, one after the other, as they are at work; each answer's revision and position are those on record.
func TestALifeOfCommands(t *testing.T) {
	w := newWorld(t)
	first, second := w.receive(t, 1), w.receive(t, 2)
	ctx := w.as(t, "team-manager")
	var results []*commandpb.CommandResult
	keep := func(r interface {
		GetResult() *commandpb.CommandResult
	}, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r.GetResult())
	}
	r1, err := w.client().TriageContact(ctx, triage(first, asked(0)))
	keep(r1, err)
	r2, err := w.client().RateContact(ctx, &commandpb.RateContactRequest{Context: asked(1), ContactId: first, Rating: "red", Reason: "the father is back"})
	keep(r2, err)
	r3, err := w.client().AllocateContact(ctx, &commandpb.AllocateContactRequest{Context: asked(2), ContactId: first, Worker: "social-worker"})
	keep(r3, err)
	r4, err := w.client().LinkDuplicate(ctx, &commandpb.LinkDuplicateRequest{Context: asked(3), ContactId: strings.ToUpper(first), DuplicateOf: strings.ToUpper(second), Reason: "same evening"})
	keep(r4, err)
	r5, err := w.client().UnlinkDuplicate(ctx, &commandpb.UnlinkDuplicateRequest{Context: asked(4), ContactId: first, Reason: "another evening"})
	keep(r5, err)

	var types []string
	err = w.store.Read(t.Context(), contact.Stream(first), 1, func(e eventstore.Recorded) error {
		types = append(types, strings.TrimPrefix(e.Type, "mash.event.v1."))
		want := &commandpb.CommandResult{Revision: e.Revision, Position: e.Position.Token(), EventId: e.ID.String()}
		if diff := cmp.Diff(want, results[e.Revision-1], protocmp.Transform()); diff != "" {
			t.Errorf("the answer is not what is on record (-record +answer):\n%s", diff)
		}
		if m := e.Metadata; m.Actor != "team-manager" || m.Role != string(access.TeamManager) || m.Team != "front-door" || m.CorrelationID != first || m.SeenRevision == nil || *m.SeenRevision != e.Revision-1 {
			t.Errorf("%s: metadata %+v, want the caller, the contact and the revision they saw", e.Type, m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ContactTriaged", "ContactRated", "ContactAllocated", "ContactLinkedAsDuplicate", "ContactUnlinked"}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("on record (-want +got):\n%s", diff)
	}
	if log := w.log.String(); strings.Contains(log, canary) {
		t.Errorf("the log has personal data:\n%s", log)
	}
}

func TestTheSameRequestGetsTheFirstAnswer(t *testing.T) {
	w := newWorld(t)
	id := w.receive(t, 1)
	request := triage(id, asked(0))
	first, err := w.client().TriageContact(w.as(t, "team-manager"), request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.client().RateContact(w.as(t, "team-manager"), &commandpb.RateContactRequest{Context: asked(), ContactId: id, Rating: "red", Reason: "worse"}); err != nil {
		t.Fatal(err)
	}
	want := proto.Clone(first).(*commandpb.TriageContactResponse)
	want.Result.Repeated = true
	again := proto.Clone(request).(*commandpb.TriageContactRequest)
	for name, expected := range map[string]*uint64{"as it was": request.Context.ExpectedRevision, "having looked again": proto.Uint64(1), "without having looked": nil} {
		again.Context.ExpectedRevision = expected
		got, err := w.client().TriageContact(w.as(t, "team-manager"), again)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAUsedRequestIDForSomethingElse(t *testing.T) {
	w := newWorld(t)
	id := w.receive(t, 1)
	request := triage(id, asked())
	if _, err := w.client().TriageContact(w.as(t, "team-manager"), request); err != nil {
		t.Fatal(err)
	}
	other := proto.Clone(request).(*commandpb.TriageContactRequest)
	other.Rating = "red"
	_, err := w.client().TriageContact(w.as(t, "team-manager"), other)
	wantError(t, err, codes.AlreadyExists, rpc.ReasonRequestReused)
	_, err = w.client().TriageContact(w.as(t, "manager-2"), request)
	wantError(t, err, codes.AlreadyExists, rpc.ReasonRequestReused)
	_, err = w.client().UnlinkDuplicate(w.as(t, "team-manager"), &commandpb.UnlinkDuplicateRequest{Context: request.Context, ContactId: id, Reason: "none"})
	wantError(t, err, codes.AlreadyExists, rpc.ReasonRequestReused)
	// Ids are remembered with their contact, as the published schema says.
	elsewhere := triage(w.receive(t, 2), request.Context)
	for _, repeated := range []bool{false, true} {
		answer, err := w.client().TriageContact(w.as(t, "team-manager"), elsewhere)
		if err != nil || answer.GetResult().GetRepeated() != repeated {
			t.Errorf("on another contact: %v, %v; want it carried out, once", answer, err)
		}
	}
}

func TestRefusalsAsAWorkerSeesThem(t *testing.T) {
	w := newWorld(t)
	id := w.receive(t, 1)
	manager := func() context.Context { return w.as(t, "team-manager") }

	_, err := w.client().RateContact(manager(), &commandpb.RateContactRequest{Context: asked(), ContactId: id, Rating: "red", Reason: canary})
	if info := wantError(t, err, codes.FailedPrecondition, contact.ReasonNotTriaged); info.Metadata["rule"] != "KEN-03" {
		t.Errorf("metadata %v, want the rule KEN-03", info.Metadata)
	}
	_, err = w.client().TriageContact(manager(), triage(uuid.NewString(), asked()))
	wantError(t, err, codes.NotFound, rpc.ReasonNotFound)
	_, err = w.client().TriageContact(manager(), triage(id, asked(7)))
	if info := wantError(t, err, codes.Aborted, rpc.ReasonRevisionChanged); info.Metadata["actual_revision"] != "0" || info.Metadata["expected_revision"] != "7" {
		t.Errorf("metadata %v, want expected 7, actual 0", info.Metadata)
	}
	// In the proto directions may be empty; with the action "other" the rule wants them.
	_, err = w.client().TriageContact(manager(), &commandpb.TriageContactRequest{Context: asked(), ContactId: id, Rating: "red", Actions: []string{"other"}})
	wantError(t, err, codes.InvalidArgument, contact.ReasonInvalidCommand)
	_, err = w.client().LinkDuplicate(manager(), &commandpb.LinkDuplicateRequest{Context: asked(), ContactId: id, DuplicateOf: uuid.NewString(), Reason: canary})
	wantError(t, err, codes.FailedPrecondition, contact.ReasonTargetNotReceived)
	// The table lets the on-call senior manager through; the profile does so only while the front door is closed.
	_, err = w.client().TriageContact(w.as(t, "on-call-senior-manager"), triage(id, asked()))
	wantError(t, err, codes.PermissionDenied, "ONLY_OUT_OF_HOURS")
	_, err = w.client().TriageContact(manager(), triage("contact "+canary, &commandpb.CommandContext{RequestId: canary}))
	wantError(t, err, codes.InvalidArgument, rpc.ReasonInvalidFields)

	revisions := 0
	if err := w.store.Read(t.Context(), contact.Stream(id), 0, func(eventstore.Recorded) error { revisions++; return nil }); err != nil || revisions != 1 {
		t.Errorf("%d events on record (%v), want the contact alone", revisions, err)
	}
	if log := w.log.String(); strings.Contains(log, canary) {
		t.Errorf("the log has personal data:\n%s", log)
	}
}

// Every command against every role: what the table denies never reaches the contact.
func TestEveryCommandAgainstEveryRole(t *testing.T) {
	w := newWorld(t)
	id := uuid.NewString() // of no contact: who gets through is told so
	calls := map[string]struct {
		action access.Action
		do     func(context.Context) error
	}{
		"RecordConversation": {access.ContactRecord, func(ctx context.Context) error {
			_, err := w.client().RecordConversation(ctx, conversation(asked(), "nobody-known"))
			return err
		}},
		"SettleEncompass": {access.EncompassSettle, func(ctx context.Context) error {
			_, err := w.client().SettleEncompass(ctx, &commandpb.SettleEncompassRequest{Context: asked(), ContactId: id, NotificationId: "n1", Outcome: "not-in-scope", Reason: "left"})
			return err
		}},
		"TriageContact": {access.ContactTriage, func(ctx context.Context) error {
			_, err := w.client().TriageContact(ctx, triage(id, asked()))
			return err
		}},
		"RateContact": {access.ContactRate, func(ctx context.Context) error {
			_, err := w.client().RateContact(ctx, &commandpb.RateContactRequest{Context: asked(), ContactId: id, Rating: "red", Reason: "worse"})
			return err
		}},
		"AllocateContact": {access.ContactAllocate, func(ctx context.Context) error {
			_, err := w.client().AllocateContact(ctx, &commandpb.AllocateContactRequest{Context: asked(), ContactId: id, Worker: "social-worker"})
			return err
		}},
		"LinkDuplicate": {access.ContactLink, func(ctx context.Context) error {
			_, err := w.client().LinkDuplicate(ctx, &commandpb.LinkDuplicateRequest{Context: asked(), ContactId: id, DuplicateOf: uuid.NewString(), Reason: "same"})
			return err
		}},
		"UnlinkDuplicate": {access.ContactLink, func(ctx context.Context) error {
			_, err := w.client().UnlinkDuplicate(ctx, &commandpb.UnlinkDuplicateRequest{Context: asked(), ContactId: id, Reason: "not same"})
			return err
		}},
	}
	if got, want := len(calls), len(commandpb.ContactCommandService_ServiceDesc.Methods); got != want {
		t.Fatalf("%d of %d methods are tried", got, want)
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			wantError(t, call.do(anonymous(t)), codes.Unauthenticated, rpc.ReasonNoCredentials)
			for _, p := range people() {
				ok, _ := access.Can(p.Role, call.action)
				switch {
				case !ok:
					wantError(t, call.do(w.as(t, p.ID)), codes.PermissionDenied, rpc.ReasonRoleMayNot)
				case name == "RecordConversation": // it opens a contact, and is of an agency that nobody knows
					wantError(t, call.do(w.as(t, p.ID)), codes.InvalidArgument, rpc.ReasonInvalidFields)
				default:
					wantError(t, call.do(w.as(t, p.ID)), codes.NotFound, rpc.ReasonNotFound)
				}
			}
		})
	}
}

// What identifies or describes a person is in the event, and readable only with its key.
func TestWordsOfACommandAreSealedOnRecord(t *testing.T) {
	w := newWorld(t)
	id := w.receive(t, 1)
	if _, err := w.client().TriageContact(w.as(t, "team-manager"), triage(id, asked())); err != nil {
		t.Fatal(err)
	}
	err := w.store.Read(t.Context(), contact.Stream(id), 1, func(e eventstore.Recorded) error {
		if strings.Contains(string(e.Raw), canary) || strings.Contains(string(e.RawMetadata), canary) {
			t.Error("the stored bytes have personal data")
		}
		if got := e.Message.(*eventpb.ContactTriaged).GetDirections().GetOpen().GetText(); !strings.Contains(got, canary) {
			t.Errorf("opened, the directions are %q, want what was sent", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A contact is given to somebody who can hold one: a slip of the pen must not take it out of everybody's sight.
func TestKEN06_NobodyIsNoNamedWorker(t *testing.T) {
	w := newWorld(t)
	id, ctx := w.receive(t, 1), w.as(t, "team-manager")
	if _, err := w.client().TriageContact(ctx, triage(id, asked(0))); err != nil {
		t.Fatal(err)
	}
	for _, worker := range []string{"nobody-99", "auditor"} {
		_, err := w.client().AllocateContact(ctx, &commandpb.AllocateContactRequest{Context: asked(1), ContactId: id, Worker: worker})
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("given to %s: %v, want INVALID_ARGUMENT", worker, err)
		}
	}
}
