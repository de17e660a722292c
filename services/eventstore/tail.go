package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// The bounds of what a tail holds, in events and in bytes of their stored form; decoded they take about three times that.
const (
	tailEvents = 8192
	tailBytes  = 16 << 20
)

// errPassed says that a tail no longer holds what comes next for a subscription.
var errPassed = errors.New("the tail has passed the subscription")

// tails follow the end of the store once for all subscriptions of a Store that have caught up, instead of once for each:
// events are received and decoded once. There is one tail as long as anybody is live, and none otherwise.
type tails struct {
	store *Store
	// events and bytes bound what a tail holds.
	events, bytes int

	mu      sync.Mutex
	current *tail
	users   int
	closed  bool
	// broken is the position of an event that could not be decoded. Who has not passed it must find out alone whether it
	// is theirs.
	broken  Position
	running sync.WaitGroup
}

// A tail is the newest events: all that lie after one position, decoded and with their parts sealed. It is added to by
// one goroutine and read by many, each at its own pace; none holds up another.
type tail struct {
	cancel context.CancelFunc

	mu sync.Mutex
	// from and reached are the positions between which everything is held.
	from, reached Position
	events        []Recorded
	bytes         int
	live          bool
	ended         error
	changed       chan struct{} // closed at the next change
}

// join gives the tail to who has got to a position, and begins one there where there is none. It answers nil where the
// tail does not reach back so far.
func (t *tails) join(after Position) *tail {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || after.Compare(t.broken) < 0 {
		return nil
	}
	if t.current == nil {
		t.current = t.begin(after)
	}
	if !t.current.reachesBack(after) {
		return nil
	}
	t.users++
	return t.current
}

// leave ends the tail when nobody is left.
func (t *tails) leave(of *tail) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if of != t.current {
		return // it has ended, and its users leave one after the other
	}
	if t.users--; t.users == 0 {
		t.current = nil
		of.cancel()
	}
}

// begin is called with mu held.
func (t *tails) begin(after Position) *tail {
	ctx, cancel := context.WithCancel(t.store.life)
	of := &tail{cancel: cancel, from: after, reached: after, changed: make(chan struct{})}
	t.running.Go(func() {
		defer cancel()
		sub := Subscription{After: after, Sealed: true, MaxBatch: defaultBatch, alone: true}
		sub.Handle = func(_ context.Context, b Batch) error {
			of.add(b, t.events, t.bytes)
			return nil
		}
		_, err := t.store.follow(ctx, &sub)
		t.end(of, err)
	})
	return of
}

// end lets the tail's users go, each to follow the store alone until it has caught up again: what is wrong with the store,
// and for whom, they find out as if there had never been a tail.
func (t *tails) end(of *tail, err error) {
	t.mu.Lock()
	if t.current == of {
		t.current, t.users = nil, 0
	}
	if errors.Is(err, ErrUnknownEvent) || errors.Is(err, ErrMalformed) {
		t.broken = t.store.PositionAt(of.position().Ordinal() + 1)
	}
	t.mu.Unlock()
	of.end(fmt.Errorf("%w: %v", ErrUnavailable, err))
}

// close waits until no tail runs any more. The Store's life has ended before.
func (t *tails) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.running.Wait()
}

// add puts a batch at the end, and gives up the oldest events that are beyond the bounds.
func (t *tail) add(b Batch, mostEvents, mostBytes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, b.Events...)
	for _, r := range b.Events {
		t.bytes += storedBytes(r)
	}
	drop := 0
	for len(t.events)-drop > mostEvents || t.bytes > mostBytes && drop < len(t.events) {
		t.bytes -= storedBytes(t.events[drop])
		t.from = t.events[drop].Position
		drop++
	}
	t.events = t.events[drop:]
	t.reached, t.live = b.Position, b.CaughtUp
	t.change()
}

func storedBytes(r Recorded) int { return len(r.Raw) + len(r.RawMetadata) }

func (t *tail) end(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = err
	t.change()
}

// change is called with mu held.
func (t *tail) change() {
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *tail) reachesBack(to Position) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return to.Compare(t.from) >= 0
}

func (t *tail) position() Position {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.reached
}

// take gives what there is after a position, max events at most, or where there is nothing yet, what tells of a change.
// The events are those of all who take them.
func (t *tail) take(after Position, max int) (b Batch, more <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case after.Compare(t.from) < 0:
		return Batch{}, nil, errPassed
	case t.reached.Compare(after) <= 0:
		return Batch{}, t.changed, t.ended
	}
	first, _ := slices.BinarySearchFunc(t.events, after, func(r Recorded, p Position) int {
		if r.Position.Compare(p) <= 0 {
			return -1
		}
		return 1
	})
	end := min(first+max, len(t.events))
	b = Batch{Events: t.events[first:end:end], Position: t.reached, CaughtUp: t.live}
	if end < len(t.events) {
		b.Position, b.CaughtUp = t.events[end-1].Position, false
	}
	return b, nil, nil
}

// ride hands over what the tail has, until the subscription ends, or the tail does, or it has passed the subscription.
func (s *Store) ride(parent context.Context, t *tail, sub *Subscription) error {
	defer s.tails.leave(t)
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	lingering := time.Duration(0)
	for {
		b, more, err := t.take(sub.After, sub.MaxBatch)
		if err != nil {
			return err
		}
		if more != nil {
			if err := sleep(ctx, more, lingering); err != nil {
				return err
			}
			continue
		}
		if b.Events, err = s.forSubscription(ctx, *sub, b.Events); err != nil {
			return err
		}
		if err := sub.Handle(ctx, b); err != nil {
			return handlerError{err}
		}
		sub.After = b.Position
		lingering = min(sub.Linger, time.Duration(len(b.Events)-1)*time.Millisecond)
	}
}

// sleep waits for a change, and after it as long as a batch may wait for more.
func sleep(ctx context.Context, change <-chan struct{}, lingering time.Duration) error {
	select {
	case <-change:
	case <-ctx.Done():
		return ctx.Err()
	}
	if lingering <= 0 {
		return nil
	}
	timer := time.NewTimer(lingering)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// forSubscription leaves out what the subscription does not want, and opens for it what it wants open, in copies of its own.
func (s *Store) forSubscription(ctx context.Context, sub Subscription, events []Recorded) ([]Recorded, error) {
	if len(sub.Prefixes) > 0 {
		events = slices.DeleteFunc(slices.Clone(events), func(r Recorded) bool {
			return !slices.ContainsFunc(sub.Prefixes, func(p string) bool { return strings.HasPrefix(r.Stream, p) })
		})
	}
	if sub.Sealed {
		return events, nil
	}
	events = slices.Clone(events)
	var o opening
	for i := range events {
		r := &events[i]
		var err error
		if r.Message, err = UnmarshalEvent(r.Type, r.Raw); err == nil {
			err = o.add(&s.plans, r.Stream, r.Message)
		}
		if err != nil {
			return nil, fmt.Errorf("revision %d of %s: %w", r.Revision, r.Stream, err)
		}
	}
	return events, o.open(ctx, s.config.Keys)
}
