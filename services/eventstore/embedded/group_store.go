package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const typeCheckpoint = "$SubscriptionCheckpoint"

// place writes a revision or a position the way the protocol does.
func (g *group) place(at uint64) string {
	if g.cfg.Stream == "" {
		return fmt.Sprintf("C:%d/P:%d", at, at)
	}
	return strconv.FormatUint(at, 10)
}

// loadCheckpoint finds where the group left off: its checkpoint is the last
// event dealt with. Any client can write there; a place that does not read is
// logged and taken for none, and events are delivered again.
func (g *group) loadCheckpoint() error {
	r, err := g.s.lastEvent(g.cfg.checkpointStream())
	if err != nil || r == nil {
		return err
	}
	at, ok := parsePlace(r.data)
	if !ok {
		g.s.logger.Error("event store: a persistent subscription's checkpoint does not read: it begins again at its start", "revision", r.rev)
		return nil
	}
	g.next, g.resumed = at+1, at+1
	return nil
}

// parsePlace reads what place has written.
func parsePlace(data []byte) (at uint64, ok bool) {
	var text string
	if json.Unmarshal(data, &text) != nil {
		text = string(data) // a revision is a bare number
	}
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "C:"), "/")
	at, err := strconv.ParseUint(text, 10, 64)
	return at, err == nil && at < math.MaxInt64
}

// lowest is where a restart has to begin: at the oldest event not yet settled.
func (g *group) lowest() uint64 {
	low := g.next
	for _, m := range g.inflight {
		if !m.replayed {
			low = min(low, m.at)
		}
	}
	for _, list := range [][]*message{g.queue, g.parking} {
		for _, m := range list {
			if !m.replayed {
				low = min(low, m.at)
			}
		}
	}
	return low
}

// writeCheckpoint writes the group's place when enough has been dealt with, or
// enough time has gone by; at the end whenever it has moved.
func (g *group) writeCheckpoint(last bool) error {
	g.mu.Lock()
	low, now := g.lowest(), time.Now()
	due := g.cfg.MaxCheckpoint > 0 && g.settled >= g.cfg.MaxCheckpoint
	if g.settled > 0 && g.settled >= g.cfg.MinCheckpoint {
		due = due || now.Sub(g.written) >= time.Duration(g.cfg.CheckpointAfter)*time.Millisecond
	}
	if (!due && !last) || low <= g.resumed || low == 0 {
		g.mu.Unlock()
		return nil
	}
	first := g.resumed == g.cfg.Start
	g.resumed, g.settled, g.written = low, 0, now
	g.mu.Unlock()
	data, err := json.Marshal(g.place(low - 1))
	if err != nil {
		return fmt.Errorf("encode a checkpoint: %w", err)
	}
	ctx := context.Background() // ends with the writer
	if first {
		meta := event{typ: typeMetadata, json: true, data: []byte(`{"$maxCount":2}`)}
		if err := g.s.appendSystem(ctx, metaStreamOf(g.cfg.checkpointStream()), meta); err != nil {
			return err
		}
	}
	return g.s.appendSystem(ctx, g.cfg.checkpointStream(), event{typ: typeCheckpoint, json: true, data: data})
}

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
		if err := g.s.appendSystem(context.Background(), g.cfg.parkedStream(), link); err != nil {
			return err
		}
		g.mu.Lock()
		g.parking = g.parking[1:]
		g.settle(m)
		g.mu.Unlock()
	}
	return nil
}

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
func (g *group) fillReplay(room int) (more bool, err error) {
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
	var sink groupSink
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
	return g.s.appendSystem(context.Background(), metaStreamOf(g.cfg.parkedStream()), meta)
}
