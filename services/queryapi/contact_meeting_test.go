package queryapi_test

import (
	"testing"
	"time"

	"github.com/openmash/mash/projections/recordtest"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// The queue and the case file show both clocks, and that the contact waits for its meeting.
func TestKEN23_AContactSaysThatItWaitsForItsMeeting(t *testing.T) {
	r := start(t)
	id, meeting := recordtest.ID(0), recordtest.MeetingID(0)
	due := t0.Add(6 * time.Hour)
	r.record(t, recordtest.Of(id, recordtest.Received(id, t0, 2), recordtest.Triaged(id, "red", t0), recordtest.Awaited(id, meeting, "proposed", nil),
		recordtest.Awaited(id, meeting, "called", recordtest.Clock("strategy-meeting", due)))...)
	show := func() (*querypb.TriageQueueRow, *querypb.CaseFile) {
		t.Helper()
		list, err := r.queue.ListTriageQueue(r.manager(t), &querypb.ListTriageQueueRequest{})
		if err != nil || len(list.GetRows()) != 1 {
			t.Fatalf("%d rows, %v", len(list.GetRows()), err)
		}
		file, err := r.contacts.GetContact(r.manager(t), &querypb.GetContactRequest{ContactId: id})
		if err != nil {
			t.Fatal(err)
		}
		return list.GetRows()[0], file.GetCaseFile()
	}
	row, file := show()
	if m := row.GetMeetings(); len(m) != 1 || m[0].GetMeetingId() != meeting || m[0].GetStage() != "called" || m[0].GetOverdue() || !m[0].GetClock().GetDueAt().AsTime().Equal(due) {
		t.Errorf("the meeting's clock: %v", row.GetMeetings())
	}
	if !row.GetWaitsForMeeting() || row.GetNextClock() != "partners" || len(row.GetClocks()) != 3 {
		t.Errorf("the contact's clocks: %v", row)
	}
	if m := file.GetMeetings(); !file.GetWaitsForMeeting() || len(m) != 1 || m[0].GetAwaited().GetStage() != "called" || len(m[0].GetSettled()) > 0 {
		t.Errorf("the case file: %v", file.GetMeetings())
	}
	r.set(due.Add(time.Second))
	if row, _ := show(); !row.GetMeetings()[0].GetOverdue() {
		t.Error("the meeting's clock has passed, and nobody is told")
	}
	r.record(t, recordtest.Of(id, &eventpb.StrategyMeetingSettled{ContactId: id, MeetingId: meeting, How: "concluded"})...)
	row, file = show()
	if row.GetWaitsForMeeting() || len(row.GetMeetings()) > 0 || file.GetWaitsForMeeting() || len(file.GetMeetings()[0].GetSettled()) != 1 {
		t.Errorf("it was held: %v, %v", row.GetMeetings(), file.GetMeetings())
	}
}
