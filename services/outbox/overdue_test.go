package outbox_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/hubtest/parts"
)

// SOT-01: the reminder says which call it is of and names no child; for a form that has come by the time it would go out there is none.
func TestSOT01_TheAgencyIsRemindedOfTheForm(t *testing.T) {
	p := parts.Start(t)
	awaited, come := p.Telephoned("call-1"), p.Telephoned("call-2")
	due := parts.Monday.Add(48 * time.Hour)
	p.Clock.Set(due.Add(time.Minute))
	for _, s := range []*parts.Story{come, awaited} {
		s.Do(access.Hub, contact.LapseWrittenForm{DueAt: due})
	}
	come.Do(access.AgencySystem, contact.NoteWrittenForm{Agency: schools, FormID: uuid.NewString(), Children: 1})
	p.Run(newOutbox(p).Run)
	sent := p.Partner(schools).Next()
	got := parts.Decode(p, sent, &intakepb.WrittenFormReminder{})
	want := &intakepb.WrittenFormReminder{
		ContactId: awaited.ID, HubReference: got.GetHubReference(), Reference: "DSL-7", Agency: schools, Channel: "telephone",
		HeldAt: timestamppb.New(parts.Monday), DueAt: timestamppb.New(due),
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || len(got.GetHubReference()) < 9 || sent.Subject != "mash.out.kent-schools.written-form-reminder.v1" {
		t.Errorf("on %s (-want +got):\n%s", sent.Subject, diff)
	}
}

// KEN-20: a school that has not acknowledged is told all of it again, marked as a reminder; one that has meanwhile is not.
func TestKEN20_ASchoolIsRemindedWithAllOfIt(t *testing.T) {
	p := parts.Start(t)
	all := []*parts.Story{p.Attended("da-1"), p.Attended("da-2")}
	due := time.Date(2026, 3, 3, 8, 30, 0, 0, time.UTC)
	p.Clock.Set(due.Add(time.Minute))
	for _, s := range all {
		s.Do(access.Hub, contact.LapseNotification{NotificationID: "n1", DueAt: due})
	}
	all[0].Do(access.AgencySystem, contact.AcknowledgeEncompass{NotificationID: "n1", Agency: schools})
	p.Run(newOutbox(p).Run)
	var told []*intakepb.EncompassNotification
	for _, sent := range p.Partner(schools).Take(3) {
		if sent.Subject != "mash.out.kent-schools.encompass-notification.v1" {
			t.Errorf("sent on %s", sent.Subject)
		}
		told = append(told, parts.Decode(p, sent, &intakepb.EncompassNotification{}))
	}
	for i, want := range []string{all[0].ID + " notification", all[1].ID + " notification", all[1].ID + " reminder"} {
		if got := told[i].GetContactId() + " " + told[i].GetNotice(); got != want {
			t.Errorf("message %d is %s, want %s", i, got, want)
		}
	}
	told[1].Notice = told[2].GetNotice()
	if diff := cmp.Diff(told[1], told[2], protocmp.Transform()); diff != "" || told[2].GetCircumstances() == "" {
		t.Errorf("the reminder is not the notification (-notification +reminder):\n%s", diff)
	}
}
