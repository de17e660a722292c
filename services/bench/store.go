package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// StoreOptions say how to measure the event store.
type StoreOptions struct {
	Options
	// Postgres is a DSN of the PostgreSQL server to set beside; empty: it is noted as not measured. What is made there is deleted.
	Postgres string
	// Large measures a large store, too, which takes minutes and, at ten million events, 10 GB of disk.
	Large bool
	// Events is how many a large store holds; 0 is ten million.
	Events int
	// Child is the command that serves an event store: the path of its folder follows, and the last word of the first line that it
	// prints is the address. A large store has a process of its own, which can be killed, and whose memory is the store's alone.
	Child []string
}

// A storeScale is how much of the store is measured in one round.
type storeScale struct {
	before int           // events that a store holds before it is appended to
	settle time.Duration // beginning of a rate that is not counted
	watch  time.Duration // how long a rate is counted
	events int           // events of a store that is read
	lives  int           // events that a subscriber waits for, one by one
}

// usedAfter is after how many events every file of the write-ahead log is one that was written before, and tables are merged beside the
// appends: Pebble keeps five logs, and its first ones are small.
const usedAfter = 320_000

func (o StoreOptions) storeScale() storeScale {
	if o.Quick {
		return storeScale{before: 1000, settle: 20 * time.Millisecond, watch: 60 * time.Millisecond, events: 2000, lives: 10}
	}
	return storeScale{before: usedAfter, settle: 150 * time.Millisecond, watch: 600 * time.Millisecond, events: 100_000, lives: 300}
}

// A storeRun is a run that measures the event store.
type storeRun struct {
	*run
	storeScale
	o StoreOptions
}

// Store measures the embedded event store through the official client, beside the same client on a server that stores nothing, and
// beside PostgreSQL and JetStream.
func Store(ctx context.Context, o StoreOptions) (*Report, error) {
	return measure("eventstore", o.Options, func(r *run) error {
		s := &storeRun{run: r, storeScale: o.storeScale(), o: o}
		s.expect()
		s.explain()
		if err := s.rounds(ctx); err != nil {
			return err
		}
		s.spare()
		if !o.Large {
			s.note("A large store was not measured: --large does, and takes minutes.")
			return nil
		}
		return s.large(ctx)
	})
}

// expect sets out the figures that this run has to come to: one that is not measured has not reached its goal.
func (r *storeRun) expect() {
	for _, g := range storeGoals() {
		if r.o.Large || !g.large {
			r.report.Figures = append(r.report.Figures, Figure{Goal: g.Goal, Series: Series{Name: g.Figure, Unit: g.Unit}})
		}
	}
}

// record tells of each value as it is known, too: a run takes minutes.
func (r *storeRun) record(name, unit string, value float64) {
	r.run.record(name, unit, value)
	r.progress("  %s: %s %s", name, number(value), unit)
}

// spare takes the goals of a fast disk away where the disk was not fast while they were measured: what they are about is the protocol.
func (r *storeRun) spare() {
	at := slices.IndexFunc(r.report.Beside, func(s Series) bool { return s.Name == syncBetween })
	if at < 0 || r.report.Beside[at].Median() < fastSync {
		return
	}
	for _, g := range storeGoals() {
		i := slices.IndexFunc(r.report.Figures, func(f Figure) bool { return f.Goal.Figure == g.Figure })
		if !g.fast || i < 0 {
			continue
		}
		r.report.Beside = append(r.report.Beside, r.report.Figures[i].Series)
		r.report.Figures = slices.Delete(r.report.Figures, i, i+1)
		r.note("%q has no goal here: a sync took %s ms between the appends, and the goal is set for disks that take less than %s ms.",
			g.Figure, number(r.report.Beside[at].Median()), number(fastSync))
	}
}

// syncBetween is the name of what tells how fast the disk was, with all that other programs asked of it, while appends were measured.
const syncBetween = "write and sync of 4 KiB, between the appends"

func (r *storeRun) explain() {
	r.note("Events have %d random bytes, as sealed parts do: nothing compresses them. An append is one event at an exact expected revision, "+
		"and is answered when it is on disk. The embedded store holds %d events before it is appended to.", eventSize, r.before)
	r.note("The empty server speaks the same protocol, answers at once, stores nothing and streams events that were encoded beforehand: what the " +
		"official client reaches on it is what the client, gRPC and these cores leave to any store.")
	r.note("PostgreSQL: one table, INSERT at an expected revision, NOTIFY with each; a reader by its position can miss an event whose " +
		"transaction commits later than one that came after, which the event store rules out. JetStream: one file stream with SyncAlways, " +
		"published with the expected last sequence of the subject.")
}

