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
	for _, list := range [][]*message{g.queue, g.parking, g.unparked} {
		for _, m := range list {
			if !m.replayed {
				low = min(low, m.at)
			}
		}
	}
	return low
}

// passedOver is how many events that were not for the group are worth a checkpoint
// at the end, so that they are not read again. It is not worth one to have passed
// its own: a store that is opened and closed, to be copied say, stays as it is.
const passedOver = 1000

// writeCheckpoint writes the group's place when enough has been dealt with, or
// enough time has gone by; at the end when anything has, or much was passed over.
func (g *group) writeCheckpoint(last bool) error {
	g.mu.Lock()
	low, now := g.lowest(), time.Now()
	due := g.cfg.MaxCheckpoint > 0 && g.settled >= g.cfg.MaxCheckpoint
	if g.settled > 0 && g.settled >= g.cfg.MinCheckpoint {
		due = due || now.Sub(g.written) >= time.Duration(g.cfg.CheckpointAfter)*time.Millisecond
	}
	if last && low > g.resumed {
		due = g.settled > 0 || low-g.resumed > passedOver
	}
	if g.placeless || !due || low <= g.resumed || low == 0 {
		g.mu.Unlock()
		return nil
	}
	first := g.resumed == g.cfg.Start
	g.resumed, g.settled, g.written = low, 0, now
	g.mu.Unlock()
	err := g.appendCheckpoint(low-1, first)
	if errors.Is(err, errGroupStreamEnded) {
		g.loseCheckpoint()
		return nil
	}
	return err
}

func (g *group) appendCheckpoint(at uint64, first bool) error {
	data, err := json.Marshal(g.place(at))
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

// loseCheckpoint goes on without a place to come back to, as EventStoreDB does: no
// event is lost by that, but all come again after a restart.
func (g *group) loseCheckpoint() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.placeless, g.resumed = true, g.cfg.Start
	g.s.logger.Error("event store: a client has ended a persistent subscription's checkpoint stream: "+
		"it goes on, and begins again at its start when the store does, until it is deleted and made under another name",
		"subscription", g.cfg.id())
}
