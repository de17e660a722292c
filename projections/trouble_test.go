package projections_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/casefile"
	"github.com/openmash/mash/projections/consenttrail"
	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/triage"
	"github.com/openmash/mash/services/eventstore"
)

func TestAnEventThatCannotBeFoldedStopsLoudly(t *testing.T) {
	store, db := recordtest.Store(t), recordtest.SQLite(t)
	p := newCounter(1)
	reason := errors.New("a message of a later release")
	p.before = func(batch []eventstore.Recorded) error {
		return projections.Unfoldable("counter", batch[len(batch)-1], reason)
	}
	r := runner(t, store, db, p, 0)
	recordtest.Append(t, store, some(0, 1)...)
	err := r.Run(t.Context())
	if _, ok := errors.AsType[*projections.UnfoldableError](err); !ok || !errors.Is(err, reason) {
		t.Fatalf("got %v, want an unfoldable event", err)
	}
	if s := r.Status(); !s.Stopped || !errors.Is(s.Err, reason) || s.CaughtUp {
		t.Errorf("status %+v, want stopped and why", s)
	}
	if !r.Position().IsZero() {
		t.Errorf("the checkpoint moved past the event, to %v", r.Position())
	}
}

func TestTroubleThatPassesIsTriedAgain(t *testing.T) {
	store, db := recordtest.Store(t), recordtest.SQLite(t)
	p := newCounter(1)
	failures := 0
	p.before = func([]eventstore.Recorded) error {
		if failures++; failures <= 2 {
			return errors.New("database is away")
		}
		return nil
	}
	r := runner(t, store, db, p, 0)
	last := recordtest.Append(t, store, some(0, 10)...)
	start(t, r)
	wait(t, r, last)
	if got := total(t, db, 1); got != 10 || failures < 3 {
		t.Errorf("after %d attempts %d events were folded, want 10", failures, got)
	}
	if s := r.Status(); s.Err != nil {
		t.Errorf("status still says %v", s.Err)
	}
}

func TestRowsOfAnotherStoreOrBeyondTheEndAreRebuilt(t *testing.T) {
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		first, second, db := recordtest.Store(t), recordtest.Store(t), open()
		r := runner(t, first, db, newCounter(1), 0)
		stop := start(t, r)
		wait(t, r, recordtest.Append(t, first, some(0, 10)...))
		_ = stop()

		r = runner(t, second, db, newCounter(1), 0)
		stop = start(t, r)
		wait(t, r, recordtest.Append(t, second, some(100, 4)...))
		if got := total(t, db, 1); got != 4 {
			t.Errorf("with another store's 4 events the rows count %d", got)
		}
		_ = stop()

		err := db.Update(t.Context(), func(tx *rows.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE projections SET position = 1000000")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r = runner(t, second, db, newCounter(1), 0)
		start(t, r)
		wait(t, r, recordtest.Append(t, second, some(200, 1)...))
		if got := total(t, db, 1); got != 5 {
			t.Errorf("after a restore the rows count %d events, want 5", got)
		}
	})
}

func TestANewVersionIsBuiltBesideAndTakesItsPlace(t *testing.T) {
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		store, db := recordtest.Store(t), open()
		live := func() (l projections.Live) {
			err := db.View(t.Context(), func(tx *rows.Tx) (err error) {
				l, err = projections.ReadLive(t.Context(), tx, "counter")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		old := runner(t, store, db, newCounter(1), 0)
		oldDone := make(chan error, 1)
		go func() { oldDone <- old.Run(t.Context()) }()
		wait(t, old, recordtest.Append(t, store, some(0, 10)...))

		held, release := make(chan struct{}), make(chan struct{})
		next := newCounter(2)
		first := true
		next.before = func([]eventstore.Recorded) error {
			if first {
				first = false
				close(held)
				<-release
			}
			return nil
		}
		r := runner(t, store, db, next, 0)
		start(t, r)
		<-held
		if s := r.Status(); s.Live || !r.Position().IsZero() {
			t.Errorf("readers were told of version 2 while it was being built: %+v", s)
		}
		// On SQLite the held transaction keeps other writers out, readers never.
		if l := live(); l.Version != 1 || total(t, db, l.Version) != 10 {
			t.Errorf("while version 2 is built readers use %+v", l)
		}
		close(release)
		wait(t, r, recordtest.Append(t, store, some(10, 5)...))
		if l := live(); l.Version != 2 || total(t, db, l.Version) != 15 {
			t.Errorf("after the swap readers use %+v", l)
		}
		// The old runner may have had those five before the new one took its place; it learns of that with what comes next.
		recordtest.Append(t, store, some(15, 1)...)
		if err := <-oldDone; !errors.Is(err, projections.ErrSuperseded) {
			t.Errorf("the runner of version 1 ended with %v", err)
		}
		if err := db.View(t.Context(), func(tx *rows.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT n FROM counter_v1_streams").Scan(new(int64))
		}); err == nil {
			t.Error("the rows of version 1 are still there")
		}
	})
}

func TestAFollowerSeesWhatARunnerElsewhereDoes(t *testing.T) {
	store, db := recordtest.Store(t), recordtest.SQLite(t)
	if err := projections.EnsureCheckpoints(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	f := projections.NewFollower(projections.FollowerConfig{Store: store, DB: db, Projection: "counter", Every: time.Millisecond})
	start(t, f)
	changed := f.Progress().Changed()
	last := recordtest.Append(t, store, some(0, 3)...)
	start(t, runner(t, store, db, newCounter(1), 0))
	wait(t, f.Progress(), last)
	select {
	case <-changed:
	default:
		t.Error("the position moved and nobody was told")
	}
	expired, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Progress().WaitFor(expired, store.PositionAt(last.Ordinal()+1)); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for what never comes ended with %v", err)
	}
}

func TestReadModelsHoldNoPlaintextAboutPeople(t *testing.T) {
	store, dir := recordtest.Store(t), t.TempDir()
	db, err := rows.Open(t.Context(), "sqlite:"+filepath.Join(dir, "rows.db"))
	if err != nil {
		t.Fatal(err)
	}
	id := recordtest.ID(1)
	last := recordtest.Append(t, store, recordtest.Of(id, recordtest.Received(id, recordtest.Monday, 2),
		recordtest.Triaged(id, "red", recordtest.Monday), recordtest.Linked(id, recordtest.ID(2), recordtest.Monday),
		recordtest.Holder(id, "p1"), recordtest.Proposed(id, "o1", recordtest.Scope("kent-police")), recordtest.Concluded(id, "d1", "s1"))...)
	for _, p := range []projections.Projection{triage.New(), casefile.New(), consenttrail.New()} {
		r := runner(t, store, db, p, 0)
		stop := start(t, r)
		wait(t, r, last)
		_ = stop()
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	found := false
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(recordtest.Secret)) {
			t.Errorf("%s holds a name", filepath.Base(f))
		}
		found = found || bytes.Contains(content, []byte(id))
	}
	if !found {
		t.Error("the files do not even hold the contact's id: the search finds nothing")
	}
}
