package queryapi

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/rpc"
)

// A model is what a fan and its watches need to know of a read model with rows R that are never removed.
type model[R any] struct {
	name     string
	progress *projections.Progress
	// changes reads at least limit rows that show events after an ordinal, where there are as many, in the order of these, and all of
	// the last event; passing reads those that have changed with the clock alone between two times.
	changes func(ctx context.Context, db *rows.DB, after int64, limit int) ([]R, projections.Live, error)
	passing func(ctx context.Context, db *rows.DB, from, to time.Time) ([]R, projections.Live, error)
	// id names a row for good, position is the ordinal of the last event that it shows.
	id       func(R) string
	position func(R) int64
}

// A fan reads each change once and hands it to every watch of a model: one query per commit, however many watch.
type fan[R any] struct {
	c Config
	model[R]

	mu      sync.Mutex
	watches map[*watch[R]]struct{}
	stopped bool
	// sending counts the goroutines that send to watches.
	sending sync.WaitGroup

	// Of run's goroutine: up to where changes were handed on, in which store, and until when due times were.
	at    int64
	swept time.Time
}

// changesAtOnce bounds one query for changes.
const changesAtOnce = 256

var errStopped = errors.New("the service is stopping")

func newFan[R any](c Config, m model[R]) *fan[R] {
	return &fan[R]{c: c, model: m, watches: map[*watch[R]]struct{}{}}
}

// attach makes a watch be told of every change from now on. What was before is the watch's to read, after it is attached.
func (f *fan[R]) attach(w *watch[R]) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		return rpc.Unavailable(errStopped)
	}
	f.watches[w] = struct{}{}
	return nil
}

func (f *fan[R]) detach(w *watch[R]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.watches, w)
}

func (f *fan[R]) all() []*watch[R] {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Keys(f.watches))
}

// run wakes with each commit and hands on what it changed, until ctx ends; then it ends the watches and waits for them.
func (f *fan[R]) run(ctx context.Context) {
	f.swept = f.c.Now()
	tick := time.NewTicker(f.c.Heartbeat)
	defer tick.Stop()
	for {
		changed := f.progress.Changed()
		f.deliver(ctx)
		select {
		case <-changed:
		case <-tick.C:
			f.sweep(ctx)
		case <-ctx.Done():
			f.mu.Lock()
			f.stopped = true
			f.mu.Unlock()
			f.endAll(rpc.Unavailable(errStopped))
			f.sending.Wait()
			return
		}
	}
}

// deliver hands on what has changed. A read that fails ends the watches, which begin again where they were: to let them wait
// would be to lose track of what they are waiting for.
func (f *fan[R]) deliver(ctx context.Context) {
	for {
		// Before looking at who watches: a watch that comes later reads at least up to here by itself.
		reached := f.progress.Position().Ordinal()
		watches := f.all()
		if len(watches) == 0 {
			f.at = reached
			return
		}
		changes, live, err := f.changes(ctx, f.c.DB, f.at, changesAtOnce)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			f.c.Logger.Warn("cannot read changes of a read model", "model", f.name, "error", err)
			f.endAll(rpc.Unavailable(err))
			return
		case live.Store != f.c.Store.ID() || live.Ordinal < f.at:
			f.at = 0
			f.endAll(rpc.Unavailable(projections.ErrRebuilding))
			return
		}
		full := len(changes) >= changesAtOnce
		f.at = live.Ordinal
		if full {
			f.at = f.position(changes[len(changes)-1])
		}
		// Those that came since have read further than these changes, and pass them over.
		for _, w := range f.all() {
			w.push(change[R]{rows: changes, at: f.at})
		}
		if !full {
			return
		}
	}
}

// sweep hands on the rows that have changed with the clock since the last time.
func (f *fan[R]) sweep(ctx context.Context) {
	now := f.c.Now()
	watches := f.all()
	if len(watches) == 0 || !now.After(f.swept) {
		f.swept = now
		return
	}
	passed, _, err := f.passing(ctx, f.c.DB, f.swept, now)
	if err != nil {
		if ctx.Err() == nil {
			f.c.Logger.Warn("cannot read what has changed with the clock", "model", f.name, "error", err)
		}
		return // the next sweep covers it
	}
	f.swept = now
	for _, w := range watches {
		w.push(change[R]{rows: passed, timed: true})
	}
}

func (f *fan[R]) endAll(err error) {
	for _, w := range f.all() {
		w.end(err)
	}
}
