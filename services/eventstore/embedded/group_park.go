package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// parkedMeta is the metadata of a parked event's link.
type parkedMeta struct {
	Added  time.Time `json:"added"`
	Reason string    `json:"reason"`
	Number uint64    `json:"subscriptionEventNumber"`
}

// writeParked links the events to be parked from the parked stream. Only then
// are they settled, so that a crash delivers them again and loses none.
func (g *group) writeParked() error {
	g.mu.Lock()
	list := g.parking
	g.mu.Unlock()
	for _, m := range list {
		// What a link led to is linked itself: a replay follows one link, no more.
		// One that led nowhere is repeated.
		var data []byte
		if m.event != nil {
			data = fmt.Appendf(nil, "%d@%s", m.event.rev, m.event.stream)
		} else {
			data = m.link.data
		}
		meta, err := json.Marshal(parkedMeta{g.s.opts.Now().UTC(), m.reason, m.at})
		if err != nil {
			return fmt.Errorf("encode a parked event: %w", err)
		}
		link := event{typ: typeLink, meta: meta, data: data}
		err = g.s.appendSystem(context.Background(), g.cfg.parkedStream(), link)
		if err != nil && !errors.Is(err, errGroupStreamEnded) {
			return err
		}
		g.mu.Lock()
		g.parking = g.parking[1:]
		if err == nil {
			g.settle(m)
		} else {
			g.unpark(m, time.Now())
		}
		g.mu.Unlock()
	}
	return nil
}

// unpark keeps an event that cannot be parked, as a client has ended the stream
// that it would be linked from. EventStoreDB drops such an event; here it is
// delivered again, until somebody deals with it, and no checkpoint passes it by.
func (g *group) unpark(m *message, now time.Time) {
	if !g.parkless {
		g.parkless = true
		g.s.logger.Error("event store: a client has ended a persistent subscription's parked stream: "+
			"what would be parked is delivered again, until the subscription is deleted and made under another name",
			"subscription", g.cfg.id())
	}
	m.deadline = now.Add(max(g.cfg.timeout(), unparkedWait))
	g.unparked = append(g.unparked, m)
}

// unparkedWait keeps a consumer who refuses an event at once from being asked at once.
const unparkedWait = time.Second

// replay is the way of parked events back to consumers. They are truncated from
// the parked stream only when each of them is settled.
type replay struct {
	next, end   uint64 // revisions of the parked stream still to be read
	outstanding int
	truncate    bool
}

// startReplay begins to deliver what is parked, up to but without stopAt.
func (g *group) startReplay(stopAt uint64) error {
	parked, first, err := g.parked()
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.replay.next = max(g.replay.next, first)
	g.replay.end = max(g.replay.end, min(first+parked, stopAt))
	g.replay.truncate = g.replay.end > first
	g.poke()
	return nil
}

// parked counts the parked events and finds the first.
func (g *group) parked() (n, first uint64, err error) {
	it, err := g.s.streamIter()
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = g.s.closeIter(it, err) }()
	v, err := g.s.view(it, g.cfg.parkedStream(), g.s.committed.Load())
	if err != nil || v.tombstoned || v.missing() {
		return 0, 0, err
	}
	low := v.meta.visibleFrom(v.last)
	return uint64(max(v.last-low+1, 0)), uint64(low), nil
}

// fillReplay reads parked events while a replay is on; they go to the front.
func (g *group) fillReplay(room int, sink groupSink) (more bool, err error) {
	g.mu.Lock()
	r := g.replay
	g.mu.Unlock()
	if r.next >= r.end {
		return false, g.endReplay()
	}
	n := min(uint64(room), r.end-r.next)
	cur := streamCursor{
		s: g.s, stream: g.cfg.parkedStream(), view: viewing{resolveLinks: true}, next: int64(r.next), remaining: n,
	}
	if _, err := cur.fill(&sink, g.s.committed.Load()); err != nil &&
		!errors.Is(err, errStreamNotFound) && !errors.Is(err, errStreamDeleted) {
		return false, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range sink.list {
		m.replayed, m.at = true, m.original().rev
	}
	g.queue = append(sink.list, g.queue...)
	g.bytes += sink.bytes
	g.replay.outstanding += len(sink.list)
	if g.replay.next = uint64(cur.next); g.replay.next == r.next {
		g.replay.next += n // there is nothing to be seen
	}
	return true, nil
}

// endReplay truncates the parked stream once everything replayed is settled.
func (g *group) endReplay() error {
	g.mu.Lock()
	r := g.replay
	over := r.truncate && r.outstanding == 0
	if over {
		g.replay.truncate = false
	}
	g.mu.Unlock()
	if !over {
		return nil
	}
	meta := event{typ: typeMetadata, json: true, data: fmt.Appendf(nil, `{"$tb":%d}`, r.end)}
	err := g.s.appendSystem(context.Background(), metaStreamOf(g.cfg.parkedStream()), meta)
	if errors.Is(err, errGroupStreamEnded) {
		return nil // and nothing is left in it to be truncated
	}
	return err
}
