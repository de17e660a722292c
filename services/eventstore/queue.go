package eventstore

import (
	"context"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// An item is what a subscription received: an event, or a mark between events.
type item struct {
	event      *esdb.RecordedEvent
	checkpoint uint64 // a position that is passed without an event for us, where there is no event
	mark       mark
}

type mark int

const (
	markNone mark = iota
	markLive
	markBehind
)

// A queue stands between the goroutine that receives and the one that decodes. It is bounded in items and in bytes, and
// hands over everything it holds at once: a channel would wake the reader for each event.
type queue struct {
	limit int

	mu    sync.Mutex
	items []item
	bytes int
	ended error

	more   chan struct{} // holds a token when there may be something to take
	plenty chan struct{} // holds a token when waiting longer gains nothing
	room   chan struct{} // holds a token when there may be room again
}

const queueBytes = 8 << 20

func newQueue(limit int) *queue {
	return &queue{
		limit: limit,
		more:  make(chan struct{}, 1), plenty: make(chan struct{}, 1), room: make(chan struct{}, 1),
	}
}

// push adds an item and waits while the queue is full. It answers false when the context ends first.
func (q *queue) push(ctx context.Context, it item) bool {
	size := 0
	if it.event != nil {
		size = len(it.event.Data) + len(it.event.UserMetadata)
	}
	for {
		if q.add(it, size) {
			return true
		}
		select {
		case <-q.room:
		case <-ctx.Done():
			return false
		}
	}
}

func (q *queue) add(it item, size int) bool {
	q.mu.Lock()
	n := len(q.items)
	if n >= 2*q.limit || q.bytes > queueBytes {
		q.mu.Unlock()
		return false
	}
	if n > 0 && it.checkpoint > 0 && q.items[n-1].checkpoint > 0 {
		q.items[n-1] = it // only the last of several checkpoints says anything
	} else {
		q.items = append(q.items, it)
	}
	q.bytes += size
	enough := len(q.items) >= q.limit || q.bytes > queueBytes || it.mark == markLive
	q.mu.Unlock()
	signal(q.more)
	if enough {
		signal(q.plenty)
	}
	return true
}

// end says that nothing follows, and why.
func (q *queue) end(err error) {
	q.mu.Lock()
	q.ended = err
	q.mu.Unlock()
	signal(q.more)
	signal(q.plenty)
}

// take returns up to limit items, and why nothing follows them when that is so.
func (q *queue) take() (items []item, ended error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.items), q.limit)
	items = q.items[:n:n]
	if n == len(q.items) {
		q.items, q.bytes, ended = nil, 0, q.ended
	} else {
		q.items = q.items[n:]
		for _, it := range items {
			if it.event != nil {
				q.bytes -= len(it.event.Data) + len(it.event.UserMetadata)
			}
		}
		signal(q.more)
		if len(q.items) >= q.limit {
			signal(q.plenty)
		}
	}
	signal(q.room)
	return items, ended
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
