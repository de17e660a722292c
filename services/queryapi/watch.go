package queryapi

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/triage"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/rpc"
)

// A change is what the fan hands to a watch: rows in the order of their positions, complete up to at. Timed ones have changed with
// the clock only, and in no order.
type change struct {
	rows  []*triage.Row
	at    int64
	timed bool
}

// A watch is one caller's. Its own goroutine reads the beginning and sends; the fan pushes and never waits for it.
type watch struct {
	c      Config
	filter triage.Filter
	send   func(*querypb.WatchTriageQueueResponse) error
	// shown says of a row that it was sent (true) or removed since (false). Of the rest a resumed watch does not know, and any other
	// knows that they were not sent.
	shown   map[string]bool
	resumed bool
	// reached is up to where all changes were sent.
	reached int64

	mu      sync.Mutex
	pending []change
	waiting int           // rows in pending
	wake    chan struct{} // holds one token when there is something pending
	ended   chan struct{}
	err     error // why, once ended is closed
}

// WatchTriageQueue sends rows, then changes, until the caller leaves or cannot follow.
func (q *queue) WatchTriageQueue(req *querypb.WatchTriageQueueRequest, stream grpc.ServerStreamingServer[querypb.WatchTriageQueueResponse]) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	w := &watch{
		c: q.c, filter: filterOf(req.GetFilter()), send: stream.Send, shown: map[string]bool{},
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	if token := req.GetResumeFrom(); token != "" {
		// The token may be a command's, which the rows do not show yet.
		from, err := q.c.await(ctx, q.c.Triage, token, "resume_from")
		if err != nil {
			return q.c.failed(ctx, err)
		}
		w.resumed, w.reached = true, from.Ordinal()
	}
	defer q.fan.detach(w)
	// Sending waits for a slow reader for as long as the call lives. So that the fan can end it, another goroutine does it, and
	// this one returns, which ends the call and with it the sending.
	done := make(chan error, 1)
	q.sending.Go(func() { done <- w.run(ctx, q.fan) })
	select {
	case err := <-done:
		return q.c.failed(ctx, err)
	case <-w.ended:
		return w.err
	}
}

// run sends the beginning and then what the fan pushes. Attached before the last read of the beginning, it can miss nothing in
// between.
func (w *watch) run(ctx context.Context, f *fan) error {
	if !w.resumed {
		if err := w.snapshot(ctx); err != nil {
			return err
		}
	}
	if err := f.attach(w); err != nil {
		return err
	}
	if err := w.catchUp(ctx); err != nil {
		return err
	}
	if err := w.tell(&querypb.WatchTriageQueueResponse{Event: &querypb.WatchTriageQueueResponse_CaughtUp{CaughtUp: &querypb.CaughtUp{}}}); err != nil {
		return err
	}
	// The ticker is reset by whatever is sent: a heartbeat says that nothing has happened for a while.
	beat := time.NewTicker(w.c.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-w.wake:
			sent, err := w.drain()
			if err != nil {
				return err
			}
			if sent {
				beat.Reset(w.c.Heartbeat)
			}
		case <-beat.C:
			heartbeat := &querypb.Heartbeat{Now: timestamppb.New(w.c.Now())}
			if err := w.tell(&querypb.WatchTriageQueueResponse{Event: &querypb.WatchTriageQueueResponse_Heartbeat{Heartbeat: heartbeat}}); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// snapshot sends the rows that match, page by page. Rows may move while it does; whatever changes after the first page was read
// follows as a change.
func (w *watch) snapshot(ctx context.Context) error {
	var after *triage.Cursor
	for first := true; first || after != nil; first = false {
		now := w.c.Now()
		page, err := triage.List(ctx, w.c.DB, w.filter, after, mostRows, now)
		if err != nil {
			return err
		}
		if page.Live.Store != w.c.Store.ID() {
			return projections.ErrRebuilding
		}
		if first {
			w.reached = page.Live.Ordinal
		}
		for _, r := range page.Rows {
			w.shown[r.Contact.ID] = true
			if err := w.send(&querypb.WatchTriageQueueResponse{Event: &querypb.WatchTriageQueueResponse_Row{Row: rowOf(r, now)}}); err != nil {
				return err
			}
		}
		after = page.Next
	}
	return nil
}

// catchUp sends the changes up to what the rows show now.
func (w *watch) catchUp(ctx context.Context) error {
	for {
		changes, live, err := triage.Changes(ctx, w.c.DB, w.reached, changesAtOnce)
		if err != nil {
			return err
		}
		if live.Store != w.c.Store.ID() || live.Ordinal < w.reached {
			// The rows went back behind what the caller has seen: they are being rebuilt, or about to be.
			return projections.ErrRebuilding
		}
		for _, r := range changes {
			w.reached = r.Position
			if _, err := w.show(r); err != nil {
				return err
			}
		}
		if len(changes) < changesAtOnce {
			w.reached = live.Ordinal
			return nil
		}
	}
}

// show sends a row that matches, or that one no longer does to somebody who may have it.
func (w *watch) show(r *triage.Row) (sent bool, err error) {
	now, id := w.c.Now(), r.Contact.ID
	if w.filter.Matches(r, now) {
		w.shown[id] = true
		return true, w.tell(&querypb.WatchTriageQueueResponse{Event: &querypb.WatchTriageQueueResponse_Row{Row: rowOf(r, now)}})
	}
	shown, known := w.shown[id]
	if !shown && (known || !w.resumed || !w.filter.CouldMatch(r)) {
		return false, nil
	}
	if w.resumed {
		w.shown[id] = false
	} else {
		delete(w.shown, id)
	}
	return true, w.tell(&querypb.WatchTriageQueueResponse{Event: &querypb.WatchTriageQueueResponse_Removed{Removed: id}})
}

// tell sends a message with the position to resume from.
func (w *watch) tell(m *querypb.WatchTriageQueueResponse) error {
	m.Position = w.c.Store.PositionAt(w.reached).Token()
	return w.send(m)
}

// drain sends what is pending.
func (w *watch) drain() (sent bool, err error) {
	w.mu.Lock()
	pending := w.pending
	w.pending, w.waiting = nil, 0
	w.mu.Unlock()
	for _, c := range pending {
		for _, r := range c.rows {
			switch {
			case c.timed: // may be newer than the changes before it, so it says nothing of what was reached
			case r.Position <= w.reached:
				continue // was there when the beginning was read
			default:
				w.reached = r.Position
			}
			one, err := w.show(r)
			if err != nil {
				return sent, err
			}
			sent = sent || one
		}
		w.reached = max(w.reached, c.at)
	}
	return sent, nil
}

// push adds a change, or ends the watch when too much is waiting for its reader.
func (w *watch) push(c change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	if w.waiting += len(c.rows); w.waiting > w.c.WatchBuffer {
		w.pending = nil
		w.endLocked(rpc.SlowReader())
		return
	}
	w.pending = append(w.pending, c)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watch) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.endLocked(err)
}

func (w *watch) endLocked(err error) {
	if w.err == nil {
		w.err = err
		close(w.ended)
	}
}
