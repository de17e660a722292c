package embedded

import (
	"sync"
	"testing"

	"github.com/google/uuid"
)

// Commands that land in one batch must be decided as if each came after the one
// before it was written. The test feeds a writer of its own, so that which
// commands share a batch is not left to chance.
func TestCommandsOfOneBatchSeeEachOther(t *testing.T) {
	s := startStore(t, Options{}).store
	w := newWriter(s, 0)
	syncs(t, w)
	a, b := uuid.New(), uuid.New()
	play := func(kind commandKind, want expected, ids ...uuid.UUID) *command {
		c := &command{kind: kind, stream: "s", expected: want, done: make(chan outcome, 1)}
		for _, id := range ids {
			c.events = append(c.events, event{id: id, typ: "t", data: []byte("d")})
		}
		if err := w.handle(c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	none, anyRev := expected{kind: expectNoStream}, expected{kind: expectAny}
	steps := []struct {
		name string
		c    *command
		want outcome
	}{
		{"first", play(cmdAppend, none, a, b), outcome{written, 1, 2}},
		{"same with any", play(cmdAppend, anyRev, a, b), outcome{repeated, 1, 2}},
		{"part with any", play(cmdAppend, anyRev, a, uuid.New()), outcome{wrongRevision, 1, 2}},
		{"same with no stream", play(cmdAppend, none, a, b), outcome{repeated, 1, 2}},
		{"other with no stream", play(cmdAppend, none, uuid.New()), outcome{wrongRevision, 1, 2}},
		{"next", play(cmdAppend, expected{expectRevision, 1}, uuid.New()), outcome{written, 2, 3}},
		{"late", play(cmdAppend, expected{expectRevision, 1}, uuid.New()), outcome{wrongRevision, 2, 3}},
		{"delete", play(cmdDelete, anyRev, uuid.New()), outcome{written, 2, 4}},
		{"exists while deleted", play(cmdAppend, expected{kind: expectExists}, uuid.New()), outcome{streamDeleted, 2, 3}},
		{"continue", play(cmdAppend, none, uuid.New()), outcome{written, 3, 5}},
		{"tombstone", play(cmdTombstone, anyRev, uuid.New()), outcome{written, 3, 7}},
		{"after the tombstone", play(cmdAppend, anyRev, uuid.New()), outcome{streamDeleted, 3, 5}},
	}
	if err := w.settle(); err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		if got := <-step.c.done; got != step.want {
			t.Errorf("%s: got %+v, want %+v", step.name, got, step.want)
		}
	}
	if got := s.Position(); got != 7 {
		t.Errorf("the log ends at %d, want 7", got)
	}
}

// Nothing is answered and nothing can be read before the sync.
func TestNothingIsVisibleBeforeTheSync(t *testing.T) {
	s := startStore(t, Options{})
	w := newWriter(s.store, 0)
	rung := s.store.bells.wait()
	c := &command{kind: cmdAppend, stream: "s", events: []event{{id: uuid.New(), typ: "t"}}, done: make(chan outcome, 1)}
	if err := w.handle(c); err != nil {
		t.Fatal(err)
	}
	select {
	case out := <-c.done:
		t.Fatalf("answered %+v before the sync", out)
	case <-rung:
		t.Fatal("readers were woken before the sync")
	default:
	}
	if got := s.store.Position(); got != 0 {
		t.Fatalf("readers see position %d before the sync", got)
	}
	// Written to Pebble but not acknowledged: a sync is under way.
	if err := w.commit(); err != nil {
		t.Fatal(err)
	}
	var seen chunk
	cur := streamCursor{s: s.store, stream: "s", remaining: unlimited}
	if _, err := cur.fill(&seen, s.store.Position()); err != errStreamNotFound {
		t.Fatalf("a reader got %v and %d events of what is not published", err, len(seen.ends))
	}
	repetition := &command{kind: cmdAppend, stream: "s", events: c.events, done: make(chan outcome, 1)}
	if err := w.gather(repetition); err != nil {
		t.Fatal(err)
	}
	select {
	case out := <-c.done:
		t.Fatalf("answered %+v during the sync", out)
	case out := <-repetition.done:
		t.Fatalf("answered %+v of a repetition during the sync of what it repeats", out)
	case <-rung:
		t.Fatal("readers were woken during the sync")
	default:
	}
	syncs(t, w)
	if err := w.settle(); err != nil {
		t.Fatal(err)
	}
	if out := <-repetition.done; out.verdict != repeated {
		t.Fatalf("the repetition got %+v", out)
	}
	if out := <-c.done; out.verdict != written {
		t.Fatalf("got %+v", out)
	}
}

// syncs tells a writer that does not run of its syncs.
func syncs(t *testing.T, w *writer) {
	var waiting sync.WaitGroup
	waiting.Go(w.waitForSyncs)
	t.Cleanup(func() {
		close(w.toSync)
		waiting.Wait()
	})
}

func TestOnlyAWriterWithCompanyLingers(t *testing.T) {
	w := &writer{s: &Store{queue: make(chan *command, 1)}}
	for _, step := range []struct {
		lastGroup, waiting int
		want               bool
	}{{0, 0, false}, {1, 0, false}, {2, 0, false}, {2, 1, true}} {
		w.lastGroup = step.lastGroup
		for range step.waiting {
			w.s.queue <- &command{}
		}
		if got := w.linger(); got != step.want {
			t.Errorf("after a group of %d, with %d in the queue: %v, want %v", step.lastGroup, step.waiting, got, step.want)
		}
	}
}
