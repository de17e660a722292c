package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// eventSize is the data of an event; it has no metadata.
	eventSize = 500
	// streamLength is how many events a stream gets, as a contact's gets at least.
	streamLength = 6
	// eventType is as long as the hub's are.
	eventType = "mash.event.v1.ContactReceived"
)

// An appender appends one event to a stream whose last revision is the expected one, -1 when there is no such stream, and returns when it
// is on disk.
type appender func(ctx context.Context, stream string, expected int, data []byte) error

// An appending makes the appender of one goroutine; done ends it. Its streams are those that no other has.
type appending func(ctx context.Context, goroutine int) (do appender, stream func(n int) string, done func() error, err error)

// A load is what came of appending for a while.
type load struct {
	took  []time.Duration // each append that was answered in the time that counts
	watch time.Duration   // the time that counts
	calls int             // all appends
	cpu   time.Duration   // of the processor for all appends, of client and server; 0 where the system does not tell
}

func (l load) rate() float64 { return perSecond(len(l.took), l.watch) }

func (l *load) add(other load) {
	l.took = append(l.took, other.took...)
	l.watch, l.calls, l.cpu = l.watch+other.watch, l.calls+other.calls, l.cpu+other.cpu
}

// contend has goroutines append one event after another, each to streams of its own, and counts after they have settled.
func (r *storeRun) contend(ctx context.Context, goroutines int, begin appending) (load, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all, ready sync.WaitGroup
	ready.Add(goroutines)
	var begun time.Time // once start is closed
	start := make(chan struct{})
	loads := make([]load, goroutines)
	for g := range goroutines {
		all.Go(func() {
			do, stream, done, err := begin(ctx, g)
			ready.Done()
			if err != nil {
				cancel(err)
				return
			}
			<-start
			loads[g], err = r.appendFor(ctx, begun, uint64(g), do, stream)
			if err = firstOf(err, done()); err != nil {
				cancel(err)
			}
		})
	}
	ready.Wait()
	begun = time.Now()
	cpu, _ := cpuTime()
	close(start)
	all.Wait()
	spent, _ := cpuTime()
	if err := context.Cause(ctx); err != nil {
		return load{}, fmt.Errorf("append at %d goroutines: %w", goroutines, err)
	}
	sum := load{cpu: spent - cpu}
	for _, l := range loads {
		sum.took, sum.calls, sum.watch = append(sum.took, l.took...), sum.calls+l.calls, max(sum.watch, l.watch)
	}
	return sum, nil
}

// appendFor appends until the time is over, or longer where that has to be so that at least one answer counts.
func (r *storeRun) appendFor(ctx context.Context, begun time.Time, seed uint64, do appender, stream func(int) string) (load, error) {
	data := randomData(seed)
	l := load{watch: r.watch}
	from := begun.Add(r.settle)
	for n := 0; ctx.Err() == nil; n++ {
		called := time.Now()
		if err := do(ctx, stream(n/streamLength), n%streamLength-1, data[n%len(data)]); err != nil {
			return l, err
		}
		l.calls++
		answered := time.Now()
		late := answered.Sub(from) > r.watch
		if late && len(l.took) > 0 {
			return l, nil
		}
		if answered.After(from) {
			l.took = append(l.took, answered.Sub(called))
		}
		if late {
			l.watch = answered.Sub(from)
			return l, nil
		}
	}
	return l, nil
}

// randomData gives data that cannot be compressed, a few so that no two neighbours are the same.
func randomData(seed uint64) [][]byte {
	dice := rand.New(rand.NewPCG(seed, seed))
	all := make([][]byte, 16)
	for i := range all {
		all[i] = make([]byte, eventSize)
		for j := range all[i] {
			all[i][j] = byte(dice.Uint32())
		}
	}
	return all
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// A subscriber tells of each event that it has seen, from its start on, until the context ends. It says first that it has started.
type subscriber func(ctx context.Context, started func(), seen func()) error

// live measures how long an event takes from the call that appends it until a subscriber has it, one event at a time.
func (r *storeRun) live(ctx context.Context, follow subscriber, begin appending) (took []time.Duration, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	started, seen := make(chan struct{}), make(chan struct{}, 1)
	saw := func() {
		select {
		case seen <- struct{}{}:
		case <-ctx.Done():
		}
	}
	var following sync.WaitGroup
	following.Go(func() {
		if err := follow(ctx, sync.OnceFunc(func() { close(started) }), saw); err != nil {
			cancel(err)
		}
	})
	defer func() {
		cancel(nil)
		following.Wait()
	}()
	select {
	case <-started:
		return r.liveOneByOne(ctx, seen, begin)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (r *storeRun) liveOneByOne(ctx context.Context, seen <-chan struct{}, begin appending) (took []time.Duration, err error) {
	do, stream, done, err := begin(ctx, liveGoroutine)
	if err != nil {
		return nil, err
	}
	defer func() { err = firstOf(err, done()) }()
	data := randomData(liveGoroutine)
	for n := range r.lives {
		called := time.Now()
		if err := do(ctx, stream(n/streamLength), n%streamLength-1, data[n%len(data)]); err != nil {
			return nil, err
		}
		select {
		case <-seen:
			took = append(took, time.Since(called))
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(patience):
			return nil, errNotSeen
		}
	}
	return took, nil
}

// liveGoroutine is the number of the one that appends for a subscriber, whose streams must be its own, too.
const liveGoroutine = 1000

func (r *storeRun) recordLive(who string, took []time.Duration) {
	r.record(who+": append to seen by a subscriber, p50", "ms", milliseconds(quantile(took, 0.5)))
	r.record(who+": append to seen by a subscriber, p99", "ms", milliseconds(quantile(took, 0.99)))
}

// errNotSeen says that a subscriber waited in vain.
var errNotSeen = errors.New("an event that was appended was not seen")
