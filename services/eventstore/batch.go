package eventstore

import (
	"context"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// batch decodes what the queue holds and sends it on, until nothing follows, and returns why that is so. While it catches
// up it waits a moment for batches to fill; once live, whatever is there goes out at once, unless Subscription.Linger says
// otherwise.
func (s *Store) batch(ctx context.Context, q *queue, sub Subscription, batches chan<- Batch) error {
	live := false
	position, wait := sub.After, linger
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for {
		select {
		case <-q.more:
		case <-ctx.Done():
			return ctx.Err()
		}
		if wait > 0 {
			timer.Reset(wait)
			select {
			case <-q.plenty:
			case <-timer.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		items, ended := q.take()
		was := live
		events, reached := s.sort(items, position, &live)
		recorded, err := s.decode(ctx, events, decoding{sealed: sub.Sealed})
		if err != nil {
			reached, ended = position, err
			if n := len(recorded); n > 0 {
				reached = recorded[n-1].Position
			}
		}
		if reached != position || live && !was {
			b := Batch{Events: recorded, Position: reached, CaughtUp: live && err == nil}
			select {
			case batches <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
			position = reached
		}
		if ended != nil {
			return ended
		}
		wait = linger
		if live {
			wait = min(sub.Linger, time.Duration(len(recorded)-1)*time.Millisecond)
		}
	}
}

// sort picks the events that are for us out of items, and follows how far they reach and whether they reach the end.
func (s *Store) sort(items []item, after Position, live *bool) (events []*esdb.RecordedEvent, reached Position) {
	reached = after
	events = make([]*esdb.RecordedEvent, 0, len(items))
	for _, it := range items {
		switch it.mark {
		case markLive:
			*live = true
		case markBehind:
			*live = false
		}
		place := it.checkpoint
		if it.event != nil {
			place = it.event.Position.Commit
		}
		p := s.positionOf(place)
		if p.Compare(reached) <= 0 {
			continue // seen already, or a mark
		}
		reached = p
		if it.event != nil && !isSystem(it.event.StreamID, it.event.EventType) {
			events = append(events, it.event)
		}
	}
	return events, reached
}
