package simulation_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/hubtest"
	"github.com/openmash/mash/services/simulation"
)

// nextMonday is after the time at which hubs in tests begin.
var nextMonday = time.Date(2026, time.March, 9, 0, 0, 0, 0, time.UTC)

// optionsFor plays a small week through a whole hub, with the staff that its first start made.
func optionsFor(t *testing.T, h *hubtest.Hub) simulation.Options {
	t.Helper()
	conn, err := grpc.NewClient(h.Addresses().GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	creds := filepath.Join(h.Config.Data, "creds")
	staff, err := simulation.ReadStaff(filepath.Join(creds, "staff"))
	if err != nil {
		t.Fatal(err)
	}
	if len(staff.Triagers) == 0 || len(staff.OnCall) == 0 || len(staff.Workers) == 0 {
		t.Fatalf("the hub's first start made %d who triage, %d on call, %d social workers: want some of each",
			len(staff.Triagers), len(staff.OnCall), len(staff.Workers))
	}
	return simulation.Options{
		Seed: 5, Start: nextMonday, Volume: 240, Advance: h.Clock.Advance, NATSURL: h.Addresses().NATS,
		SeedDir: filepath.Join(creds, "agencies"), Conn: conn, Staff: staff,
	}
}

func TestAWeekGoesThroughAHub(t *testing.T) {
	h := hubtest.Start(t)
	o := optionsFor(t, h)
	last, total := 0, 0
	o.Progress = func(done, of int) {
		if done < last || done > of {
			t.Errorf("progress goes from %d to %d of %d", last, done, of)
		}
		last, total = done, of
	}
	r, err := simulation.Play(t.Context(), o)
	if err != nil {
		t.Fatalf("%v; so far: %d receipts, commands %v, refusals %v", err, len(r.Receipts), r.Commands, r.Refusals)
	}
	if last != total || len(r.Receipts) != total {
		t.Errorf("%d receipts, progress %d of %d", len(r.Receipts), last, total)
	}
	for _, rejection := range r.Rejections {
		t.Errorf("rejected: %+v", rejection)
	}
	for _, receipt := range r.Unexpected() {
		t.Errorf("outcome %s, want %s (KEN-04): %+v", receipt.Outcome, receipt.Expected, receipt)
	}
	for _, verb := range []simulation.Verb{
		simulation.Triage, simulation.Rate, simulation.Allocate, simulation.Link,
		simulation.Converse, simulation.Consult, simulation.Propose, simulation.CallMeeting, simulation.ConcludeMeeting,
		simulation.RecordConsent, simulation.ProposeOverride, simulation.DecideOverride,
	} {
		if r.Commands[string(verb)] == 0 {
			t.Errorf("nobody did %s: %v", verb, r.Commands)
		}
	}
	// What the queue showed may be a moment old, so that a command or two comes too late; more would be a fault.
	refused := 0
	for _, n := range r.Refusals {
		refused += n
	}
	if refused > 10 {
		t.Errorf("%d commands were refused: %v", refused, r.Refusals)
	}
	if r.Replies["encompass-acknowledgement"] == 0 || r.Replies["contact"] == 0 {
		t.Errorf("no school acknowledged, or nobody put a call in writing: %v", r.Replies)
	}
	checkQueue(t, h)
	checkBeside(t, h)

	last = 0
	again, err := simulation.Play(t.Context(), o)
	if err != nil {
		t.Fatalf("play again: %v", err)
	}
	if len(again.Receipts) != total || len(again.Rejections) != 0 || len(again.Unexpected()) != 0 {
		t.Errorf("played again: %d receipts, %d rejections, %d other outcomes; want the first %d", len(again.Receipts), len(again.Rejections),
			len(again.Unexpected()), total)
	}
	for i, receipt := range again.Receipts {
		if first := r.Receipts[i]; !receipt.Duplicate || receipt.ContactID != first.ContactID || receipt.EventID != first.EventID {
			t.Fatalf("the receipt that comes again is %+v, the first was %+v", receipt, first)
		}
	}
}

func TestAPlayThatWasStoppedGoesOn(t *testing.T) {
	h := hubtest.Start(t)
	o := optionsFor(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Progress = func(done, total int) {
		if done > total/2 {
			cancel()
		}
	}
	r, err := simulation.Play(ctx, o)
	if !errors.Is(err, context.Canceled) || len(r.Receipts) == 0 {
		t.Fatalf("stopped in the middle: %v, with %d receipts; want that it was cancelled, with some", err, len(r.Receipts))
	}
	o.Progress = nil
	all, err := simulation.Play(t.Context(), o)
	if err != nil {
		t.Fatalf("go on: %v", err)
	}
	if len(all.Rejections) != 0 || len(all.Unexpected()) != 0 {
		t.Errorf("%d rejections, %d other outcomes, want none", len(all.Rejections), len(all.Unexpected()))
	}
	for i, first := range r.Receipts {
		if again := all.Receipts[i]; !again.Duplicate || again.EventID != first.EventID {
			t.Fatalf("the receipt that comes again is %+v, the first was %+v", again, first)
		}
	}
	if fresh := len(all.Receipts) - len(r.Receipts); fresh < 100 {
		t.Errorf("%d messages were left to send, want about half", fresh)
	}
}

// checkQueue holds the queue to what a Sunday night leaves: work of all ratings, some not rated, some overdue.
func checkQueue(t *testing.T, h *hubtest.Hub) {
	t.Helper()
	resp, err := querypb.NewTriageQueueServiceClient(h.Conn("analyst-1")).ListTriageQueue(t.Context(), &querypb.ListTriageQueueRequest{PageSize: 500})
	if err != nil {
		t.Fatalf("list the queue: %v", err)
	}
	counts, overdue := map[string]int{}, 0
	for _, row := range resp.GetRows() {
		counts[row.GetState()]++
		counts[row.GetRating()]++
		if row.GetOverdue() {
			overdue++
		}
	}
	for _, what := range []string{"unrated", "triaged", "allocated", "red", "amber", "green"} {
		if counts[what] == 0 {
			t.Errorf("nothing in the queue is %s: %v", what, counts)
		}
	}
	if overdue == 0 || overdue == len(resp.GetRows()) {
		t.Errorf("%d of %d rows are overdue, want some", overdue, len(resp.GetRows()))
	}
}

// checkBeside holds what is shown beside the queue to what was played: whoever starts the demo sees some of each.
func checkBeside(t *testing.T, h *hubtest.Hub) {
	t.Helper()
	conn := h.Conn("analyst-1")
	consultations, err := querypb.NewConsultationServiceClient(conn).ListConsultations(t.Context(), &querypb.ListConsultationsRequest{})
	if err != nil || len(consultations.GetRows()) == 0 {
		t.Errorf("consultations: %d, %v", len(consultations.GetRows()), err)
	}
	meetings, err := querypb.NewStrategyMeetingServiceClient(conn).ListStrategyMeetings(t.Context(), &querypb.ListStrategyMeetingsRequest{
		Filter: &querypb.StrategyMeetingFilter{States: []string{"concluded"}},
	})
	if err != nil || len(meetings.GetRows()) == 0 {
		t.Errorf("concluded strategy meetings: %d, %v", len(meetings.GetRows()), err)
	}
	schools, err := querypb.NewEncompassServiceClient(conn).ListEncompass(t.Context(), &querypb.ListEncompassRequest{})
	if err != nil || len(schools.GetRows()) == 0 {
		t.Errorf("schools that have not acknowledged: %d, %v", len(schools.GetRows()), err)
	}
}
