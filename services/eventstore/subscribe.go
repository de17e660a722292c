package eventstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// A Subscription says what to follow, from where, and what to do with it. Handle is required.
type Subscription struct {
	// After is the last position that was handled; the zero Position follows from the beginning.
	After Position
	// Sealed leaves the parts of events sealed: they are neither needed nor wanted by who keeps rows.
	Sealed bool
	// MaxBatch bounds the events of one batch; 0 means 2,000.
	MaxBatch int
	// Linger bounds how long a batch of a live subscription waits for more events: a millisecond for each event but one that the
	// batch before it had. So there is hardly any waiting until there is load, and then batches grow, for who pays by the
	// batch. 0 means no waiting.
	Linger time.Duration
	// Prefixes of the names of streams to follow; none means everything but the store's own events ($).
	Prefixes []string
	// Handle is called with one batch after another. What it returns ends the subscription.
	Handle func(ctx context.Context, b Batch) error
	// alone keeps the subscription from joining the tail: it is the tail's own.
	alone bool
}

// A Batch is some events in their order. A batch without events says that the position has moved on past events that
// are not for us, or that the end was reached.
type Batch struct {
	// Events may be those of other subscriptions too. Neither the list nor the messages and bytes in it may be changed; who
	// wants to change a message clones it first.
	Events []Recorded
	// Position is how far the subscription has got with this batch.
	Position Position
	// CaughtUp is true when the batch reaches what was the end when it was sent. It is a hint: more may be there by now.
	CaughtUp bool
}

const (
	defaultBatch = 2_000
	// searchWindow is after how many events the store tells us how far it has got, when none of them is for us.
	searchWindow = 512
	// linger is how long a subscription that is catching up waits for a batch to fill.
	linger = 10 * time.Millisecond

	minBackoff = 50 * time.Millisecond
	maxBackoff = 5 * time.Second
)

// handlerError marks what Handle returned.
type handlerError struct{ error }

// Subscribe hands over every event after a position, those of the future included. When the store goes away it comes
// back to where Handle had got. It returns when ctx ends (its error), when Handle fails (Handle's error), when the Store
// is closed (ErrClosed), and when going on makes no sense: ErrOtherStore and ErrBeyondEnd (what was made of the events
// must be made anew), ErrUnknownEvent, ErrMalformed, ErrDenied, and parts that do not open.
//
// Until it has caught up a subscription follows the store alone. Then it shares one with all others of this Store that
// have (see tails), as long as it keeps up; if it falls too far behind, it catches up alone again.
func (s *Store) Subscribe(ctx context.Context, sub Subscription) error {
	if sub.Handle == nil {
		return errors.New("subscribe: no handler given")
	}
	if err := s.mine(sub.After); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	if sub.MaxBatch <= 0 {
		sub.MaxBatch = defaultBatch
	}
	for wait := minBackoff; ; wait = min(2*wait, maxBackoff) {
		before := sub.After
		tail, err := s.follow(ctx, &sub)
		if tail != nil {
			err = s.ride(ctx, tail, &sub)
		}
		var failed handlerError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case s.life.Err() != nil:
			return ErrClosed
		case errors.As(err, &failed):
			return failed.error
		case errors.Is(err, errPassed):
			wait = minBackoff / 2 // doubled before it is waited for
			continue
		case final(err):
			return fmt.Errorf("subscribe: %w", err)
		}
		if sub.After != before {
			wait = minBackoff
		}
		s.config.Logger.Warn("event store subscription dropped, coming back", "position", sub.After.Ordinal(),
			"wait", wait, "error", err)
		if err := s.pause(ctx, wait); err != nil {
			return err
		}
	}
}

// pause waits up to d, less at random, so that subscriptions do not all come back at once.
func (s *Store) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + rand.N(d/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.life.Done():
		return ErrClosed
	}
}

// follow runs one subscription of the client until it drops, or until it has caught up and joins the tail, which it gives
// then. Three goroutines work at once: one receives, one decodes, and this one handles.
func (s *Store) follow(parent context.Context, sub *Subscription) (*tail, error) {
	if err := s.check(parent, sub.After); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	q := newQueue(sub.MaxBatch)
	confirmed := make(chan error, 1)
	k, stop, err := s.links.start(ctx, func(ctx context.Context, c *esdb.Client) {
		q.end(subscribe(ctx, c, *sub, q, confirmed))
	})
	if err != nil {
		return nil, err
	}
	defer stop()
	if err := s.await(ctx, k, confirmed); err != nil {
		return nil, err
	}
	batches := make(chan Batch)
	var ended error
	var decoder sync.WaitGroup
	decoder.Go(func() {
		defer close(batches)
		ended = s.batch(ctx, q, *sub, batches)
	})
	defer decoder.Wait()
	defer cancel()
	for b := range batches {
		if err := sub.Handle(ctx, b); err != nil {
			return nil, handlerError{err}
		}
		sub.After = b.Position
		if b.CaughtUp && !sub.alone {
			if t := s.tails.join(sub.After); t != nil {
				return t, nil
			}
		}
	}
	return nil, ended
}

// await waits for the store to confirm the subscription, for as long as a call may take.
func (s *Store) await(ctx context.Context, k *link, confirmed <-chan error) error {
	timer := time.NewTimer(s.config.CallTimeout)
	defer timer.Stop()
	select {
	case err := <-confirmed:
		s.links.judge(k, err)
		return translate(err)
	case <-timer.C:
		s.links.suspect(k)
		return fmt.Errorf("%w: the subscription is not confirmed", ErrUnavailable)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// subscribe receives into the queue until the subscription drops, and returns why.
func subscribe(ctx context.Context, c *esdb.Client, sub Subscription, q *queue, confirmed chan<- error) error {
	options := esdb.SubscribeToAllOptions{
		From: esdb.Start{}, MaxSearchWindow: searchWindow, CheckpointInterval: 1,
		Filter: esdb.ExcludeSystemEventsFilter(),
	}
	if !sub.After.IsZero() {
		options.From = wirePosition(sub.After)
	}
	if len(sub.Prefixes) > 0 {
		options.Filter = &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: sub.Prefixes}
	}
	stream, err := c.SubscribeToAll(ctx, options)
	confirmed <- err
	if err != nil {
		return translate(err)
	}
	defer stream.Close()
	for {
		received := stream.Recv()
		var it item
		switch {
		case received.EventAppeared != nil:
			it.event = received.EventAppeared.OriginalEvent()
		case received.CheckPointReached != nil:
			it.checkpoint = received.CheckPointReached.Commit
		case received.CaughtUp != nil:
			it.mark = markLive
		case received.FellBehind != nil:
			it.mark = markBehind
		case received.SubscriptionDropped != nil:
			return fmt.Errorf("%w: dropped: %w", ErrUnavailable, received.SubscriptionDropped.Error)
		}
		if it != (item{}) && !q.push(ctx, it) {
			return ctx.Err()
		}
	}
}
