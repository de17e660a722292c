package hub_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/hubtest"
)

// One contact from publish to queue, case file and record, through the real parts.
func TestLifeOfAContact(t *testing.T) {
	h := hubtest.Start(t)
	ctx := h.Context()
	receipt := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-police")))
	if receipt.GetOutcome() != "queued" || receipt.GetDuplicate() || receipt.GetContactId() == "" || receipt.GetReference() != "R-1" {
		t.Fatalf("receipt = %v", receipt)
	}
	// Received on Monday at 10:00: one working day while unrated is Tuesday, when the hub closes.
	if due := time.Date(2026, 3, 3, 17, 0, 0, 0, time.UTC); !receipt.GetTriageDueAt().AsTime().Equal(due) {
		t.Errorf("triage is due at %v, want %v", receipt.GetTriageDueAt().AsTime(), due)
	}

	queue := querypb.NewTriageQueueServiceClient(h.Conn("analyst-1"))
	row := onlyRow(t, h, receipt.GetPosition())
	if row.GetContactId() != receipt.GetContactId() || row.GetState() != "unrated" || row.GetAgency() != "kent-police" || row.GetHubReference() != receipt.GetHubReference() {
		t.Fatalf("row = %v", row)
	}

	triaged, err := commandpb.NewContactCommandServiceClient(h.Conn("manager-1")).TriageContact(ctx, &commandpb.TriageContactRequest{
		Context: request(1), ContactId: receipt.GetContactId(), Rating: "red", Actions: []string{"agency-checks"},
	})
	if err != nil {
		t.Fatalf("triage: %v", err)
	}
	row = onlyRow(t, h, triaged.GetResult().GetPosition())
	// Red runs on past hours: partners answer within 2 hours, the hub decides within 4.
	if row.GetState() != "triaged" || row.GetRating() != "red" || !row.GetUrgent() || row.GetNextClock() != "partners" ||
		!row.GetNextDueAt().AsTime().Equal(hubtest.Monday.Add(2*time.Hour)) || row.GetOverdue() {
		t.Errorf("row after triage = %v", row)
	}

	allocated, err := commandpb.NewContactCommandServiceClient(h.Conn("manager-1")).AllocateContact(ctx, &commandpb.AllocateContactRequest{
		Context: request(2), ContactId: receipt.GetContactId(), Worker: "worker-1",
	})
	if err != nil {
		t.Fatalf("allocate: %v", err)
	}
	h.Clock.Advance(hubtest.Monday.Add(2*time.Hour + time.Minute))
	overdue := true
	resp, err := queue.ListTriageQueue(ctx, &querypb.ListTriageQueueRequest{
		NotBefore: allocated.GetResult().GetPosition(), Filter: &querypb.TriageQueueFilter{Workers: []string{"worker-1"}, Overdue: &overdue},
	})
	if err != nil || len(resp.GetRows()) != 1 || resp.GetRows()[0].GetState() != "allocated" {
		t.Errorf("overdue rows of worker-1 = %v, %v", resp.GetRows(), err)
	}

	file, err := querypb.NewContactServiceClient(h.Conn("worker-1")).GetContact(ctx, &querypb.GetContactRequest{
		ContactId: receipt.GetContactId(), NotBefore: allocated.GetResult().GetPosition(),
	})
	if err != nil {
		t.Fatalf("case file: %v", err)
	}
	child := file.GetCaseFile().GetReceived().GetSubjects()[0].GetChild().GetOpen()
	if child.GetGivenName() != "Sam" || file.GetCaseFile().GetWorker() != "worker-1" || len(file.GetCaseFile().GetHistory()) != 3 {
		t.Errorf("case file = %v", file.GetCaseFile())
	}

	events, err := auditpb.NewAuditServiceClient(h.Conn("auditor-1")).ListEvents(ctx, &auditpb.ListEventsRequest{ContactId: receipt.GetContactId()})
	if err != nil {
		t.Fatalf("events: %v", err)
	}
	var types []string
	for _, e := range events.GetEvents() {
		types = append(types, e.GetType())
	}
	if want := []string{"mash.event.v1.ContactReceived", "mash.event.v1.ContactTriaged", "mash.event.v1.ContactAllocated"}; !slices.Equal(types, want) {
		t.Errorf("events = %v, want %v", types, want)
	}
	if got := events.GetEvents()[1].GetMetadata().GetFields()["actor"].GetStringValue(); got != "manager-1" {
		t.Errorf("the triage's actor is %q, want manager-1", got)
	}
}

