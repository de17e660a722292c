package embedded

import (
	"errors"
	"slices"
	"sort"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
)

// read reads up to n events of the source from next on.
func (g *group) read(to sink, next, n uint64) (uint64, bool, error) {
	view := viewing{resolveLinks: g.cfg.ResolveLinks, filter: g.filter}
	upTo := g.s.committed.Load()
	if g.cfg.Stream == "" {
		cur := allCursor{s: g.s, view: view, next: max(next, 1), remaining: n}
		more, err := cur.fill(to, upTo)
		return cur.next, more, err
	}
	cur := streamCursor{s: g.s, stream: g.cfg.Stream, view: view, next: int64(next), remaining: n}
	more, err := cur.fill(to, upTo)
	if errors.Is(err, errStreamNotFound) || errors.Is(err, errStreamDeleted) {
		return next, false, nil
	}
	return uint64(cur.next), more, err
}

// dispatch hands waiting events to consumers with room.
func (g *group) dispatch(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	kept := g.queue[:0]
	for i, m := range g.queue {
		if len(g.consumers) == 0 {
			kept = append(kept, g.queue[i:]...)
			break
		}
		// The protocol acknowledges by event id: of two events with one id only
		// one may be out at a time.
		if _, out := g.inflight[m.original().id]; out {
			kept = append(kept, m)
			continue
		}
		c := g.choose(m)
		if c == nil {
			kept = append(kept, m)
			continue
		}
		select {
		case c.out <- delivery{m.event, m.link, m.retries}:
		default: // it has answered for events that it was not sent yet
			kept = append(kept, m)
			continue
		}
		m.owner, m.deadline = c, now.Add(g.cfg.timeout())
		g.inflight[m.original().id] = m
		c.held++
		c.total++
		g.total++
	}
	clear(g.queue[len(kept):])
	g.queue = kept
}

// choose picks the consumer for an event, nil when it has to wait.
func (g *group) choose(m *message) *consumer {
	free := func(c *consumer) bool { return c.held < c.room }
	switch g.cfg.Strategy {
	case strategySingle:
		if i := slices.IndexFunc(g.consumers, free); i >= 0 {
			return g.consumers[i]
		}
		return nil
	case strategyPinned, strategyByCorrelation:
		if c := g.consumers[g.bucket(m)*len(g.consumers)/pinnedBuckets]; free(c) {
			return c
		}
		return nil
	}
	for range g.consumers {
		g.turn = (g.turn + 1) % len(g.consumers)
		if c := g.consumers[g.turn]; free(c) {
			return c
		}
	}
	return nil
}

// take removes an event that a consumer answers for; nil when it is no longer
// that consumer's.
func (g *group) take(c *consumer, id [16]byte) *message {
	m := g.inflight[id]
	if m == nil || m.owner != c {
		return nil
	}
	delete(g.inflight, id)
	m.owner = nil
	c.held--
	return m
}

func (g *group) ack(c *consumer, ids [][16]byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, id := range ids {
		if m := g.take(c, id); m != nil {
			g.settle(m)
		}
	}
	g.poke()
}

func (g *group) nack(c *consumer, ids [][16]byte, action persistent.ReadReq_Nack_Action, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var back []*message
	for _, id := range ids {
		m := g.take(c, id)
		if m == nil {
			continue
		}
		switch action {
		case persistent.ReadReq_Nack_Skip, persistent.ReadReq_Nack_Stop:
			// EventStoreDB stops nothing, and takes the event for dealt with.
			g.settle(m)
		case persistent.ReadReq_Nack_Park:
			m.reason = "Client explicitly NAK'ed message.\n" + reason
			g.parking = append(g.parking, m)
		default:
			back = g.retry(back, m)
		}
	}
	g.requeue(back)
	g.poke()
}

// retry counts one more try, or parks an event that has had enough of them.
func (g *group) retry(back []*message, m *message) []*message {
	if m.retries++; m.retries > g.cfg.MaxRetries {
		m.reason = "Reached retry count"
		g.parking = append(g.parking, m)
		return back
	}
	return append(back, m)
}

// requeue puts events back in front, the oldest first.
func (g *group) requeue(back []*message) {
	if len(back) == 0 {
		return
	}
	sort.Slice(back, func(i, j int) bool { return back[i].at < back[j].at })
	g.queue = append(back, g.queue...)
}

// settle ends the group's care for an event.
func (g *group) settle(m *message) {
	g.bytes -= m.bytes()
	if m.replayed {
		g.replay.outstanding--
		return
	}
	g.settled++
}

// expire retries what was not answered in time, and what could not be parked.
func (g *group) expire(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var back []*message
	g.unparked = slices.DeleteFunc(g.unparked, func(m *message) bool {
		over := !now.Before(m.deadline)
		if over {
			back = append(back, m)
		}
		return over
	})
	if g.cfg.MessageTimeout > 0 {
		for _, m := range g.inflight {
			if now.Before(m.deadline) {
				continue
			}
			g.take(m.owner, m.original().id)
			back = g.retry(back, m)
		}
	}
	g.requeue(back)
}

// nextWake is how long the group can sleep unless something happens.
func (g *group) nextWake(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	wake := time.Hour
	if g.cfg.MessageTimeout > 0 {
		for _, m := range g.inflight {
			wake = min(wake, m.deadline.Sub(now))
		}
	}
	for _, m := range g.unparked {
		wake = min(wake, m.deadline.Sub(now))
	}
	// A checkpoint that the oldest event holds up is not waited for: its answer wakes.
	if !g.placeless && g.settled > 0 && g.settled >= g.cfg.MinCheckpoint && g.lowest() > g.resumed {
		wake = min(wake, time.Duration(g.cfg.CheckpointAfter)*time.Millisecond-now.Sub(g.written))
	}
	return max(wake, time.Millisecond)
}
