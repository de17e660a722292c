package bench

import (
	"context"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// Intake measures the way of a contact from publish to the queue: how many a second, how soon they can be seen, and whether any is lost.
func Intake(ctx context.Context, o Options) (*Report, error) {
	return measure("intake", o, func(r *run) error {
		messages, err := contacts(r.warmUp + r.contacts)
		if err != nil {
			return err
		}
		stored, err := r.storedEvents(ctx, messages[:r.warmUp])
		if err != nil {
			return fmt.Errorf("store some contacts: %w", err)
		}
		for round := range r.Rounds {
			if err := r.throughput(ctx, round, messages, stored); err != nil {
				return err
			}
			r.progress("round %d of %d: publish to visible at %.0f contacts a second", round+1, r.Rounds, r.rate)
			if err := r.visible(ctx, uint64(round)); err != nil {
				return fmt.Errorf("publish to visible: %w", err)
			}
			r.progress("round %d of %d: the largest week", round+1, r.Rounds)
			if err := r.largestWeek(ctx, uint64(round)); err != nil {
				return fmt.Errorf("largest week: %w", err)
			}
		}
		return nil
	})
}

// throughput measures one round of J, E and the hub. Each round begins with another of them, so that none is always first.
func (r *run) throughput(ctx context.Context, round int, messages []payload, stored []esdb.EventData) error {
	var j, e, h float64
	steps := []func() error{
		func() (err error) { j, err = r.jetStreamAlone(ctx, messages); return err },
		func() (err error) { e, err = r.appendAlone(ctx, stored, r.contacts); return err },
		func() (err error) { h, err = r.throughHub(ctx, messages); return err },
	}
	names := []string{"JetStream alone", "append alone", "the hub"}
	for i := range steps {
		at := (i + round) % len(steps)
		r.progress("round %d of %d: %s, %d in flight", round+1, r.Rounds, names[at], inFlight)
		if err := steps[at](); err != nil {
			return fmt.Errorf("%s: %w", names[at], err)
		}
	}
	r.record(intakeThroughput, "", h/(1/(1/j+1/e)))
	return nil
}

// throughHub measures from publish to receipt.
func (r *run) throughHub(ctx context.Context, messages []payload) (rate float64, err error) {
	err = r.withFreshHub(ctx, "hub", nil, func(ctx context.Context, s *site) error {
		publishers, err := s.publishers(senders(), inFlight)
		if err != nil {
			return err
		}
		send := func(ctx context.Context, p payload) error {
			_, err := publish(ctx, publishers, p)
			return err
		}
		if err := flood(ctx, messages[:r.warmUp], send); err != nil {
			return err
		}
		watch := startWatch()
		if err := flood(ctx, messages[r.warmUp:len(messages)-1], send); err != nil {
			return err
		}
		rate = r.took(hubRate, watch, len(messages)-1-r.warmUp)
		// The last one's receipt names a position behind all others: how long until the queue shows it is how far it was behind.
		watch = startWatch()
		last, err := publish(ctx, publishers, messages[len(messages)-1])
		if err != nil {
			return err
		}
		return r.catchUp(ctx, s, last, watch)
	})
	return rate, err
}

func (r *run) catchUp(ctx context.Context, s *site, last *intakepb.Receipt, w stopwatch) error {
	conn, err := s.conn("analyst-1")
	if err != nil {
		return err
	}
	queue := querypb.NewTriageQueueServiceClient(conn)
	if _, err := queue.ListTriageQueue(ctx, &querypb.ListTriageQueueRequest{NotBefore: last.GetPosition(), PageSize: 1}); err != nil {
		return fmt.Errorf("wait for the queue to show the last contact: %w", err)
	}
	r.record("hub: the queue behind the last receipt", "ms", milliseconds(w.elapsed()))
	return nil
}

// storedEvents has a hub store the messages, and gives what it stored of their arrivals.
func (r *run) storedEvents(ctx context.Context, messages []payload) (stored []esdb.EventData, err error) {
	r.progress("storing %d contacts, to learn the size of their events", len(messages))
	err = r.withFreshHub(ctx, "sizes", nil, func(ctx context.Context, s *site) error {
		publishers, err := s.publishers(senders(), inFlight)
		if err != nil {
			return err
		}
		if err := flood(ctx, messages, func(ctx context.Context, p payload) error {
			_, err := publish(ctx, publishers, p)
			return err
		}); err != nil {
			return err
		}
		client, err := s.client()
		if err != nil {
			return err
		}
		_, err = readAll(ctx, client, func(e *esdb.RecordedEvent) error {
			if e.EventType == receivedType {
				stored = append(stored, esdb.EventData{
					EventType: e.EventType, ContentType: esdb.ContentTypeBinary, Data: e.Data, Metadata: e.UserMetadata,
				})
			}
			return nil
		})
		if err == nil && len(stored) == 0 {
			err = fmt.Errorf("no %s is on record", receivedType)
		}
		return err
	})
	r.sizes(messages, stored)
	return stored, err
}

func (r *run) sizes(messages []payload, stored []esdb.EventData) {
	var sent, kept int
	for _, p := range messages {
		sent += len(p.message.Data)
	}
	for _, e := range stored {
		kept += len(e.Data) + len(e.Metadata)
	}
	if len(messages) > 0 && len(stored) > 0 {
		r.note("A message has %d bytes on average, the event of its arrival %d with its metadata.", sent/len(messages), kept/len(stored))
	}
}
