package queryapi

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/services/rpc"
)

// A change is what the fan hands to a watch: rows in the order of their positions, complete up to at. Timed ones have changed with
// the clock only, and in no order.
type change[R any] struct {
	rows  []R
	at    int64
	timed bool
}

// A watcher is what is particular to one kind of watch: which rows it is about, and the messages that tell of them. Positions are
// tokens to resume from, empty where there is none yet.
type watcher[R any] interface {
	// Matches says whether a row is to be shown now, CouldMatch whether it may have been shown before.
	Matches(r R, now time.Time) bool
	CouldMatch(r R) bool
	// page reads some of the rows that match now: the first ones, and with each call those that follow.
	page(ctx context.Context, now time.Time) (found []R, live projections.Live, more bool, err error)

	row(r R, now time.Time, position string) error
	removed(r R, now time.Time, position string) error
	caughtUp(position string) error
	heartbeat(now time.Time, position string) error
}

// A watch is one caller's. Its own goroutine reads the beginning and sends; the fan pushes and never waits for it.
type watch[R any] struct {
	watcher[R]
	fan *fan[R]
	// shown says of a row that it was sent (true) or removed since (false). Of the rest a resumed watch does not know, and any other
	// knows that they were not sent.
	shown   map[string]bool
	resumed bool
	// reached is up to where all changes were sent.
	reached int64

	mu      sync.Mutex
	pending []change[R]
	waiting int           // rows in pending
	wake    chan struct{} // holds one token when there is something pending
	ended   chan struct{}
	err     error // why, once ended is closed
}

// serve sends rows, then changes, until the caller leaves or cannot follow.
func (f *fan[R]) serve(ctx context.Context, resumeFrom string, to watcher[R]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &watch[R]{watcher: to, fan: f, shown: map[string]bool{}, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	if resumeFrom != "" {
		// The token may be a command's, which the rows do not show yet.
		from, err := f.c.await(ctx, f.progress, resumeFrom, "resume_from")
		if err != nil {
			return f.c.failed(ctx, err)
		}
		w.resumed, w.reached = true, from.Ordinal()
	}
	defer f.detach(w)
	// Sending waits for a slow reader for as long as the call lives. So that the fan can end it, another goroutine does it, and
	// this one returns, which ends the call and with it the sending.
	done := make(chan error, 1)
	f.sending.Go(func() { done <- w.run(ctx) })
	select {
	case err := <-done:
		return f.c.failed(ctx, err)
	case <-w.ended:
		return w.err
	}
}

// run sends the beginning and then what the fan pushes. Attached before the last read of the beginning, it can miss nothing in
// between.
func (w *watch[R]) run(ctx context.Context) error {
	began := w.fan.c.Now()
	if !w.resumed {
		if err := w.snapshot(ctx); err != nil {
			return err
		}
	}
	if err := w.fan.attach(w); err != nil {
		return err
	}
	if err := w.catchUp(ctx); err != nil {
		return err
	}
	if err := w.passed(ctx, began); err != nil {
		return err
	}
	if err := w.caughtUp(w.position()); err != nil {
		return err
	}
	// The ticker is reset by whatever is sent: a heartbeat says that nothing has happened for a while.
	beat := time.NewTicker(w.fan.c.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-w.wake:
			sent, err := w.drain()
			if err != nil {
				return err
			}
			if sent {
				beat.Reset(w.fan.c.Heartbeat)
			}
		case <-beat.C:
			if err := w.heartbeat(w.fan.c.Now(), w.position()); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// snapshot sends the rows that match, page by page. Rows may move while it does; whatever changes after the first page was read
// follows as a change.
func (w *watch[R]) snapshot(ctx context.Context) error {
	more := true
	for first := true; more; first = false {
		now := w.fan.c.Now()
		var found []R
		var live projections.Live
		var err error
		if found, live, more, err = w.page(ctx, now); err != nil {
			return err
		}
		if live.Store != w.fan.c.Store.ID() {
			return projections.ErrRebuilding
		}
		if first {
			w.reached = live.Ordinal
		}
		for _, r := range found {
			w.shown[w.fan.id(r)] = true
			if err := w.row(r, now, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// catchUp sends the changes up to what the rows show now.
func (w *watch[R]) catchUp(ctx context.Context) error {
	for {
		changes, live, err := w.fan.changes(ctx, w.fan.c.DB, w.reached, changesAtOnce)
		if err != nil {
			return err
		}
		if live.Store != w.fan.c.Store.ID() || live.Ordinal < w.reached {
			// The rows went back behind what the caller has seen: they are being rebuilt, or about to be.
			return projections.ErrRebuilding
		}
		if _, err := w.showAll(changes); err != nil {
			return err
		}
		if len(changes) < changesAtOnce {
			w.reached = live.Ordinal
			return nil
		}
	}
}

// passed sends what has changed with the clock alone since then: until the watch was attached, the fan told others of it.
func (w *watch[R]) passed(ctx context.Context, since time.Time) error {
	now := w.fan.c.Now()
	if !now.After(since) {
		return nil
	}
	rows, _, err := w.fan.passing(ctx, w.fan.c.DB, since, now)
	if err != nil {
		return err
	}
	reached := w.reached // may be behind these rows, and what is in between comes from the fan
	_, err = w.showAll(rows)
	w.reached = reached
	return err
}

// showAll sends rows in the order of their positions. An event that has changed several rows is reached with the last of them, so that
// whoever resumes in between has all of them.
func (w *watch[R]) showAll(rows []R) (sent bool, err error) {
	for i, r := range rows {
		if at := w.fan.position(r); i+1 == len(rows) || w.fan.position(rows[i+1]) > at {
			w.reached = at
		}
		one, err := w.show(r)
		if err != nil {
			return sent, err
		}
		sent = sent || one
	}
	return sent, nil
}

// show sends a row that matches, or that one no longer does to somebody who may have it.
func (w *watch[R]) show(r R) (sent bool, err error) {
	now, id := w.fan.c.Now(), w.fan.id(r)
	if w.Matches(r, now) {
		w.shown[id] = true
		return true, w.row(r, now, w.position())
	}
	shown, known := w.shown[id]
	if !shown && (known || !w.resumed || !w.CouldMatch(r)) {
		return false, nil
	}
	if w.resumed {
		w.shown[id] = false
	} else {
		delete(w.shown, id)
	}
	return true, w.removed(r, now, w.position())
}

// position is where to resume from.
func (w *watch[R]) position() string { return w.fan.c.Store.PositionAt(w.reached).Token() }

// drain sends what is pending.
func (w *watch[R]) drain() (sent bool, err error) {
	w.mu.Lock()
	pending := w.pending
	w.pending, w.waiting = nil, 0
	w.mu.Unlock()
	for _, c := range pending {
		reached := w.reached
		// What is no later was there when the beginning was read.
		rows := slices.DeleteFunc(slices.Clone(c.rows), func(r R) bool { return !c.timed && w.fan.position(r) <= reached })
		some, err := w.showAll(rows)
		if err != nil {
			return sent, err
		}
		sent = sent || some
		if c.timed { // may be newer than the changes before it, so it says nothing of what was reached
			w.reached = reached
		}
		w.reached = max(w.reached, c.at)
	}
	return sent, nil
}

// push adds a change, or ends the watch when too much is waiting for its reader.
func (w *watch[R]) push(c change[R]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	if w.waiting += len(c.rows); w.waiting > w.fan.c.WatchBuffer {
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

func (w *watch[R]) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.endLocked(err)
}

func (w *watch[R]) endLocked(err error) {
	if w.err == nil {
		w.err = err
		close(w.ended)
	}
}
