package hub_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/hubtest"
)

// incident is a police contact about two children: one is at a school that the registry knows, of the other no school is known.
func incident() *intakepb.Contact {
	c := contact("kent-police")
	c.WorkType = "domestic-abuse-notification"
	c.Children = append(c.Children, child("Alex"))
	c.Children[0].SchoolUrn, c.Children[0].NhsNumber = "999101", "9990000018"
	c.Children[0].Incident = &intakepb.IncidentPresence{Present: "yes", Where: "On the stairs", Voice: "He wants it to stop.", SpokenToAlone: "yes"}
	c.Children[1].Incident = &intakepb.IncidentPresence{Present: "no", Voice: "Nothing that Alex said is for Sam's school."}
	c.DomesticAbuse = &intakepb.DomesticAbuse{
		PoliceReference: "46/DA/77/26", RiskGrade: "high", Occurred: &intakepb.Occurrence{Precision: "unknown"}, Location: "1 Example Road",
		Circumstances: "A quarrel between adults; officers attended.", Agreement: "refused",
	}
	return c
}

// KEN-20: the school is told over NATS of its own child, in the words for it and no others, against the family's wish; it acknowledges; the
// other child's school is found, told, and in the end nothing is open.
func TestKEN20_ASchoolIsToldBeforeTheNextSchoolDay(t *testing.T) {
	h := hubtest.Start(t)
	ctx := h.Context()
	receipt := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", incident()))
	due := time.Date(2026, 3, 3, 8, 30, 0, 0, time.UTC)

	told := &intakepb.EncompassNotification{}
	subject, data := nextOut(t, h, "kent-schools")
	if err := protojson.Unmarshal(data, told); err != nil || subject != "mash.out.kent-schools.encompass-notification.v1" {
		t.Fatalf("%s on %s: %v", data, subject, err)
	}
	want := &intakepb.EncompassNotification{
		ContactId: receipt.GetContactId(), NotificationId: "n1", Agency: "kent-schools", Setting: "school", SchoolUrn: "999101", GivenName: "Sam", FamilyName: "Example",
		DateOfBirth: "2019-05-04", PoliceReference: "46/DA/77/26", Location: "1 Example Road", Occurred: &intakepb.Occurrence{Precision: "unknown"},
		Present: "yes", Where: "On the stairs", Voice: "He wants it to stop.", SpokenToAlone: "yes", Circumstances: "A quarrel between adults; officers attended.",
		DueAt: told.GetDueAt(), Notice: "notification",
	}
	if protojson.Format(told) != protojson.Format(want) || !told.GetDueAt().AsTime().Equal(due) {
		t.Errorf("the school is told\n%s\nwant, before %s,\n%s", protojson.Format(told), due, protojson.Format(want))
	}
	for _, never := range []string{"Alex", "9990000018", "high", "Frightened", "refused", "PC Example"} {
		if strings.Contains(string(data), never) {
			t.Errorf("the school is told %q", never)
		}
	}

	client := querypb.NewEncompassServiceClient(h.Conn("worker-1"))
	open := func(notBefore string) (all []string) {
		t.Helper()
		resp, err := client.ListEncompass(ctx, &querypb.ListEncompassRequest{NotBefore: notBefore})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range resp.GetRows() {
			for _, n := range r.GetNotifications() {
				if n.GetOpen() {
					state := n.GetDecided().GetNotificationId() + " " + n.GetDecided().GetOutcome()
					if n.GetOverdue() {
						state += " overdue"
					}
					all = append(all, state)
				}
			}
		}
		return all
	}
	if got := open(receipt.GetPosition()); !slices.Equal(got, []string{"n1 notify", "n2 no-setting-known"}) {
		t.Errorf("open are %v", got)
	}
	acknowledge := &intakepb.EncompassAcknowledgement{Agency: "kent-schools", ContactId: receipt.GetContactId(), NotificationId: "n1"}
	acknowledged := accepted(t, send(t, h.Publisher("kent-schools"), "encompass-acknowledgement", "a-1", acknowledge))
	h.Clock.Advance(due.Add(time.Minute))
	if got := open(acknowledged.GetPosition()); !slices.Equal(got, []string{"n2 no-setting-known overdue"}) {
		t.Errorf("open after the acknowledgement and the due time are %v", got)
	}

	settle := &commandpb.SettleEncompassRequest{
		Context: request(1), ContactId: receipt.GetContactId(), NotificationId: "n2", Outcome: "notify", Setting: "home-education-officer", Agency: "kent-health",
	}
	worker := commandpb.NewContactCommandServiceClient(h.Conn("worker-1"))
	if _, err := worker.SettleEncompass(ctx, settle); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a health service is told in a school's place: %v, want INVALID_ARGUMENT", err)
	}
	settle.Agency = "kent-home-education"
	settled, err := worker.SettleEncompass(ctx, settle)
	if err != nil {
		t.Fatalf("settle: %v", err)
	}
	late := &intakepb.EncompassNotification{}
	if _, data := nextOut(t, h, "kent-home-education"); protojson.Unmarshal(data, late) != nil || late.GetGivenName() != "Alex" || late.GetSetting() != "home-education-officer" {
		t.Errorf("the officer is told %s", data)
	}
	accepted(t, send(t, h.Publisher("kent-home-education"), "encompass-acknowledgement", "a-1",
		&intakepb.EncompassAcknowledgement{Agency: "kent-home-education", ContactId: receipt.GetContactId(), NotificationId: "n2"}))
	file, err := querypb.NewContactServiceClient(h.Conn("worker-1")).GetContact(ctx, &querypb.GetContactRequest{ContactId: receipt.GetContactId(), NotBefore: settled.GetResult().GetPosition()})
	if err != nil || len(file.GetCaseFile().GetEncompass()) != 2 || !file.GetCaseFile().GetEncompass()[1].GetDecided().GetLate() {
		t.Errorf("case file = %v, %v; want two notifications, the second settled late", file.GetCaseFile().GetEncompass(), err)
	}
}
