package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/triage"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/hub"
	"github.com/openmash/mash/services/keys"
)

// Rebuild measures how fast the triage queue of a year is folded from the record, and how fast a page of it is read.
func Rebuild(ctx context.Context, o Options) (*Report, error) {
	return measure("rebuild", o, func(r *run) error {
		data := filepath.Join(r.dir, "year")
		var y *year
		err := withHub(ctx, data, "store", []hub.Role{hub.RoleStore}, func(ctx context.Context, s *site) error {
			store, err := s.openStore(ctx)
			if err != nil {
				return err
			}
			begun := time.Now()
			if y, err = r.writeYear(ctx, store, r.year); err != nil {
				return err
			}
			r.describe(y, time.Since(begun))
			client, err := s.client()
			if err != nil {
				return err
			}
			for round := range r.Rounds {
				if err := r.rebuildRound(ctx, client, store, round, y); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return withHub(ctx, data, "pages", nil, func(ctx context.Context, s *site) error { return r.queuePages(ctx, s, y) })
	})
}

func (r *run) describe(y *year, took time.Duration) {
	r.note("The year: %d contacts of at least six events each (%d of them linked as duplicates), and %d that passed straight across, with two: "+
		"%d events, interleaved in time, written in %s.", y.contacts, y.shown[duplicate], y.across, y.events, took.Round(time.Second))
}

// openStore opens the hub's face of the store, with the keys that a hub in the same folder has.
func (s *site) openStore(ctx context.Context) (*eventstore.Store, error) {
	now := func() time.Time { return monday }
	dir := filepath.Join(s.data, "keys")
	ring, err := keys.Open(ctx, keys.Config{
		DSN: "sqlite:" + filepath.Join(dir, "keys.db"), MasterKeyFile: filepath.Join(dir, "master.json"), Now: now,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	s.keys = ring
	s.closers = append(s.closers, ring.Close)
	store, err := eventstore.Open(ctx, eventstore.Config{Socket: strings.TrimPrefix(s.Addresses().EventStore, "unix:"), Keys: ring, Now: now})
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, store.Close)
	return store, nil
}

// rebuildRound measures one round of reading alone and of a rebuild, by turns.
func (r *run) rebuildRound(ctx context.Context, client *esdb.Client, store *eventstore.Store, round int, y *year) error {
	var read, rebuilt float64
	steps := []func() error{
		func() (err error) { read, err = r.readAlone(ctx, client, y.events); return err },
		func() (err error) { rebuilt, err = r.rebuild(ctx, store, y); return err },
	}
	names := []string{"reading $all", "rebuilding"}
	for i := range steps {
		at := (i + round) % len(steps)
		r.progress("round %d of %d: %s, %d events", round+1, r.Rounds, names[at], y.events)
		if err := steps[at](); err != nil {
			return fmt.Errorf("%s: %w", names[at], err)
		}
	}
	r.record(rebuildRate, "", rebuilt/read)
	return nil
}

// readAlone reads $all with the official client, and drops what it reads.
func (r *run) readAlone(ctx context.Context, client *esdb.Client, events int) (rate float64, err error) {
	err = labelled(ctx, "read", func(ctx context.Context) error {
		watch := startWatch()
		n, err := readAll(ctx, client, func(*esdb.RecordedEvent) error { return nil })
		if err != nil {
			return err
		}
		if n < events {
			return fmt.Errorf("%d events are in $all, %d were written", n, events)
		}
		rate = r.took(readRate, watch, n)
		return nil
	})
	return rate, err
}

// Names of what stands beside the figures.
const (
	readRate    = "the official client reading $all alone"
	rebuiltRate = "rebuild of the triage projection, events"
)

// rebuild folds the whole record into new rows, and looks whether they are right.
func (r *run) rebuild(ctx context.Context, store *eventstore.Store, y *year) (rate float64, err error) {
	dir, err := os.MkdirTemp(r.dir, "rows-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := rows.Open(ctx, "sqlite:"+filepath.Join(dir, "readmodel.db"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	head, err := store.Head(ctx)
	if err != nil {
		return 0, err
	}
	runner, err := projections.New(projections.Config{Store: store, DB: db, Projection: triage.New(), Now: func() time.Time { return monday }})
	if err != nil {
		return 0, err
	}
	watch := startWatch()
	err = labelled(ctx, "rebuild", func(ctx context.Context) error { return follow(ctx, runner, head) })
	if err != nil {
		return 0, err
	}
	rate = r.took(rebuiltRate, watch, y.events)
	return rate, checkRows(ctx, db, y)
}

// follow runs a projection until its rows show the position.
func follow(ctx context.Context, runner *projections.Runner, head eventstore.Position) error {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := runner.Run(ctx); err != nil {
			cancel(err)
		}
	}()
	err := runner.WaitFor(ctx, head)
	cancel(nil)
	<-done
	return err
}

// checkRows compares the rows with the year, state by state: a rebuild that forgets contacts is fast.
func checkRows(ctx context.Context, db *rows.DB, y *year) error {
	got := map[string]int{}
	f := triage.Filter{States: allStates()}
	for after := (*triage.Cursor)(nil); ; {
		page, err := triage.List(ctx, db, f, after, 5000, monday)
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			got[row.State()]++
		}
		if after = page.Next; after == nil {
			break
		}
	}
	if !maps.Equal(got, y.shown) {
		return fmt.Errorf("the rows show %v, the year has %v", got, y.shown)
	}
	return nil
}
