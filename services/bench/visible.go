package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/agencies/publisher"
)

// visible measures how long it takes from the moment a contact is due to be published until a watch of the queue shows its row.
//
// The loop is open: contacts are due at times drawn beforehand (a Poisson process, as agencies do not know of each other), whatever the
// hub does, and the time runs from when a contact was due. A hub that stalls is then charged for every contact that waits, also for those
// that this program could not send in time.
func (r *run) visible(ctx context.Context, round uint64) error {
	schedule := arrivals(r.rate, r.settle+r.watch, rand.New(rand.NewPCG(seed, round)))
	messages, err := contacts(len(schedule))
	if err != nil {
		return err
	}
	return r.withFreshHub(ctx, "watch", nil, func(ctx context.Context, s *site) error {
		// A place for every contact: one that is due must not wait for room here and so for the hub.
		publishers, err := s.publishers(senders(), len(schedule))
		if err != nil {
			return err
		}
		seen, err := s.watchQueue(ctx, messages)
		if err != nil {
			return err
		}
		begun := time.Now()
		if err := sendAtTimes(ctx, publishers, messages, schedule, begun); err != nil {
			return err
		}
		if err := seen.wait(ctx); err != nil {
			return err
		}
		var took []time.Duration
		for i, at := range schedule {
			if at >= r.settle {
				took = append(took, seen.at[i].Sub(begun.Add(at)))
			}
		}
		r.record(visibleP50, "", milliseconds(quantile(took, 0.5)))
		r.record(visibleP99, "", milliseconds(quantile(took, 0.99)))
		r.record("publish to visible, slowest", "ms", milliseconds(quantile(took, 1)))
		return nil
	})
}

// arrivals draws times at a rate a second, up to the end.
func arrivals(rate float64, end time.Duration, rng *rand.Rand) []time.Duration {
	var all []time.Duration
	at := time.Duration(0)
	for {
		at += time.Duration(rng.ExpFloat64() / rate * float64(time.Second))
		if at >= end {
			return all
		}
		all = append(all, at)
	}
}

// sendAtTimes publishes each message when it is due, and returns when all have their receipts.
func sendAtTimes(
	ctx context.Context, publishers map[string]*publisher.Publisher, messages []payload, schedule []time.Duration, begun time.Time,
) error {
	pending := make([]*publisher.Pending, len(messages))
	for i, p := range messages {
		if err := sleepUntil(ctx, begun.Add(schedule[i])); err != nil {
			return err
		}
		var err error
		if pending[i], err = publishers[p.agency].SendAsync(ctx, p.message); err != nil {
			return fmt.Errorf("publish as %s: %w", p.agency, err)
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errNoReceipt)
	defer cancel()
	for _, p := range pending {
		answer, err := p.Answer(ctx)
		if err != nil {
			return errors.Join(err, context.Cause(ctx))
		}
		if _, err := receipt(answer); err != nil {
			return err
		}
	}
	return nil
}

func sleepUntil(ctx context.Context, at time.Time) error {
	wait := time.Until(at)
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A sighting is when each contact's row was first seen.
type sighting struct {
	mu    sync.Mutex
	index map[string]int
	at    []time.Time
	left  int
	done  chan struct{}
	err   error
}

// watchQueue begins to watch the queue, in all states, and returns when the watch has caught up.
func (s *site) watchQueue(ctx context.Context, messages []payload) (*sighting, error) {
	seen := &sighting{
		index: map[string]int{}, at: make([]time.Time, len(messages)), left: len(messages), done: make(chan struct{}),
	}
	for i, p := range messages {
		seen.index[p.contactID] = i
	}
	conn, err := s.conn("analyst-1")
	if err != nil {
		return nil, err
	}
	if err := awaitQueue(ctx, querypb.NewTriageQueueServiceClient(conn), patience); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	s.closers = append(s.closers, func() error { cancel(); <-ended; return nil })
	stream, err := querypb.NewTriageQueueServiceClient(conn).WatchTriageQueue(ctx, &querypb.WatchTriageQueueRequest{
		Filter: &querypb.TriageQueueFilter{States: allStates()},
	})
	for err == nil {
		var change *querypb.WatchTriageQueueResponse
		if change, err = stream.Recv(); change.GetCaughtUp() != nil {
			break
		}
	}
	if err != nil {
		close(ended)
		return nil, fmt.Errorf("watch the queue: %w", err)
	}
	go func() {
		defer close(ended)
		seen.follow(stream.Recv)
	}()
	return seen, nil
}

// follow ends with the watch, which ends with the context that it was begun with.
func (s *sighting) follow(next func() (*querypb.WatchTriageQueueResponse, error)) {
	for {
		change, err := next()
		now := time.Now()
		s.mu.Lock()
		if err != nil {
			s.err = err
			s.finish()
		} else if i, ours := s.index[change.GetRow().GetContactId()]; ours && s.at[i].IsZero() {
			s.at[i] = now
			if s.left--; s.left == 0 {
				s.finish()
			}
		}
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *sighting) finish() {
	select {
	case <-s.done:
	default:
		close(s.done)
	}
}

// wait returns when every contact was seen.
func (s *sighting) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("not all contacts were seen in time"))
	defer cancel()
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left > 0 {
		return fmt.Errorf("%d of %d contacts never became visible: %w", s.left, len(s.at), errors.Join(s.err, context.Cause(ctx)))
	}
	return nil
}
