package queryapi_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/openmash/mash/projections/recordtest"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/queryapi"
	"github.com/openmash/mash/services/rpc"
)

type stream = grpc.ServerStreamingClient[querypb.WatchTriageQueueResponse]

func (r *rig) watch(t testing.TB, req *querypb.WatchTriageQueueRequest) stream {
	t.Helper()
	s, err := r.queue.WatchTriageQueue(r.manager(t), req)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// next gives the next message in short, passing over heartbeats: "row <id> <state>", "removed <id>", "caught up".
func next(t testing.TB, s stream) (text, position string) {
	t.Helper()
	for {
		m, err := s.Recv()
		if err != nil {
			t.Fatalf("the watch ended: %v", err)
		}
		switch e := m.GetEvent().(type) {
		case *querypb.WatchTriageQueueResponse_Row:
			return "row " + e.Row.GetContactId() + " " + e.Row.GetState(), m.GetPosition()
		case *querypb.WatchTriageQueueResponse_Removed:
			return "removed " + e.Removed, m.GetPosition()
		case *querypb.WatchTriageQueueResponse_CaughtUp:
			return "caught up", m.GetPosition()
		}
	}
}

func expect(t testing.TB, s stream, want ...string) (position string) {
	t.Helper()
	for _, w := range want {
		var got string
		if got, position = next(t, s); got != w {
			t.Fatalf("got %q, want %q", got, w)
		}
	}
	return position
}

func row(n int, state string) string { return "row " + recordtest.ID(n) + " " + state }

func TestWatchSendsRowsThenChanges(t *testing.T) {
	r := start(t)
	r.record(t, arrivals(0, 3)...)
	s := r.watch(t, &querypb.WatchTriageQueueRequest{})
	expect(t, s, row(0, "unrated"), row(1, "unrated"), row(2, "unrated"), "caught up")
	r.record(t, arrivals(3, 1)...)
	id := recordtest.ID(1)
	r.record(t, recordtest.Of(id, recordtest.Triaged(id, "red", t0))...)
	resume := expect(t, s, row(3, "unrated"), row(1, "triaged"))
	// One that leaves the queue is told of. One that comes and goes is too if the projection stopped for breath in between.
	gone := recordtest.ID(9)
	r.record(t, recordtest.Of(gone, recordtest.Received(gone, t0, 1), recordtest.Across(gone, t0))...)
	r.record(t, recordtest.Of(id, recordtest.Linked(id, recordtest.ID(0), t0))...)
	last := r.record(t, arrivals(4, 1)...)
	told, _ := next(t, s)
	if told == row(9, "unrated") {
		expect(t, s, "removed "+gone)
		told, _ = next(t, s)
	}
	if told != "removed "+id {
		t.Fatalf("got %q, want the linked contact removed", told)
	}
	if at := expect(t, s, row(4, "unrated")); at != last.Token() {
		t.Errorf("the last message's position is %q, want %q", at, last.Token())
	}
	// Whoever resumes may have had any row, and is told of each that does not match.
	resumed := r.watch(t, &querypb.WatchTriageQueueRequest{ResumeFrom: resume})
	if at := expect(t, resumed, "removed "+gone, "removed "+id, row(4, "unrated"), "caught up"); at != last.Token() {
		t.Errorf("caught up at %q, want %q", at, last.Token())
	}
	nothing := r.watch(t, &querypb.WatchTriageQueueRequest{ResumeFrom: last.Token()})
	expect(t, nothing, "caught up")
}

func TestWatchWithAFilter(t *testing.T) {
	r := start(t)
	r.record(t, arrivals(0, 2)...)
	s := r.watch(t, &querypb.WatchTriageQueueRequest{Filter: &querypb.TriageQueueFilter{Workers: []string{"w1"}}})
	expect(t, s, "caught up")
	id := recordtest.ID(0)
	r.record(t, recordtest.Of(id, recordtest.Triaged(id, "red", t0), recordtest.AllocatedTo(id, "w1", t0))...)
	expect(t, s, row(0, "allocated")) // seen before the next event: a watch tells the last state of a row, not each one
	r.record(t, recordtest.Of(id, recordtest.AllocatedTo(id, "w2", t0))...)
	expect(t, s, "removed "+id)
}

func TestARowBecomesOverdueOnAWatch(t *testing.T) {
	r := start(t, func(c *queryapi.Config) { c.Heartbeat = 5 * time.Millisecond })
	r.record(t, arrivals(0, 2)...)
	overdue := r.watch(t, &querypb.WatchTriageQueueRequest{Filter: &querypb.TriageQueueFilter{Overdue: new(true)}})
	others := r.watch(t, &querypb.WatchTriageQueueRequest{Filter: &querypb.TriageQueueFilter{Overdue: new(false)}})
	expect(t, overdue, "caught up")
	expect(t, others, row(0, "unrated"), row(1, "unrated"), "caught up")
	r.set(t0.Add(24*time.Hour + 30*time.Second)) // contact 0 was due 30 s ago, contact 1 is due in 30
	expect(t, overdue, row(0, "unrated"))
	expect(t, others, "removed "+recordtest.ID(0))
}

// A contact waits for its meeting, and neither is touched when the meeting's time passes: a watch is told then, and shows it (KEN-23).
func TestKEN23_AMeetingBecomesOverdueOnAWatch(t *testing.T) {
	r := start(t, func(c *queryapi.Config) { c.Heartbeat = 5 * time.Millisecond })
	id, due := recordtest.ID(0), t0.Add(2*time.Hour)
	r.record(t, arrivals(0, 2)...)
	r.record(t, recordtest.Of(id, recordtest.Awaited(id, recordtest.MeetingID(1), "called", recordtest.Clock("strategy-meeting", due)))...)
	s := r.watch(t, &querypb.WatchTriageQueueRequest{Filter: &querypb.TriageQueueFilter{WaitsForMeeting: new(true)}})
	others := r.watch(t, &querypb.WatchTriageQueueRequest{Filter: &querypb.TriageQueueFilter{WaitsForMeeting: new(false)}})
	expect(t, s, row(0, "unrated"), "caught up")
	expect(t, others, row(1, "unrated"), "caught up")
	r.set(due.Add(time.Minute))
	for {
		m, err := s.Recv()
		if err != nil {
			t.Fatalf("the watch ended: %v", err)
		}
		if m.GetHeartbeat() != nil {
			continue
		}
		if got := m.GetRow().GetMeetings(); len(got) != 1 || !got[0].GetOverdue() || m.GetRow().GetOverdue() {
			t.Errorf("got %v, want that the meeting alone is overdue", m)
		}
		break
	}
	r.record(t, recordtest.Of(id, &eventpb.StrategyMeetingSettled{ContactId: id, MeetingId: recordtest.MeetingID(1), How: "cancelled"})...)
	expect(t, s, "removed "+id)
	expect(t, others, row(0, "unrated"))
}

func TestHeartbeatsCarryAPositionAndTheClock(t *testing.T) {
	r := start(t, func(c *queryapi.Config) { c.Heartbeat = time.Millisecond })
	s := r.watch(t, &querypb.WatchTriageQueueRequest{Filter: &querypb.TriageQueueFilter{Agencies: []string{"nobody"}}})
	expect(t, s, "caught up")
	last := r.record(t, arrivals(0, 3)...) // nothing for this watch, and still the position moves on
	for {
		m, err := s.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if m.GetHeartbeat() == nil {
			t.Fatalf("got %v, want heartbeats only", m)
		}
		if !m.GetHeartbeat().GetNow().AsTime().Equal(t0) {
			t.Fatalf("heartbeat at %v, want the hub's clock", m.GetHeartbeat().GetNow().AsTime())
		}
		if m.GetPosition() == last.Token() {
			return
		}
	}
}

func TestAWatchFromAPositionThatIsNot(t *testing.T) {
	r := start(t)
	other := recordtest.Append(t, recordtest.Store(t), arrivals(0, 1)...)
	for token, want := range map[string]struct {
		code   codes.Code
		reason string
	}{
		"rubbish":                           {codes.InvalidArgument, rpc.ReasonBadPosition},
		other.Token():                       {codes.FailedPrecondition, rpc.ReasonOtherStore},
		r.store.PositionAt(1 << 40).Token(): {codes.FailedPrecondition, rpc.ReasonOtherStore},
	} {
		_, err := r.watch(t, &querypb.WatchTriageQueueRequest{ResumeFrom: token}).Recv()
		wantError(t, err, want.code, want.reason)
	}
}

// A reader that reads nothing is ended, keeps what was sent, and goes on from there; others are not held up.
func TestASlowReaderIsEndedAndResumes(t *testing.T) {
	r := start(t, func(c *queryapi.Config) { c.WatchBuffer = 100 })
	slow, quick := r.watch(t, &querypb.WatchTriageQueueRequest{}), r.watch(t, &querypb.WatchTriageQueueRequest{})
	position := expect(t, slow, "caught up")
	expect(t, quick, "caught up")
	const contacts = 500 // of 2 KB: more than gRPC's own buffers take, and the watch's
	for n := 0; n < contacts; n += 50 {
		large := arrivals(n, 50)
		for _, w := range large {
			w.Message.(*eventpb.ContactReceived).SourceCode = strings.Repeat("x", 2000)
		}
		r.record(t, large...)
		for i := range 50 {
			expect(t, quick, row(n+i, "unrated"))
		}
	}
	seen := 0
	for {
		m, err := slow.Recv()
		if err != nil {
			wantError(t, err, codes.ResourceExhausted, rpc.ReasonSlowReader)
			break
		}
		if got := m.GetRow().GetContactId(); got != recordtest.ID(seen) {
			t.Fatalf("row %d is %s, want %s", seen, got, recordtest.ID(seen))
		}
		seen, position = seen+1, m.GetPosition()
	}
	if seen >= contacts {
		t.Fatal("it was not ended before it had everything")
	}
	resumed := r.watch(t, &querypb.WatchTriageQueueRequest{ResumeFrom: position})
	for n := seen; n < contacts; n++ {
		expect(t, resumed, row(n, "unrated"))
	}
	expect(t, resumed, "caught up")
}

// Watches begin at random moments while contacts arrive; each must come to have every one, whether from the first rows, from what
// changed meanwhile or from the fan.
func TestNoChangeIsLostBetweenRowsAndChanges(t *testing.T) {
	r := start(t)
	const contacts, watches = 400, 12
	var wait sync.WaitGroup
	missing := make([]int, watches)
	for w := range watches {
		begun := make(chan struct{})
		wait.Go(func() {
			s := r.watch(t, &querypb.WatchTriageQueueRequest{})
			have := map[string]bool{}
			for len(have) < contacts {
				m, err := s.Recv()
				if err != nil {
					t.Errorf("watch %d ended with %d of %d: %v", w, len(have), contacts, err)
					return
				}
				if id := m.GetRow().GetContactId(); id != "" {
					have[id] = true
				}
				if w%2 == 0 && len(have) > 0 || m.GetCaughtUp() != nil {
					select {
					case <-begun:
					default:
						close(begun)
					}
				}
			}
			missing[w] = contacts - len(have)
		})
		recordtest.Append(t, r.store, arrivals(w*10, 10)...)
		<-begun
	}
	for n := watches * 10; n < contacts; n += 5 {
		recordtest.Append(t, r.store, arrivals(n, 5)...)
	}
	wait.Wait()
	if slices.Max(missing) > 0 {
		t.Errorf("missing rows by watch: %v", missing)
	}
}

func TestWatchesEndWithTheService(t *testing.T) {
	r := start(t)
	s := r.watch(t, &querypb.WatchTriageQueueRequest{})
	expect(t, s, "caught up")
	r.stopServing()
	_, err := s.Recv()
	wantError(t, err, codes.Unavailable, rpc.ReasonUnavailable)
	_, err = r.watch(t, &querypb.WatchTriageQueueRequest{}).Recv()
	wantError(t, err, codes.Unavailable, rpc.ReasonUnavailable)
}

// From the call of Append to the row on a watch, with nothing else going on.
func BenchmarkAppendToWatch(b *testing.B) {
	r := start(b)
	s := r.watch(b, &querypb.WatchTriageQueueRequest{})
	expect(b, s, "caught up")
	var took []time.Duration
	n := 0
	for b.Loop() {
		begun := time.Now()
		recordtest.Append(b, r.store, arrivals(n, 1)...)
		expect(b, s, row(n, "unrated"))
		took = append(took, time.Since(begun))
		n++
	}
	slices.Sort(took)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(took[len(took)*p/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", p))
	}
}
