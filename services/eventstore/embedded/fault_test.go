package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
)

// The fault tests talk to the writer directly: what a crash may lose is decided
// below gRPC, and so each of them can try thousands of moments.

// ledger knows what was asked of a store and what was answered.
type ledger struct {
	mu        sync.Mutex
	attempted map[uuid.UUID]string // event id → stream
	acked     map[uuid.UUID]uint64 // event id → position of its append's last event
	refused   map[uuid.UUID]bool
	groups    [][]uuid.UUID // events of one append: all there or none
}

func newLedger() *ledger {
	return &ledger{attempted: map[uuid.UUID]string{}, acked: map[uuid.UUID]uint64{}, refused: map[uuid.UUID]bool{}}
}

// append makes one append of n events and notes the answer.
func (l *ledger) append(s *Store, stream string, want expected, n int) error {
	c := &command{kind: cmdAppend, stream: stream, expected: want}
	var group []uuid.UUID
	l.mu.Lock()
	for range n {
		id := uuid.New()
		group = append(group, id)
		l.attempted[id] = stream
		c.events = append(c.events, event{id: id, typ: "fault.Test", data: []byte(stream + id.String())})
	}
	l.groups = append(l.groups, group)
	l.mu.Unlock()
	out, err := s.submit(context.Background(), c)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range group {
		if out.verdict == written {
			l.acked[id] = out.pos
		} else {
			l.refused[id] = true
		}
	}
	return nil
}

// snapshot is what was acknowledged so far.
func (l *ledger) snapshot() map[uuid.UUID]uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[uuid.UUID]uint64, len(l.acked))
	for id, pos := range l.acked {
		out[id] = pos
	}
	return out
}

// check compares a recovered store with the answers given before the crash.
func (l *ledger) check(found map[uuid.UUID]int, acked map[uuid.UUID]uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range acked {
		if found[id] != 1 {
			return fmt.Errorf("an acknowledged event is there %d times", found[id])
		}
	}
	for id, n := range found {
		if _, ok := l.attempted[id]; !ok {
			return fmt.Errorf("an event that nobody appended is there")
		}
		if l.refused[id] {
			return fmt.Errorf("a refused event is there")
		}
		if n != 1 {
			return fmt.Errorf("an event is there %d times", n)
		}
	}
	for _, group := range l.groups {
		n := 0
		for _, id := range group {
			n += found[id]
		}
		if n != 0 && n != len(group) {
			return fmt.Errorf("%d of the %d events of one append are there", n, len(group))
		}
	}
	return nil
}

// contents are the test's events in a store, by id.
func contents(s *Store) (map[uuid.UUID]int, error) {
	found := map[uuid.UUID]int{}
	for pos := uint64(1); pos <= s.Position(); pos++ {
		r, err := getRecord(s.db, pos)
		if err != nil {
			return nil, err
		}
		if string(r.typ) != "fault.Test" {
			continue
		}
		if want := string(r.stream) + uuid.UUID(r.id).String(); string(r.data) != want {
			return nil, fmt.Errorf("position %d holds data %q, want %q", pos, r.data, want)
		}
		found[r.id]++
	}
	return found, nil
}

const faultDir = "data"

// faultOptions make Pebble flush often, so that faults meet every kind of file.
func faultOptions(fsys vfs.FS) Options {
	return Options{
		Dir: faultDir, FS: fsys, Logger: slog.New(slog.DiscardHandler), OnFatal: func(error) {},
		DrainTimeout: time.Second, CacheSize: 1 << 20, memTableSize: 64 << 10,
	}
}

// recoverAndCheck opens a crashed file system, compares, closes and verifies.
func recoverAndCheck(fsys vfs.FS, l *ledger, acked map[uuid.UUID]uint64) error {
	s, err := Open(faultOptions(fsys))
	if err != nil {
		return fmt.Errorf("open after the crash: %w", err)
	}
	found, err := contents(s)
	if err == nil {
		err = l.check(found, acked)
	}
	// The recovered store must take new events, after the old ones.
	if err == nil {
		err = newLedger().append(s, "after", expected{kind: expectAny}, 1)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	report, err := Verify(faultDir, VerifyOptions{FS: fsys})
	if err == nil && report.Bad != nil {
		err = report.Bad
	}
	return err
}

// work makes writers append until told to stop or the store fails. Some of the
// appends are refused, some have several events, and streams come and go.
func work(s *Store, l *ledger, writers, each int, seed uint64) {
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(w)))
			for range each {
				stream := fmt.Sprintf("s-%d", rng.IntN(6))
				want := expected{kind: expectAny}
				switch rng.IntN(10) {
				case 0:
					want = expected{kind: expectRevision, rev: uint64(rng.IntN(20))}
				case 1:
					if _, err := s.submit(context.Background(), removal(cmdDelete, stream)); err != nil {
						return
					}
				}
				if l.append(s, stream, want, 1+rng.IntN(3)) != nil {
					return
				}
			}
		})
	}
	wg.Wait()
}

func removal(kind commandKind, stream string) *command {
	return &command{kind: kind, stream: stream, events: []event{{id: uuid.New(), typ: typeTombstone}}}
}

// patience bounds a wait for what comes in milliseconds; nothing waits for it to pass.
const patience = 2 * time.Minute

// waitFor waits until a condition holds.
func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// settle waits for a store whose storage has failed to have noticed.
func settle(t *testing.T, s *Store) {
	t.Helper()
	select {
	case <-s.dead:
	case <-time.After(patience):
		t.Fatal("the store has not stopped")
	}
}
