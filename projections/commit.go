package projections

import (
	"context"
	"errors"
	"fmt"

	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/eventstore"
)

// errMoved means that another runner has committed past the checkpoint this one knew.
var errMoved = errors.New("checkpoint was moved by another runner")

// handle commits one batch: rows and checkpoint in one transaction. When another runner was first, it goes on with what that one
// has left.
func (r *Runner) handle(ctx context.Context, b eventstore.Batch) error {
	for {
		next, rest := r.next(b)
		if next == r.at {
			r.publish(b.CaughtUp)
			return nil
		}
		err := r.c.DB.Update(ctx, func(tx *rows.Tx) error { return r.commit(ctx, tx, next, rest) })
		if err == nil {
			r.at = next
			r.applied(rest)
			r.publish(b.CaughtUp)
			return nil
		}
		if !errors.Is(err, errMoved) {
			return err
		}
		if err := r.reload(ctx); err != nil {
			return err
		}
	}
}

// next is the checkpoint after a batch, and what of the batch is not folded yet.
func (r *Runner) next(b eventstore.Batch) (checkpoint, []eventstore.Recorded) {
	rest := b.Events
	for len(rest) > 0 && rest[0].Position.Ordinal() <= r.at.position {
		rest = rest[1:]
	}
	next := r.at
	if n := len(rest); n > 0 {
		next.position = rest[n-1].Position.Ordinal()
	}
	// The subscription may have passed events of the store itself: then there is nothing to fold, and nothing to read twice.
	next.position = max(next.position, b.Position.Ordinal())
	next.live = r.at.live || b.CaughtUp
	return next, rest
}

func (r *Runner) commit(ctx context.Context, tx *rows.Tx, next checkpoint, batch []eventstore.Recorded) error {
	p := r.c.Projection
	moved, err := moveCheckpoint(ctx, tx, p, r.at, next)
	if err != nil {
		return fmt.Errorf("move the checkpoint: %w", err)
	}
	if !moved {
		return errMoved
	}
	if err := known(p, batch); err != nil {
		return err
	}
	if len(batch) > 0 {
		if err := p.Apply(ctx, tx, batch); err != nil {
			return fmt.Errorf("apply %d events: %w", len(batch), err)
		}
	}
	if next.live && !r.at.live {
		return r.swap(ctx, tx)
	}
	return nil
}

// swap makes rows that have caught up the ones that readers use.
func (r *Runner) swap(ctx context.Context, tx *rows.Tx) error {
	for _, t := range r.c.Projection.Schema() {
		if err := t.CreateIndexes(ctx, tx); err != nil {
			return fmt.Errorf("index %s: %w", t.Name, err)
		}
	}
	if err := retire(ctx, tx, r.c.Projection); err != nil {
		return fmt.Errorf("retire other versions: %w", err)
	}
	return nil
}

// reload takes up the checkpoint where another runner has left it.
func (r *Runner) reload(ctx context.Context) error {
	var at checkpoint
	var found bool
	err := r.c.DB.View(ctx, func(tx *rows.Tx) (err error) {
		at, found, err = loadCheckpoint(ctx, tx, r.c.Projection)
		return err
	})
	if err != nil {
		return fmt.Errorf("reload the checkpoint: %w", err)
	}
	if !found || at.store != r.at.store || at.position < r.at.position {
		return errRestart
	}
	r.at = at
	r.publish(false)
	return nil
}

// publish lets readers and Status know. Rows that are being built are nobody's to read, so they do not count as progress.
func (r *Runner) publish(caughtUp bool) {
	r.mu.Lock()
	r.status.Live, r.status.CaughtUp, r.status.Stopped, r.status.Err = r.at.live, caughtUp, false, nil
	r.status.Position = positionAt(r.c.Store, r.at.position)
	position := r.status.Position
	r.mu.Unlock()
	if r.at.live {
		r.progress.set(position)
	}
}
