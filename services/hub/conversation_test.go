package hub_test

import (
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

func telephoned(n int, agency, source string) *commandpb.RecordConversationRequest {
	return &commandpb.RecordConversationRequest{
		Context: request(n), Channel: "telephone", HeldAt: timestamppb.New(hubtest.Monday.Add(-30 * time.Minute)), Agency: agency, WorkType: "public-call-or-email",
		SourceCode: source, Children: []*intakepb.Child{child("Sam")}, Referrer: &intakepb.Referrer{Name: "Pat Field", Phones: []string{"01632 960000"}},
		Reason: "Cries for hours every night.", Consent: &intakepb.ConsentStatement{Stance: "not-known"},
	}
}

// SOT-01: a school telephones, a worker records it, the form is late and then comes, and the queue has one contact all the time.
func TestSOT01_AConversationAndItsWrittenForm(t *testing.T) {
	h := hubtest.Start(t)
	ctx := h.Context()
	recorded, err := commandpb.NewContactCommandServiceClient(h.Conn("worker-1")).RecordConversation(ctx, telephoned(1, "kent-schools", "2A"))
	if err != nil {
		t.Fatalf("record: %v", err)
	}
	due := hubtest.Monday.Add(-30*time.Minute + 48*time.Hour)
	if !recorded.GetWrittenFormDueAt().AsTime().Equal(due) {
		t.Errorf("the form is due at %v, want %v", recorded.GetWrittenFormDueAt().AsTime(), due)
	}
	row := onlyRow(t, h, recorded.GetResult().GetPosition())
	if row.GetContactId() != recorded.GetContactId() || row.GetChannel() != "telephone" || row.GetWrittenFormOverdue() || !row.GetReceivedAt().AsTime().Equal(hubtest.Monday.Add(-30*time.Minute)) {
		t.Errorf("row = %v", row)
	}
	h.Clock.Advance(due.Add(time.Minute))
	if row = onlyRow(t, h, ""); !row.GetWrittenFormOverdue() || !row.GetWrittenFormDueAt().AsTime().Equal(due) {
		t.Errorf("row after the form was due = %v", row)
	}
	reminder := &intakepb.WrittenFormReminder{}
	subject, data := nextOut(t, h, "kent-schools")
	if err := protojson.Unmarshal(data, reminder); err != nil || subject != "mash.out.kent-schools.written-form-reminder.v1" || reminder.GetHubReference() != recorded.GetHubReference() {
		t.Fatalf("%s on %s: %v; want the school to be reminded", data, subject, err)
	}
	written := contact("kent-schools")
	written.SourceCode, written.Follows = "2A", recorded.GetHubReference()
	receipt := accepted(t, send(t, h.Publisher("kent-schools"), "contact", "m-1", written))
	if row = onlyRow(t, h, receipt.GetPosition()); row.GetContactId() != recorded.GetContactId() || row.GetWrittenFormDueAt() != nil || !row.GetWrittenFormLapsed() {
		t.Errorf("row after the form came = %v", row)
	}
	file, err := querypb.NewContactServiceClient(h.Conn("worker-1")).GetContact(ctx, &querypb.GetContactRequest{ContactId: recorded.GetContactId(), NotBefore: receipt.GetPosition()})
	if err != nil {
		t.Fatal(err)
	}
	form := file.GetCaseFile().GetWrittenForm()
	if len(form.GetReceived()) != 1 || !form.GetReceived()[0].GetLate() || form.GetReceived()[0].GetFormContactId() != receipt.GetContactId() || form.GetDueAt() != nil || !form.GetLapsed() {
		t.Errorf("written form = %v", form)
	}
	if got := file.GetCaseFile().GetDuplicates(); len(got) != 1 || got[0] != receipt.GetContactId() {
		t.Errorf("duplicates = %v, want the form", got)
	}
}

// A private person who calls is known to those who may have to speak with them, and to nobody who studies the work.
func TestSOT01_APrivateCallerIsProtected(t *testing.T) {
	h := hubtest.Start(t)
	recorded, err := commandpb.NewContactCommandServiceClient(h.Conn("worker-1")).RecordConversation(h.Context(), telephoned(1, "", "1B"))
	if err != nil {
		t.Fatalf("record: %v", err)
	}
	for person, known := range map[string]bool{"worker-1": true, "manager-1": true, "auditor-1": true, "analyst-1": false} {
		file, err := querypb.NewContactServiceClient(h.Conn(person)).GetContact(h.Context(), &querypb.GetContactRequest{
			ContactId: recorded.GetContactId(), NotBefore: recorded.GetResult().GetPosition(),
		})
		if err != nil {
			t.Fatalf("%s: %v", person, err)
		}
		got := file.GetCaseFile().GetReceived().GetReferrer().GetOpen().GetName() == "Pat Field"
		if got != known || file.GetCaseFile().GetReferrerWithheld() == known {
			t.Errorf("%s sees the caller: %t, want %t", person, got, known)
		}
		if file.GetCaseFile().GetReceived().GetReason().GetOpen().GetText() == "" {
			t.Errorf("%s does not see the reason", person)
		}
	}
	if _, err := commandpb.NewContactCommandServiceClient(h.Conn("analyst-1")).RecordConversation(h.Context(), telephoned(2, "", "1B")); status.Code(err) != codes.PermissionDenied {
		t.Errorf("an analyst records: %v, want PERMISSION_DENIED", err)
	}
}
