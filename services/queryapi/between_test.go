package queryapi

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/triage"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/eventstore"
)

// hook is the transport of a watch: it calls sent with each message but heartbeats, in the watch's own goroutine.
type hook struct {
	grpc.ServerStreamingServer[querypb.WatchTriageQueueResponse]
	ctx  context.Context
	sent func(*querypb.WatchTriageQueueResponse)
}

func (h hook) Context() context.Context { return h.ctx }

func (h hook) Send(m *querypb.WatchTriageQueueResponse) error {
	if m.GetHeartbeat() == nil {
		h.sent(m)
	}
	return nil
}

// between is a service without a server, a record and a clock.
type between struct {
	t       *testing.T
	ctx     context.Context
	store   *eventstore.Store
	runner  *projections.Runner
	service *Service
	watches sync.WaitGroup

	mu  sync.Mutex
	now time.Time
}

func begin(t *testing.T) *between {
	t.Helper()
	b := &between{t: t, store: recordtest.Store(t), now: recordtest.Monday}
	db := recordtest.SQLite(t)
	var err error
	if b.runner, err = projections.New(projections.Config{Store: b.store, DB: db, Projection: triage.New(), Now: b.clock}); err != nil {
		t.Fatal(err)
	}
	progress := b.runner.Progress()
	b.service, err = New(Config{
		Store: b.store, DB: db, Triage: progress, CaseFile: progress, ConsentTrail: progress, StrategyMeetings: progress, Consultations: progress, Now: b.clock,
		Heartbeat: time.Millisecond, // how often the clock is looked at, too
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	b.ctx = ctx
	b.watches.Go(func() { _ = b.runner.Run(ctx) })
	b.watches.Go(func() { _ = b.service.Run(ctx) })
	t.Cleanup(func() { cancel(); b.watches.Wait() })
	return b
}

func (b *between) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *between) set(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = now
}

// record has contact n received n minutes after the first, and waits until the rows show it.
func (b *between) record(n int) {
	id := recordtest.ID(n)
	last := recordtest.Append(b.t, b.store, recordtest.Of(id, recordtest.Received(id, recordtest.Monday.Add(time.Duration(n)*time.Minute), 1))...)
	if err := b.runner.WaitFor(b.ctx, last); err != nil {
		b.t.Error(err)
	}
}

func (b *between) watch(request *querypb.WatchTriageQueueRequest, sent func(*querypb.WatchTriageQueueResponse)) {
	b.watches.Go(func() { _ = b.service.queue.WatchTriageQueue(request, hook{ctx: b.ctx, sent: sent}) })
}

// Events commit at the two moments when a watch could miss one: between the first rows and the changes after them, and between
// these and what the fan hands on. Another watch tells when the fan has handed on an event, so that nothing here is left to chance.
func TestWhatCommitsInBetweenIsNotLost(t *testing.T) {
	b := begin(t)
	record, ctx := b.record, b.ctx
	watch := func(sent func(*querypb.WatchTriageQueueResponse)) { b.watch(&querypb.WatchTriageQueueRequest{}, sent) }
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

// A contact becomes overdue after a watch has read its first rows and before the fan knows of it; another watch tells when the fan has
// handed that on.
func TestWhatBecomesOverdueInBetweenIsNotLost(t *testing.T) {
	b := begin(t)
	b.record(0)
	b.record(1)
	due := recordtest.Monday.Add(24 * time.Hour) // of contact 0; contact 1 follows a minute later
	b.set(due.Add(30 * time.Second))
	overdue := &querypb.WatchTriageQueueRequest{Filter: &querypb.TriageQueueFilter{Overdue: new(true)}}
	ready, handedOn, told := make(chan struct{}), make(chan struct{}), make(chan struct{})
	handOn, tell := sync.OnceFunc(func() { close(handedOn) }), sync.OnceFunc(func() { close(told) })
	b.watch(overdue, func(m *querypb.WatchTriageQueueResponse) {
		if m.GetCaughtUp() != nil {
			close(ready)
		}
		if m.GetRow().GetContactId() == recordtest.ID(1) {
			handOn()
		}
	})
	<-ready
	b.watch(overdue, func(m *querypb.WatchTriageQueueResponse) {
		switch m.GetRow().GetContactId() {
		case recordtest.ID(0):
			b.set(due.Add(90 * time.Second))
			select {
			case <-handedOn:
			case <-b.ctx.Done():
			}
		case recordtest.ID(1):
			tell()
		}
	})
	select {
	case <-told:
	case <-b.ctx.Done():
		t.Error("the watch was never told of the contact that became overdue while it began")
	}
}
