package hub_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/hubtest"
)

func consultation(n int) *commandpb.GiveConsultationRequest {
	return &commandpb.GiveConsultationRequest{
		Context: request(n), Agency: "kent-schools", Reference: "DSL-7", Channel: "telephone", HeldAt: timestamppb.New(hubtest.Monday.Add(-20 * time.Minute)),
		Lead: "consulted", LeadConsultedAt: timestamppb.New(hubtest.Monday.Add(-time.Hour)),
		Question: "A boy often comes without lunch. Is that a request?", Advice: "Speak with his mother; send a request if it goes on.", Recommendation: "request-for-support",
	}
}

// KEN-12: a school asks, gets a number and the record of it over NATS, and names the number in the request that follows.
func TestKEN12_AConsultationAndTheContactThatFollows(t *testing.T) {
	h := hubtest.Start(t)
	ctx := h.Context()
	worker := commandpb.NewConsultationCommandServiceClient(h.Conn("worker-1"))
	given, err := worker.GiveConsultation(ctx, consultation(1))
	if err != nil {
		t.Fatalf("give: %v", err)
	}
	again, err := worker.GiveConsultation(ctx, consultation(1))
	if err != nil || again.GetNumber() != given.GetNumber() || !again.GetResult().GetRepeated() {
		t.Errorf("given again: %v, %v; want the number %s", again, err, given.GetNumber())
	}
	sent := &intakepb.Consultation{}
	subject, data := nextOut(t, h, "kent-schools")
	if err := protojson.Unmarshal(data, sent); err != nil || subject != "mash.out.kent-schools.consultation.v1" {
		t.Fatalf("%s on %s: %v", data, subject, err)
	}
	if sent.GetNumber() != given.GetNumber() || sent.GetAdvice() != consultation(1).GetAdvice() || sent.GetReference() != "DSL-7" || sent.GetGivenByRole() != "social-worker" {
		t.Errorf("the school has %v", sent)
	}
	if strings.Contains(string(data), "worker-1") {
		t.Error("the school is told who at the hub it spoke with")
	}

	written := contact("kent-schools")
	written.SourceCode, written.ConsultationNumber = "2A", strings.ToLower(given.GetNumber())
	receipt := accepted(t, send(t, h.Publisher("kent-schools"), "contact", "m-1", written))
	stranger := contact("kent-police")
	stranger.ConsultationNumber = given.GetNumber()
	after := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", stranger)) // the school's was tied before its receipt, and so before this

	got, err := querypb.NewConsultationServiceClient(h.Conn("senior-1")).GetConsultation(ctx, &querypb.GetConsultationRequest{Number: given.GetNumber()})
	if err != nil || len(got.GetConsultation().GetContacts()) != 1 || got.GetConsultation().GetContacts()[0] != receipt.GetContactId() {
		t.Errorf("the consultation = %v, %v; want it tied to the school's contact and to no other", got, err)
	}
	listed, err := querypb.NewConsultationServiceClient(h.Conn("analyst-1")).ListConsultations(ctx, &querypb.ListConsultationsRequest{NotBefore: after.GetPosition()})
	if err != nil || len(listed.GetRows()) != 1 || listed.GetRows()[0].GetNumber() != given.GetNumber() || len(listed.GetRows()[0].GetContacts()) != 1 {
		t.Errorf("the list = %v, %v; want the one, and the contact that followed", listed, err)
	}
	file, err := querypb.NewContactServiceClient(h.Conn("worker-1")).GetContact(ctx, &querypb.GetContactRequest{ContactId: receipt.GetContactId(), NotBefore: receipt.GetPosition()})
	if named := file.GetCaseFile().GetReceived().GetConsultation(); err != nil || named.GetNumber() != given.GetNumber() || named.GetConsultationId() != given.GetConsultationId() {
		t.Errorf("the contact names %v, %v", named, err)
	}
}

// KEN-12: the own lead first, a qualified worker, and nothing of it in an emergency.
func TestKEN12_WhoConsultsWhom(t *testing.T) {
	h := hubtest.Start(t)
	alone, urgent, nobody := consultation(1), consultation(2), consultation(3)
	alone.Lead = "not-consulted"
	urgent.Emergency = true
	nobody.Agency = "kent-nobody"
	for _, c := range []struct {
		person string
		ask    *commandpb.GiveConsultationRequest
		want   codes.Code
	}{
		{"worker-1", alone, codes.FailedPrecondition}, {"worker-1", urgent, codes.FailedPrecondition}, {"worker-1", nobody, codes.InvalidArgument},
		{"manager-1", consultation(4), codes.PermissionDenied}, {"analyst-1", consultation(5), codes.PermissionDenied}, {"senior-1", consultation(6), codes.OK},
	} {
		if _, err := commandpb.NewConsultationCommandServiceClient(h.Conn(c.person)).GiveConsultation(h.Context(), c.ask); status.Code(err) != c.want {
			t.Errorf("%s gives a consultation: %v, want %v", c.person, err, c.want)
		}
	}
	if _, err := querypb.NewConsultationServiceClient(h.Conn("worker-1")).GetConsultation(h.Context(), &querypb.GetConsultationRequest{Number: "CON-8QY2-3ST7-G"}); status.Code(err) != codes.NotFound {
		t.Errorf("a number that nobody gave: %v, want NOT_FOUND", err)
	}
}
