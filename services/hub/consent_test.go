package hub_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/hub"
	"github.com/openmash/mash/services/hubtest"
)

// A mother refuses, a manager overrides, health is asked and answers, and an auditor replays the decision: through the real parts.
func TestAnOverrideFromProposalToReplay(t *testing.T) {
	h := hubtest.Start(t)
	ctx := h.Context()
	id := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-police"))).GetContactId()
	if _, err := commandpb.NewContactCommandServiceClient(h.Conn("manager-1")).TriageContact(ctx, &commandpb.TriageContactRequest{
		Context: request(1), ContactId: id, Rating: "red", Actions: []string{"agency-checks"},
	}); err != nil {
		t.Fatalf("triage: %v", err)
	}
	worker := commandpb.NewAuthorityCommandServiceClient(h.Conn("worker-1"))
	holder, err := worker.RecordHolder(ctx, &commandpb.RecordHolderRequest{
		Context: request(2), ContactId: id, Name: "Jo Example", Relationship: "mother", Subjects: []string{"s1"}, Basis: "mother",
	})
	if err != nil {
		t.Fatalf("holder: %v", err)
	}
	scope := &commandpb.Scope{Subjects: []string{"s1"}, Purposes: []string{"safeguarding-assessment"}, Agencies: []string{"kent-health"}, Categories: []string{"physical-health"}}
	consent, err := worker.RecordConsent(ctx, &commandpb.RecordConsentRequest{
		Context: request(3), ContactId: id, HolderId: holder.GetHolderId(), Stance: "refused", Scope: scope,
		Asked: &commandpb.When{At: timestamppb.New(hubtest.Monday), Precision: "instant"}, How: "telephone", Reason: "She does not want the GP to know.",
	})
	if err != nil {
		t.Fatalf("refusal: %v", err)
	}
	ask := func(n int) error {
		_, err := commandpb.NewInformationCommandServiceClient(h.Conn("worker-1")).RequestInformation(ctx, &commandpb.RequestInformationRequest{
			Context: request(n), ContactId: id, Mode: "targeted", Scope: scope, Question: "What is known of injuries?", Status: "triaged",
		})
		return err
	}
	if err := ask(4); status.Code(err) == codes.OK {
		t.Fatal("health was asked against a refusal")
	}
	proposal, err := worker.ProposeOverride(ctx, &commandpb.ProposeOverrideRequest{
		Context: request(5), ContactId: id, Scope: scope, ReasonCode: "would-prejudice-protection", Risk: "The mother's partner would learn of it and the child would not be safe.",
		Bases: []string{"uk-gdpr-6-1-e", "dpa-2018-sch1-para18-iii"}, Despite: []string{consent.GetConsentId()},
	})
	if err != nil {
		t.Fatalf("propose: %v", err)
	}
	decision := &commandpb.DecideOverrideRequest{
		Context: request(6), ContactId: id, OverrideId: proposal.GetOverrideId(), Outcome: "approved", Reason: "The risk is credible.",
		ExpiresAt: timestamppb.New(hubtest.Monday.AddDate(0, 0, 3)),
	}
	decision.Context.ExpectedRevision = &proposal.Result.Revision
	if _, err := worker.DecideOverride(ctx, decision); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a worker decides: %v, want PERMISSION_DENIED", err)
	}
	if _, err := commandpb.NewAuthorityCommandServiceClient(h.Conn("manager-2")).DecideOverride(ctx, decision); err != nil {
		t.Fatalf("approve: %v", err)
	}
	if err := ask(7); err != nil {
		t.Fatalf("ask under the override: %v", err)
	}

	asked := receiveRequest(t, h, "kent-health")
	if asked.GetContactId() != id || asked.GetRequestId() == "" || len(asked.GetSubjects()) != 1 || asked.GetSubjects()[0].GetGivenName() != "Sam" || asked.GetSubjects()[0].GetUpn() != "" {
		t.Errorf("health was asked %v", asked)
	}
	answer := &intakepb.Information{
		Agency: "kent-health", ContactId: id, RequestId: asked.GetRequestId(), Answer: "shared",
		Statements: []*intakepb.InformationStatement{{Category: "physical-health", Words: "Seen twice with bruises.", Kind: "fact", Source: "record", NotToFamily: true}},
	}
	shared := accepted(t, send(t, h.Publisher("kent-health"), "information", "i-1", answer))

	trail, err := querypb.NewConsentTrailServiceClient(h.Conn("manager-1")).GetConsentTrail(ctx, &querypb.GetConsentTrailRequest{ContactId: id, NotBefore: shared.GetPosition()})
	if err != nil || len(trail.GetSteps()) != 6 {
		t.Fatalf("trail of %d steps, %v; want holder, refusal, proposal, decision, request, share: %v", len(trail.GetSteps()), err, trail.GetSteps())
	}
	overrides, err := querypb.NewConsentTrailServiceClient(h.Conn("manager-1")).ListOverrides(ctx, &querypb.ListOverridesRequest{Filter: &querypb.OverrideFilter{Approvers: []string{"manager-2"}}})
	if err != nil || len(overrides.GetRows()) != 1 || !overrides.GetRows()[0].GetOpen() {
		t.Errorf("overrides of manager-2 = %v, %v", overrides.GetRows(), err)
	}
	replay, err := auditpb.NewAuditServiceClient(h.Conn("auditor-1")).ReplayConsentDecision(ctx, &auditpb.ReplayConsentDecisionRequest{ContactId: id, DecisionId: proposal.GetOverrideId()})
	if err != nil {
		t.Fatalf("replay: %v", err)
	}
	if replay.GetRule() != "SOT-08" || replay.GetSeenRevision() != proposal.GetResult().GetRevision() || len(replay.GetUnseen()) != 0 || len(replay.GetBecause()) != 2 {
		t.Errorf("replay: rule %s, saw %d, unseen %d, because %d; want SOT-08, %d, none, the request and the share",
			replay.GetRule(), replay.GetSeenRevision(), len(replay.GetUnseen()), len(replay.GetBecause()), proposal.GetResult().GetRevision())
	}
}

