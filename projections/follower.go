package projections

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/eventstore"
)

// FollowerConfig is what a [Follower] needs.
type FollowerConfig struct {
	Store *eventstore.Store
	DB    *rows.DB
	// Projection is the name of the projection to follow.
	Projection string
	// Every is how often to look, 200 ms when it is 0: what a watch in this process is late by, at the most.
	Every  time.Duration
	Logger *slog.Logger
}

// Follower keeps a [Progress] in a process where the projection's runner is not, by looking at its checkpoint row.
type Follower struct {
	c        FollowerConfig
	progress *Progress
}

// NewFollower makes a follower; Run makes it look.
func NewFollower(c FollowerConfig) *Follower {
	if c.Every <= 0 {
		c.Every = 200 * time.Millisecond
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Follower{c: c, progress: newProgress()}
}

// Progress is what it keeps.
func (f *Follower) Progress() *Progress { return f.progress }

// Run looks until ctx ends. A database that does not answer is asked again; the first time is logged.
func (f *Follower) Run(ctx context.Context) error {
	tick := time.NewTicker(f.c.Every)
	defer tick.Stop()
	failing := false
	for {
		err := f.look(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			f.c.Logger.Warn("cannot read a projection's checkpoint", "projection", f.c.Projection, "error", err)
		}
		failing = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (f *Follower) look(ctx context.Context) error {
	var live Live
	err := f.c.DB.View(ctx, func(tx *rows.Tx) (err error) {
		live, err = ReadLive(ctx, tx, f.c.Projection)
		return err
	})
	switch {
	case errors.Is(err, ErrRebuilding), err == nil && live.Store != f.c.Store.ID():
		return nil // nothing to show: where it was is where it stays
	case err != nil:
		return err
	}
	f.progress.set(positionAt(f.c.Store, live.Ordinal))
	return nil
}

// positionAt is the position of an ordinal; 0 is before the first event.
func positionAt(store *eventstore.Store, ordinal int64) eventstore.Position {
	if ordinal == 0 {
		return eventstore.Position{}
	}
	return store.PositionAt(ordinal)
}