func TestKEN03_OnlyManagersAndSeniorPractitionersTriage(t *testing.T) {
	h := hubtest.Start(t)
	receipt := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-police")))
	for person, want := range map[string]codes.Code{
		"worker-1": codes.PermissionDenied, "analyst-1": codes.PermissionDenied, "operator-1": codes.PermissionDenied, "": codes.Unauthenticated, "senior-1": codes.OK,
	} {
		_, err := commandpb.NewContactCommandServiceClient(h.Conn(person)).TriageContact(h.Context(), &commandpb.TriageContactRequest{
			Context: request(1), ContactId: receipt.GetContactId(), Rating: "green", Actions: []string{"agency-checks"},
		})
		if status.Code(err) != want {
			t.Errorf("triage by %q: %v, want %v", person, err, want)
		}
	}
}

func TestKEN04_OnlyTheOpenChildPassesAcross(t *testing.T) {
	h := hubtest.Start(t)
	cms := h.Publisher("kent-social-care-cms")
	accepted(t, send(t, cms, "open-case", "c-1", openCase("1234567", "open", "ashford-cic", hubtest.Monday.Add(-time.Hour))))
	c := contact("kent-police")
	c.Children[0].CaseNumber = "1234567"
	c.Children = append(c.Children, c.Children[0])
	c.Children[1] = child("Alex")
	receipt := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", c))
	if receipt.GetOutcome() != "partly-passed-across" {
		t.Errorf("outcome = %s, want partly-passed-across", receipt.GetOutcome())
	}
	row := onlyRow(t, h, receipt.GetPosition())
	if row.GetChildren() != 2 || row.GetChildrenPassedAcross() != 1 || row.GetState() != "unrated" {
		t.Errorf("row = %v, want a sibling in the queue", row)
	}
	// Alone, the open child's contact leaves the queue at once.
	c.Children = c.Children[:1]
	c.Reference = "R-2"
	if receipt = accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-2", c)); receipt.GetOutcome() != "passed-across" {
		t.Errorf("outcome = %s, want passed-across", receipt.GetOutcome())
	}
	if rows := list(t, h, receipt.GetPosition(), nil); len(rows) != 1 {
		t.Errorf("%d rows in the queue, want the first contact's only", len(rows))
	}
}

// What is on record is there after a restart, and a message sent again gets its first receipt again.
func TestARestartKeepsContactsAndReceipts(t *testing.T) {
	h := hubtest.Start(t)
	first := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-police")))
	h.Restart()
	again := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-police")))
	if !again.GetDuplicate() || again.GetContactId() != first.GetContactId() || again.GetEventId() != first.GetEventId() || again.GetPosition() != first.GetPosition() {
		t.Errorf("the second receipt is %v, want the first again: %v", again, first)
	}
	if rows := list(t, h, again.GetPosition(), nil); len(rows) != 1 {
		t.Errorf("%d rows after the restart, want 1", len(rows))
	}
}

// A police event of last Friday that arrives on Monday: the clocks start at receipt, and when it happened is kept beside that.
func TestALateMessageIsTimedFromItsReceipt(t *testing.T) {
	h := hubtest.Start(t)
	c := contact("kent-police")
	friday := hubtest.Monday.AddDate(0, 0, -3)
	c.Occurred.At, c.Occurred.Precision = timestamppb.New(friday), "instant"
	receipt := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", c))
	row := onlyRow(t, h, receipt.GetPosition())
	if !row.GetReceivedAt().AsTime().Equal(hubtest.Monday) || row.GetOverdue() {
		t.Errorf("row = %v, want it received now and not overdue", row)
	}
	file, err := querypb.NewContactServiceClient(h.Conn("worker-1")).GetContact(h.Context(), &querypb.GetContactRequest{ContactId: receipt.GetContactId(), NotBefore: receipt.GetPosition()})
	if err != nil || !file.GetCaseFile().GetReceived().GetOccurred().GetAt().AsTime().Equal(friday) {
		t.Errorf("occurred = %v, %v; want %v", file.GetCaseFile().GetReceived().GetOccurred(), err, friday)
	}
}