// receiveRequest reads the next request for information as the agency would.
func receiveRequest(t *testing.T, h *hubtest.Hub, agency string) *intakepb.InformationRequest {
	t.Helper()
	subject, data := nextOut(t, h, agency)
	r := &intakepb.InformationRequest{}
	if err := protojson.Unmarshal(data, r); err != nil {
		t.Fatalf("%s on %s: %v", data, subject, err)
	}
	return r
}

// nextOut reads the next message of OUT as the agency would.
func nextOut(t *testing.T, h *hubtest.Hub, agency string) (subject string, data []byte) {
	t.Helper()
	key, err := nats.NkeyOptionFromSeed(filepath.Join(h.Config.Data, "creds", "agencies", agency+".nk"))
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(h.Addresses().NATS, key, nats.CustomInboxPrefix("_INBOX."+agency))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.Consumer(h.Context(), "OUT", "out")
	if err != nil {
		t.Fatalf("consumer of %s: %v", agency, err)
	}
	msg, err := consumer.Next(jetstream.FetchMaxWait(hubtest.Patience))
	if err != nil {
		t.Fatalf("nothing came for %s: %v", agency, err)
	}
	if err := msg.Ack(); err != nil {
		t.Fatal(err)
	}
	return msg.Subject(), msg.Data()
}

// An override that ends while the hub is down has ended when it is up again: once, at the time it had.
func TestAnOverrideExpiresWhileTheHubIsDown(t *testing.T) {
	h := hubtest.Start(t, func(*hub.Config) {})
	ctx := h.Context()
	id := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-police"))).GetContactId()
	scope := &commandpb.Scope{Subjects: []string{"s1"}, Purposes: []string{"safeguarding-assessment"}, Agencies: []string{"kent-health"}, Categories: []string{"physical-health"}}
	proposal, err := commandpb.NewAuthorityCommandServiceClient(h.Conn("worker-1")).ProposeOverride(ctx, &commandpb.ProposeOverrideRequest{
		Context: request(1), ContactId: id, Scope: scope, ReasonCode: "would-prejudice-protection", Risk: "The child would not be safe if it were known.",
		Bases: []string{"uk-gdpr-6-1-e", "dpa-2018-sch1-para18-iii"},
	})
	if err != nil {
		t.Fatalf("propose: %v", err)
	}
	ends := hubtest.Monday.Add(4 * time.Hour)
	if _, err := commandpb.NewAuthorityCommandServiceClient(h.Conn("manager-1")).DecideOverride(ctx, &commandpb.DecideOverrideRequest{
		Context: request(2), ContactId: id, OverrideId: proposal.GetOverrideId(), Outcome: "approved", Reason: "credible", ExpiresAt: timestamppb.New(ends),
	}); err != nil {
		t.Fatalf("approve: %v", err)
	}
	h.Stop()
	h.Clock.Advance(ends.Add(time.Hour))
	h.Restart()
	expired := true
	stream, err := querypb.NewConsentTrailServiceClient(h.Conn("manager-1")).WatchOverrides(h.Context(), &querypb.WatchOverridesRequest{Filter: &querypb.OverrideFilter{Expired: &expired}})
	for err == nil {
		var change *querypb.WatchOverridesResponse
		if change, err = stream.Recv(); err == nil && change.GetRow() != nil {
			if !change.GetRow().GetExpiresAt().AsTime().Equal(ends) || change.GetRow().GetOpen() {
				t.Errorf("row = %v, want it ended at %v", change.GetRow(), ends)
			}
			return
		}
	}
	t.Fatalf("the override did not expire: %v", err)
}