// rounds measures everything but a large store.
func (r *storeRun) rounds(ctx context.Context) (err error) {
	return r.withReadable(ctx, func(readable, empty *storeSite) error {
		for round := range r.Rounds {
			steps := []struct {
				name string
				do   func() error
			}{
				{"appending", func() error { return r.appends(ctx, round, empty) }},
				{"appending to slow disks", func() error { return r.slowAppends(ctx) }},
				{"reading $all", func() error { return r.reads(ctx, round, readable, empty) }},
				{"JetStream", func() error { return r.jetStream(ctx) }},
				{"PostgreSQL", func() error { return r.postgres(ctx, round) }},
			}
			for _, s := range steps {
				r.progress("round %d of %d: %s", round+1, r.Rounds, s.name)
				if err := s.do(); err != nil {
					return fmt.Errorf("%s: %w", s.name, err)
				}
			}
		}
		return nil
	})
}

// writers are how many append at once.
var writers = [...]int{1, 16, 64}

// withUsedStore is withStore with one that has been written to for a while, as a store is for most of its life: a new one has faster syncs and
// nothing to merge.
func (r *storeRun) withUsedStore(ctx context.Context, fsys vfs.FS, do func(*storeSite) error) error {
	return r.withStore(ctx, fsys, func(store *storeSite) error {
		if err := fill(ctx, store.client, 0, r.before, nil); err != nil {
			return err
		}
		if err := quiet(ctx, cpuTime); err != nil {
			return err
		}
		return do(store)
	})
}

// appends measures the embedded store and the empty server by turns.
func (r *storeRun) appends(ctx context.Context, round int, empty *storeSite) error {
	return r.withUsedStore(ctx, nil, func(store *storeSite) error {
		var syncs []time.Duration
		for _, n := range writers {
			took, err := timeSyncs(r.dir, r.syncs)
			if err != nil {
				return err
			}
			syncs = append(syncs, took...)
			ours, theirs, err := r.appendByTurns(ctx, round, n, store, empty)
			if err != nil {
				return err
			}
			r.record(appendShare(n), "", ours.rate()/theirs.rate())
			if n == 16 {
				r.record(appendP99, "ms", milliseconds(quantile(ours.took, 0.99)))
			}
			r.recordLoad("embedded store", n, ours)
			r.recordLoad("empty server", n, theirs)
			r.recordSpent("embedded store", n, ours)
			r.recordSpent("empty server", n, theirs)
		}
		r.record(syncBetween, "ms", milliseconds(quantile(syncs, 0.5)))
		r.record("embedded store: mean of a group commit", "ms", milliseconds(store.store.FsyncTime()))
		latency, err := r.live(ctx, storeSubscriber(store.client), storeAppender(store.client))
		if err != nil {
			return err
		}
		r.recordLive("embedded store", latency)
		return nil
	})
}

// turns is how often the embedded store and the empty server take turns in one round, so that a neighbour's load of a second or two slows
// both.
const turns = 3

// appendByTurns measures both with so many goroutines, and how many events of the embedded store share a sync.
func (r *storeRun) appendByTurns(ctx context.Context, round, goroutines int, store, empty *storeSite) (ours, theirs load, err error) {
	before := store.store.Metrics()
	for range turns {
		err := inTurn(round, []func() error{
			func() error { return r.appendTo(ctx, store, goroutines, &ours) },
			func() error { return r.appendTo(ctx, empty, goroutines, &theirs) },
		})
		if err != nil {
			return ours, theirs, err
		}
	}
	after := store.store.Metrics()
	r.record(fmt.Sprintf("embedded store: append at %d, events that share a sync", goroutines), "",
		float64(after.Events-before.Events)/float64(after.Syncs-before.Syncs))
	return ours, theirs, nil
}

func (r *storeRun) appendTo(ctx context.Context, s *storeSite, goroutines int, sum *load) error {
	return labelled(ctx, s.label(), func(ctx context.Context) error {
		l, err := r.contend(ctx, goroutines, storeAppender(s.client))
		sum.add(l)
		return err
	})
}

// slowAppends measures the embedded store on a disk whose syncs take longer.
func (r *storeRun) slowAppends(ctx context.Context) error {
	for _, delay := range []time.Duration{2 * time.Millisecond, 10 * time.Millisecond} {
		err := r.withUsedStore(ctx, slowDisk(delay), func(store *storeSite) error {
			for _, n := range writers {
				l, err := r.contend(ctx, n, storeAppender(store.client))
				if err != nil {
					return err
				}
				r.recordLoad(fmt.Sprintf("embedded store, syncs %v slower", delay), n, l)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inTurn does all, beginning with another one in each round.
func inTurn(round int, turns []func() error) error {
	for i := range turns {
		if err := turns[(i+round)%len(turns)](); err != nil {
			return err
		}
	}
	return nil
}

func (r *storeRun) recordLoad(who string, writers int, l load) {
	r.record(fmt.Sprintf("%s: append at %d", who, writers), "/s", l.rate())
	r.record(fmt.Sprintf("%s: append at %d, p99", who, writers), "ms", milliseconds(quantile(l.took, 0.99)))
}

// recordSpent tells what hardly depends on what else the machine does: how long an append keeps it busy, client and server.
func (r *storeRun) recordSpent(who string, writers int, l load) {
	if l.cpu > 0 {
		r.record(fmt.Sprintf("%s: append at %d, processor's time each", who, writers), "µs", float64(l.cpu.Microseconds())/float64(l.calls))
	}
}
