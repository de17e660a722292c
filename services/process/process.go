package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// Config holds the parts that a process works with; all but Tick, Logger and NoteEvery are required.
type Config struct {
	Store    *eventstore.Store
	Casework *casework.Service
	// Now is the hub's clock.
	Now func() time.Time
	// Tick is how often it is looked at, by the machine's clock: the hub's may stand still, or leap. 0 is 100 ms.
	Tick time.Duration
	// NoteEvery is after how many events it is noted from where the next start has to read; 0 is 10,000.
	NoteEvery int
	Logger    *slog.Logger
}

// Process keeps the clocks.
type Process struct {
	Config
	mu     sync.Mutex
	timers timers
	// position is that of the last event that was read, caughtUp that it was read to its end once.
	position eventstore.Position
	caughtUp bool
	// since is how many events were read since the last note, noted what it said.
	since int
	noted eventstore.Position
}

// New prepares a process; Run starts it.
func New(c Config) *Process {
	if c.Tick <= 0 {
		c.Tick = 100 * time.Millisecond
	}
	if c.NoteEvery <= 0 {
		c.NoteEvery = 10_000
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Process{Config: c, timers: newTimers()}
}

// Run keeps the clocks until ctx ends, and then returns nil. It fails when the record cannot be followed: a position that was noted for
// another store, or an event that this release does not know.
func (p *Process) Run(ctx context.Context) error {
	after, err := p.resume(ctx)
	if err != nil {
		return p.unlessEnded(ctx, err)
	}
	p.position, p.noted = after, after
	var ticking sync.WaitGroup
	tick, stop := context.WithCancel(ctx)
	ticking.Go(func() { p.watch(tick) })
	err = p.Store.Subscribe(ctx, eventstore.Subscription{
		After: after, Sealed: true, Prefixes: []string{contact.Stream(""), strategymeeting.Stream("")}, Handle: p.fold,
	})
	stop()
	ticking.Wait()
	p.noteLast(context.WithoutCancel(ctx))
	return p.unlessEnded(ctx, err)
}

func (p *Process) unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("keep the clocks: %w", err)
}

// fold remembers the due times of a batch.
func (p *Process) fold(ctx context.Context, b eventstore.Batch) error {
	p.mu.Lock()
	for _, r := range b.Events {
		p.timers.fold(r.Message, p.position)
		p.timers.tell(r, p.position)
		p.position = r.Position
	}
	p.since += len(b.Events)
	p.caughtUp = p.caughtUp || b.CaughtUp
	p.mu.Unlock()
	p.noteSometimes(ctx)
	return nil
}

// watch looks at the hub's clock until ctx ends.
func (p *Process) watch(ctx context.Context) {
	ticker := time.NewTicker(p.Tick)
	defer ticker.Stop()
	for {
		if !p.lapse(ctx) {
			ticker.Reset(afterFailure)
		} else {
			ticker.Reset(p.Tick)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// afterFailure is the pause after a lapse could not be recorded.
const afterFailure = time.Second

// lapse says of every due time that has passed that it has. Nothing lapses before the end of the record was read: what would lapse may have
// been overtaken by an event that was not met yet.
func (p *Process) lapse(ctx context.Context) (all bool) {
	p.mu.Lock()
	var due []timer
	if p.caughtUp {
		due = p.timers.due(p.Now())
	}
	p.mu.Unlock()
	all = true
	for _, t := range due {
		if ctx.Err() != nil {
			return false
		}
		all = p.give(ctx, t) && all
	}
	return all
}

// give has casework decide what follows. A timer stays when it could not be decided, and is tried again.
func (p *Process) give(ctx context.Context, t timer) bool {
	log := p.Logger.With("stream", t.stream(), "clock", t.clock(), "due", t.due)
	result, err := t.follow(ctx, p.Casework)
	_, refused := errors.AsType[*domain.Refusal](err)
	switch {
	case err == nil && t.kind == ofTelling:
		// No clock lapsed: who counts lapses in the log is not to find one for every meeting, and for all of them after a start.
		p.Logger.Debug("the contacts of a meeting have heard of it", "stream", t.stream())
	case err == nil:
		log.Info("a due time has passed", "revision", result.Revision, "repeated", result.Repeated)
	case refused, errors.Is(err, casework.ErrNotFound):
		log.Info("a due time has passed and nothing follows", "reason", err)
	default:
		if ctx.Err() == nil {
			log.Warn("what follows could not be recorded; it is tried again", "error", err)
		}
		return false
	}
	p.mu.Lock()
	p.timers.done(t)
	p.mu.Unlock()
	return true
}
