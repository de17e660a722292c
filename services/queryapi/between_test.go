package queryapi

import (
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/triage"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// hook is the transport of a watch: it calls sent after each row, in the watch's own goroutine.
type hook struct {
	grpc.ServerStreamingServer[querypb.WatchTriageQueueResponse]
	ctx  context.Context
	sent func(*querypb.WatchTriageQueueResponse)
}

func (h hook) Context() context.Context { return h.ctx }

func (h hook) Send(m *querypb.WatchTriageQueueResponse) error {
	h.sent(m)
	return nil
}

// Events commit at the two moments when a watch could miss one: between the first rows and the changes after them, and between
// these and what the fan hands on. Another watch tells when the fan has handed on an event, so that nothing here is left to chance.
func TestWhatCommitsInBetweenIsNotLost(t *testing.T) {
	store, db := recordtest.Store(t), recordtest.SQLite(t)
	now := func() time.Time { return recordtest.Monday }
	runner, err := projections.New(projections.Config{Store: store, DB: db, Projection: triage.New(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	progress := runner.Progress()
	service, err := New(Config{Store: store, DB: db, Triage: progress, CaseFile: progress, ConsentTrail: progress, StrategyMeetings: progress, Consultations: progress, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	ends := make(chan error, 4)
	go func() { ends <- runner.Run(ctx) }()
	go func() { ends <- service.Run(ctx) }()
	defer func() {
		cancel()
		for range 4 {
			<-ends
		}
	}()

	record := func(n int) {
		id := recordtest.ID(n)
		last := recordtest.Append(t, store, recordtest.Of(id, recordtest.Received(id, recordtest.Monday.Add(time.Duration(n)*time.Minute), 1))...)
		if err := runner.WaitFor(ctx, last); err != nil {
			t.Error(err)
		}
	}
	watch := func(sent func(*querypb.WatchTriageQueueResponse)) {
		go func() {
			ends <- service.queue.WatchTriageQueue(&querypb.WatchTriageQueueRequest{}, hook{ctx: ctx, sent: sent})
		}()
	}
	record(0)
	handedOn := make(chan string, 100)
	ready := make(chan struct{})
	watch(func(m *querypb.WatchTriageQueueResponse) {
		if m.GetCaughtUp() != nil {
			close(ready)
		}
		handedOn <- m.GetRow().GetContactId()
	})
	<-ready
	got := make(chan string, 100)
	watch(func(m *querypb.WatchTriageQueueResponse) {
		id := m.GetRow().GetContactId()
		// After row 0 of the beginning comes 1, after 1 comes 2, and 3 when all is quiet.
		for n := range 3 {
			if id == recordtest.ID(n) {
				record(n + 1)
				for id := range handedOn {
					if id == recordtest.ID(n+1) {
						break
					}
				}
			}
		}
		if id != "" {
			got <- id
		}
	})
	var all []string
	for len(all) < 4 {
		select {
		case id := <-got:
			all = append(all, id)
		case <-ctx.Done():
			t.Fatalf("the watch was sent %v and no more", all)
		}
	}
	if want := []string{recordtest.ID(0), recordtest.ID(1), recordtest.ID(2), recordtest.ID(3)}; !slices.Equal(all, want) {
		t.Errorf("got %v, want %v", all, want)
	}
}
