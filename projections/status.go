package projections

import (
	"context"
	"time"

	"github.com/openmash/mash/services/eventstore"
)

// Status is how a projection does.
type Status struct {
	Name    string
	Version int
	// Live says that readers use these rows; false: they are being built.
	Live bool
	// CaughtUp says that the last batch held the newest there was.
	CaughtUp bool
	// Position is the last one folded.
	Position eventstore.Position
	// Events is how many were folded since the runner was made.
	Events uint64
	// Lag is 0 when caught up; otherwise how long ago the last event that was folded was recorded.
	Lag time.Duration
	// Stopped says that the runner has given up because of Err. When it is false and Err is not nil, it tries again.
	Stopped bool
	Err     error

	recordedAt time.Time
}

// Status says how the projection does now.
func (r *Runner) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.status
	if !s.CaughtUp && !s.recordedAt.IsZero() {
		s.Lag = max(0, r.c.Now().Sub(s.recordedAt))
	}
	return s
}

// Progress is what readers in this process wait on.
func (r *Runner) Progress() *Progress { return r.progress }

// Position is what the rows show.
func (r *Runner) Position() eventstore.Position { return r.progress.Position() }

// WaitFor returns when the rows show the position, or with ctx's error.
func (r *Runner) WaitFor(ctx context.Context, position eventstore.Position) error {
	return r.progress.WaitFor(ctx, position)
}

// Changed gives a channel that is closed after the next commit.
func (r *Runner) Changed() <-chan struct{} { return r.progress.Changed() }

func (r *Runner) fail(err error, stopped bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.CaughtUp, r.status.Stopped, r.status.Err = false, stopped, err
}

func (r *Runner) applied(batch []eventstore.Recorded) {
	if len(batch) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Events += uint64(len(batch))
	r.status.recordedAt = batch[len(batch)-1].Metadata.RecordedAt
}
