package process_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/process"
)

const schools = "kent-schools"

// SOT-01: a form that has not come in time is on record as overdue, once, whatever number of processes look, and not before.
func TestSOT01_AFormThatHasNotComeIsAskedForOnce(t *testing.T) {
	p := parts.Start(t)
	p.Run(newProcess(p).Run)
	p.Run(newProcess(p).Run) // a second one, of another process
	stream := p.Telephoned("call").Stream
	due := parts.Monday.Add(48 * time.Hour)
	marker(p, due)
	if n := count[*eventpb.WrittenFormOverdue](p, stream); n != 0 {
		t.Fatalf("at its due time it was asked for %d times", n)
	}
	p.Clock.Set(due.Add(time.Second))
	overdue := parts.Await[*eventpb.WrittenFormOverdue](p, stream, 1)[0]
	if overdue.GetAgency() != schools || !overdue.GetDueAt().AsTime().Equal(due) {
		t.Errorf("overdue: %v, want of %s, due %v", overdue, schools, due)
	}
	marker(p, due.Add(90*24*time.Hour))
	if n := count[*eventpb.WrittenFormOverdue](p, stream); n != 1 {
		t.Errorf("it was asked for %d times, want once", n)
	}
}

// KEN-20: who has not acknowledged in time is reminded once; that no school was known in time is on record; one that is told late has until
// the next school day. What lapsed while no process ran is recorded at the next start, with the time it was due.
func TestKEN20_ANotificationThatNobodyAcknowledgesIsOverdueOnce(t *testing.T) {
	p := parts.Start(t)
	s := p.Attended("da-1")
	stream := s.Stream
	tuesday := time.Date(2026, 3, 3, 8, 30, 0, 0, time.UTC)
	p.Clock.Set(tuesday.Add(time.Minute))
	stop := p.Run(newProcess(p).Run)
	for _, e := range parts.Await[*eventpb.EncompassOverdue](p, stream, 2) {
		want := map[string]string{"n1": schools, "n2": ""}[e.GetNotificationId()]
		if e.GetAgency() != want || !e.GetDueAt().AsTime().Equal(tuesday) {
			t.Errorf("overdue: %v, want of %q, due %v", e, want, tuesday)
		}
	}
	s.Do(access.SocialWorker, contact.SettleEncompass{NotificationID: "n2", Outcome: "notify", Told: contact.SchoolSetting{Kind: "school", Agency: schools}})
	stop()
	p.Run(newProcess(p).Run)
	wednesday := tuesday.Add(24 * time.Hour)
	p.Clock.Set(wednesday.Add(time.Minute))
	all := parts.Await[*eventpb.EncompassOverdue](p, stream, 3)
	if last := all[2]; last.GetNotificationId() != "n2" || last.GetAgency() != schools || !last.GetDueAt().AsTime().Equal(wednesday) {
		t.Errorf("the one that was told late: %v, want due %v", last, wednesday)
	}
	marker(p, wednesday.Add(90*24*time.Hour))
	if n := count[*eventpb.EncompassOverdue](p, stream); n != 3 {
		t.Errorf("%d are on record, want 3", n)
	}
}

// A note of a release that kept no such clocks says nothing of them: what lies before it is read again.
func TestANoteOfAReleaseWithFewerClocksIsNotUsed(t *testing.T) {
	p := parts.Start(t)
	stream := p.Telephoned("call").Stream
	head, err := p.Store.Head(p.Context())
	if err != nil {
		t.Fatal(err)
	}
	meta := eventstore.Metadata{Actor: "hub:process", Role: string(access.Hub), RecordedAt: p.Clock.Now()}
	note := eventstore.Event{ID: uuid.New(), Message: &eventpb.ProcessAdvanced{Position: head.Token()}}
	if _, err := p.Store.Append(p.Context(), process.Stream, eventstore.AnyRevision(), meta, note); err != nil {
		t.Fatal(err)
	}
	p.Run(newProcess(p).Run)
	p.Clock.Set(parts.Monday.Add(49 * time.Hour))
	parts.Await[*eventpb.WrittenFormOverdue](p, stream, 1)
}
