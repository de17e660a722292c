package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// A largeStore is a store with very many events beside one with few, each in a process of its own.
type largeStore struct {
	*storeRun
	events       int
	large, small *storeChild
	dir          string
	windows      []esdb.AllPosition // where the large one is read

	mu    sync.Mutex
	acked uint64 // the highest position that the large one has answered with
	next  int    // number of the next stream to fill it with
}

// large measures a large store: what takes long to fill, and is then measured in rounds.
func (r *storeRun) large(ctx context.Context) (err error) {
	l := &largeStore{storeRun: r, events: r.o.Events, dir: filepath.Join(r.dir, "large")}
	if l.events <= 0 {
		l.events = 10_000_000
		if r.o.Quick {
			l.events = 10 * r.storeScale.events
		}
	}
	defer func() { err = errors.Join(err, l.end(), os.RemoveAll(l.dir)) }()
	if err := l.prepare(ctx); err != nil {
		return err
	}
	for round := range r.Rounds {
		r.progress("large store, round %d of %d", round+1, r.Rounds)
		for _, step := range []func(context.Context, int) error{l.rates, l.idle, l.openKilled, l.openClean} {
			if err := step(ctx, round); err != nil {
				return fmt.Errorf("large store: %w", err)
			}
		}
	}
	return nil
}

// end kills what still runs.
func (l *largeStore) end() error {
	var errs []error
	for _, c := range []*storeChild{l.large, l.small} {
		if c != nil {
			errs = append(errs, c.kill())
		}
	}
	return errors.Join(errs...)
}

// prepare starts and fills both.
func (l *largeStore) prepare(ctx context.Context) (err error) {
	if l.small, err = startChild(ctx, l.o.Child, filepath.Join(l.dir, "small")); err != nil {
		return err
	}
	if err := fill(ctx, l.small.client, 0, l.storeScale.events, nil); err != nil {
		return err
	}
	if l.large, err = startChild(ctx, l.o.Child, filepath.Join(l.dir, "large")); err != nil {
		return err
	}
	watch := startWatch()
	if err := l.write(ctx, l.events); err != nil {
		return err
	}
	l.note("The large store: %d events in streams of %d, written in %s, %d an append (%s events/s). Its files are read from the page cache where "+
		"that has room for them. It is a process of its own, killed with SIGKILL, and its memory is looked at %v after it has been "+
		"written and read. Opening is timed from the start of the process to its first answer.",
		l.events, fillBatch, watch.elapsed().Round(time.Second), fillBatch, number(perSecond(l.events, watch.elapsed())), l.idleTime())
	return nil
}

// write fills the large store further, and remembers places in its beginning, middle and end.
func (l *largeStore) write(ctx context.Context, events int) error {
	first, streams := l.next, (events+fillBatch-1)/fillBatch
	l.next += streams
	places := map[int]bool{first: true, first + streams/2: true, first + streams - 2*l.storeScale.events/fillBatch: true}
	keep := l.windows == nil
	return fill(ctx, l.large.client, first, events, func(stream int, end esdb.Position) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.acked = max(l.acked, end.Commit)
		if keep && places[stream] {
			l.windows = append(l.windows, end)
		}
		if done := stream - first + 1; keep && done%max(1, streams/10) == 0 {
			l.progress("large store: %d of %d events written", done*fillBatch, events)
		}
	})
}

// A side is one of two stores that are compared.
type side struct {
	child   *storeChild
	name    string
	windows []esdb.AllPosition // where it is read, one after another
	appends load
	reading time.Duration
	read    int
}

// rates compares appending and reading with the small store, by turns, after both have sorted what was written.
func (l *largeStore) rates(ctx context.Context, round int) error {
	large := &side{child: l.large, name: "large store", windows: l.windows}
	small := &side{child: l.small, name: "small store", windows: []esdb.AllPosition{esdb.Start{}}}
	for _, s := range []*side{large, small} {
		if err := quiet(ctx, s.child.cpu); err != nil {
			return err
		}
	}
	for turn := range turns {
		err := inTurn(round+turn, []func() error{
			func() error { return l.appendAndRead(ctx, large, turn) },
			func() error { return l.appendAndRead(ctx, small, turn) },
		})
		if err != nil {
			return err
		}
	}
	for _, s := range []*side{large, small} {
		l.record(s.name+": append at 16", "/s", s.appends.rate())
		l.record(s.name+": read $all", "/s", perSecond(s.read, s.reading))
	}
	l.record(largeAppend, "", large.appends.rate()/small.appends.rate())
	l.record(largeRead, "", perSecond(large.read, large.reading)/perSecond(small.read, small.reading))
	return nil
}

func (l *largeStore) appendAndRead(ctx context.Context, s *side, turn int) error {
	got, err := l.contend(ctx, 16, storeAppender(s.child.client))
	if err != nil {
		return err
	}
	s.appends.add(got)
	watch := startWatch()
	if err := readFrom(ctx, s.child.client, s.windows[turn%len(s.windows)], l.storeScale.events); err != nil {
		return err
	}
	s.reading, s.read = s.reading+watch.elapsed(), s.read+l.storeScale.events
	return nil
}

// idleTime is how long a store has had nothing to do when it is called idle.
func (l *largeStore) idleTime() time.Duration {
	if l.Quick {
		return 100 * time.Millisecond
	}
	return 5 * time.Second
}

func (l *largeStore) idle(ctx context.Context, _ int) error {
	select {
	case <-time.After(l.idleTime()):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	mib, err := l.large.resident()
	if err != nil {
		return err
	}
	l.record(idleMemory, "MiB", mib)
	return nil
}

// openKilled kills the store in the midst of its work: what was written last is in the write-ahead log only.
func (l *largeStore) openKilled(ctx context.Context, _ int) error {
	if err := l.write(ctx, l.storeScale.events/2); err != nil {
		return err
	}
	if err := l.large.kill(); err != nil {
		return err
	}
	if err := l.reopen(ctx); err != nil {
		return err
	}
	l.record(openKilled, "s", l.large.opened.Seconds())
	return nil
}

func (l *largeStore) openClean(ctx context.Context, _ int) error {
	took, err := l.large.stop()
	l.record("large store: clean stop", "s", took.Seconds())
	if err != nil {
		return err
	}
	if err := l.reopen(ctx); err != nil {
		return err
	}
	l.record(openClean, "s", l.large.opened.Seconds())
	mib, err := l.large.resident()
	l.record("large store: resident memory just opened", "MiB", mib)
	return err
}

// reopen starts the process again, which must hold what it had answered.
func (l *largeStore) reopen(ctx context.Context) (err error) {
	if l.large, err = startChild(ctx, l.o.Child, filepath.Join(l.dir, "large")); err != nil {
		return err
	}
	if l.large.end < l.acked {
		return fmt.Errorf("the log ends at %d and had been answered up to %d", l.large.end, l.acked)
	}
	return nil
}
