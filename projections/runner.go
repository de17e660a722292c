package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/eventstore"
)

// Config is what a [Runner] needs. Store, DB, Projection and Now are required.
type Config struct {
	Store      *eventstore.Store
	DB         *rows.DB
	Projection Projection
	// Now is the hub's clock: lag is reckoned by it.
	Now    func() time.Time
	Logger *slog.Logger
	// MaxBatch is how many events a transaction folds at the most while catching up, 8192 when it is 0.
	MaxBatch int
}

// Runner keeps the rows of one projection up with the record.
type Runner struct {
	c        Config
	progress *Progress

	// The checkpoint as this runner knows it; touched by Run's goroutine only.
	at checkpoint

	mu     sync.Mutex
	status Status
}

// New makes a runner; Run makes it work.
func New(c Config) (*Runner, error) {
	if c.Store == nil || c.DB == nil || c.Projection == nil || c.Now == nil {
		return nil, errors.New("projection runner: store, database, projection and clock are required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.MaxBatch <= 0 {
		c.MaxBatch = 8192
	}
	r := &Runner{c: c, progress: newProgress()}
	r.status = Status{Name: c.Projection.Name(), Version: c.Projection.Version()}
	return r, nil
}

// errRestart ends a subscription whose checkpoint is no longer the one it began at.
var errRestart = errors.New("checkpoint was reset")

// Run folds until ctx ends, and returns nil then. While the store or the database does not answer it tries again, waiting up to 5
// seconds. Its error is an [*UnfoldableError], or [ErrSuperseded]: both need a person, and Status says so too.
func (r *Runner) Run(ctx context.Context) error {
	wait := time.Duration(0)
	for {
		before := r.at
		err := r.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if final(err) {
			r.fail(err, true)
			r.c.Logger.Error("projection stopped", "projection", r.c.Projection.Name(), "version", r.c.Projection.Version(), "error", err)
			return err
		}
		if errors.Is(err, errRestart) || r.at != before {
			wait = 0 // it got somewhere
		}
		wait = min(max(2*wait, 50*time.Millisecond), 5*time.Second)
		r.fail(err, false)
		r.c.Logger.Warn("projection interrupted", "projection", r.c.Projection.Name(), "error", err, "again_in", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

func final(err error) bool {
	_, unfoldable := errors.AsType[*UnfoldableError](err)
	return unfoldable || errors.Is(err, ErrSuperseded) || errors.Is(err, eventstore.ErrUnknownEvent) || errors.Is(err, eventstore.ErrMalformed)
}

// linger is how long rows may come later under load, so that a transaction holds more: most of its cost is the same for one
// event as for twenty, as those write the same pages of the indexes.
const linger = 20 * time.Millisecond

// follow takes up the checkpoint and subscribes from there.
func (r *Runner) follow(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	return r.c.Store.Subscribe(ctx, eventstore.Subscription{
		After: positionAt(r.c.Store, r.at.position), Sealed: true, MaxBatch: r.c.MaxBatch, Linger: linger, Handle: r.handle,
	})
}

// prepare makes tables and checkpoint, and throws away rows that are not of this store or of what is left of it.
func (r *Runner) prepare(ctx context.Context) error {
	head, err := r.c.Store.Head(ctx)
	if err != nil {
		return fmt.Errorf("read the end of the store: %w", err)
	}
	if err := EnsureCheckpoints(ctx, r.c.DB); err != nil {
		return fmt.Errorf("prepare checkpoints: %w", err)
	}
	err = r.c.DB.Update(ctx, func(tx *rows.Tx) error { return r.takeUp(ctx, tx, head.Ordinal()) })
	if err != nil {
		return fmt.Errorf("take up the checkpoint: %w", err)
	}
	r.publish(false)
	return nil
}

func (r *Runner) takeUp(ctx context.Context, tx *rows.Tx, head int64) error {
	p, store := r.c.Projection, r.c.Store.ID()
	if live, err := ReadLive(ctx, tx, p.Name()); err == nil && live.Version > p.Version() {
		return fmt.Errorf("%w: version %d", ErrSuperseded, live.Version)
	} else if err != nil && !errors.Is(err, ErrRebuilding) {
		return err
	}
	at, found, err := loadCheckpoint(ctx, tx, p)
	if err != nil {
		return err
	}
	if found && at.store == store && at.position <= head {
		r.at = at
		return nil
	}
	fresh := checkpoint{store: store}
	var mine bool
	if found {
		r.c.Logger.Warn("rebuilding a projection: its rows are of another store or beyond the end of this one", "projection", p.Name(), "version", p.Version())
		mine, err = moveCheckpoint(ctx, tx, p, at, fresh)
	} else {
		mine, err = claimCheckpoint(ctx, tx, p, store)
	}
	if err != nil {
		return err
	}
	if !mine {
		return errRestart
	}
	r.at = fresh
	for _, t := range p.Schema() {
		if err := errors.Join(t.Drop(ctx, tx), t.Create(ctx, tx)); err != nil {
			return err
		}
	}
	return nil
}
