package queryapi

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/triage"
	"github.com/openmash/mash/services/rpc"
)

// A fan reads each change once and hands it to every watch: one query per commit, however many watch.
type fan struct {
	c Config

	mu      sync.Mutex
	watches map[*watch]struct{}
	stopped bool

	// Of run's goroutine: up to where changes were handed on, in which store, and until when due times were.
	at    int64
	swept time.Time
}

// changesAtOnce bounds one query for changes.
const changesAtOnce = 256

var errStopped = errors.New("the service is stopping")

func newFan(c Config) *fan { return &fan{c: c, watches: map[*watch]struct{}{}} }

// attach makes a watch be told of every change from now on. What was before is the watch's to read, after it is attached.
func (f *fan) attach(w *watch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		return rpc.Unavailable(errStopped)
	}
	f.watches[w] = struct{}{}
	return nil
}

func (f *fan) detach(w *watch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.watches, w)
}

func (f *fan) all() []*watch {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Keys(f.watches))
}

// run wakes with each commit and hands on what it changed.
func (f *fan) run(ctx context.Context) {
	f.swept = f.c.Now()
	tick := time.NewTicker(f.c.Heartbeat)
	defer tick.Stop()
	for {
		changed := f.c.Triage.Changed()
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
			return
		}
	}
}

// deliver hands on what has changed. A read that fails ends the watches, which begin again where they were: to let them wait
// would be to lose track of what they are waiting for.
func (f *fan) deliver(ctx context.Context) {
	for {
		// Before looking at who watches: a watch that comes later reads at least up to here by itself.
		reached := f.c.Triage.Position().Ordinal()
		watches := f.all()
		if len(watches) == 0 {
			f.at = reached
			return
		}
		changes, live, err := triage.Changes(ctx, f.c.DB, f.at, changesAtOnce)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			f.c.Logger.Warn("cannot read changes of the queue", "error", err)
			f.endAll(rpc.Unavailable(err))
			return
		case live.Store != f.c.Store.ID() || live.Ordinal < f.at:
			f.at = 0
			f.endAll(rpc.Unavailable(projections.ErrRebuilding))
			return
		}
		full := len(changes) == changesAtOnce
		f.at = live.Ordinal
		if full {
			f.at = changes[len(changes)-1].Position
		}
		// Those that came since have read further than these changes, and pass them over.
		for _, w := range f.all() {
			w.push(change{rows: changes, at: f.at})
		}
		if !full {
			return
		}
	}
}

// sweep hands on the rows that have become overdue since the last time.
func (f *fan) sweep(ctx context.Context) {
	now := f.c.Now()
	watches := f.all()
	if len(watches) == 0 || !now.After(f.swept) {
		f.swept = now
		return
	}
	overdue, _, err := triage.Passing(ctx, f.c.DB, f.swept, now)
	if err != nil {
		if ctx.Err() == nil {
			f.c.Logger.Warn("cannot read what has become overdue", "error", err)
		}
		return // the next sweep covers it
	}
	f.swept = now
	for _, w := range watches {
		w.push(change{rows: overdue, timed: true})
	}
}

func (f *fan) endAll(err error) {
	for _, w := range f.all() {
		w.end(err)
	}
}
