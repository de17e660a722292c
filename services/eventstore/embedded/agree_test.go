package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// A random history, with links, metadata that hides and a clock that also goes
// back, is read in every way there is. The log read forwards is held against what
// was appended; every other way must agree with it.
func TestEveryWayOfReadingAgrees(t *testing.T) {
	h := &chronicle{}
	s := startStore(t, Options{Now: h.now})
	h.c = s.client(t)
	rapid.Check(t, func(rt *rapid.T) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		h.begin(ctx, s.store.Position())
		rt.Repeat(map[string]func(*rapid.T){
			"append": h.append, "link": h.link, "metadata": h.metadata, "delete": h.delete,
			"tombstone": h.tombstone, "clock": h.clock,
		})
		h.checkLog(rt)
		for range 3 {
			h.checkAll(rt)
			h.checkFiltered(rt)
		}
		for _, name := range h.names {
			h.checkStream(rt, name)
			h.checkStream(rt, metaStreamOf(name))
		}
	})
}

// chronicle is the history of one round. The log is shared by all rounds.
type chronicle struct {
	c       *esdb.Client
	ctx     context.Context
	seconds atomic.Int64 // of the clock
	from    uint64       // position before the round
	names   []string
	written []uuid.UUID           // by the round, in order
	log     []*esdb.RecordedEvent // read forwards once
}

func (h *chronicle) now() time.Time {
	return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(h.seconds.Load()) * time.Second)
}

func (h *chronicle) begin(ctx context.Context, from uint64) {
	h.ctx, h.from, h.written, h.log = ctx, from, nil, nil
	base := uuid.NewString()
	h.names = []string{base, base + "-b", "é" + base, "x" + base}
}

func (h *chronicle) pick(t *rapid.T) string { return rapid.SampledFrom(h.names).Draw(t, "stream") }

func (h *chronicle) put(t *rapid.T, stream string, data ...esdb.EventData) {
	_, err := h.c.AppendToStream(h.ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, data...)
	var e *esdb.Error
	if errors.As(err, &e) && e.Code() == esdb.ErrorCodeStreamDeleted {
		return
	}
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	for i := range data {
		h.written = append(h.written, data[i].EventID)
	}
}

func (h *chronicle) append(t *rapid.T) {
	data := sampleEvents(rapid.IntRange(1, 6).Draw(t, "events"))
	for i := range data {
		data[i].EventType = rapid.SampledFrom([]string{"a.Happened", "b.Happened", "b.Over"}).Draw(t, "type")
	}
	h.put(t, h.pick(t), data...)
}

func (h *chronicle) link(t *rapid.T) {
	target := fmt.Sprintf("%d@%s", rapid.IntRange(0, 12).Draw(t, "target"), h.pick(t))
	h.put(t, h.pick(t), esdb.EventData{EventID: uuid.New(), EventType: typeLink, Data: []byte(target)})
}

func (h *chronicle) metadata(t *rapid.T) {
	set := rapid.MapOf(rapid.SampledFrom([]string{"$tb", "$maxCount", "$maxAge"}), rapid.IntRange(1, 12)).Draw(t, "metadata")
	data, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	h.put(t, metaStreamOf(h.pick(t)), esdb.EventData{
		EventID: uuid.New(), EventType: typeMetadata, ContentType: esdb.ContentTypeJson, Data: data,
	})
}

func (h *chronicle) delete(t *rapid.T) {
	// A stream of which nothing is there yet, or that has ended, says so.
	_, _ = h.c.DeleteStream(h.ctx, h.pick(t), esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
}

func (h *chronicle) tombstone(t *rapid.T) {
	if rapid.IntRange(0, 5).Draw(t, "rarely") == 0 {
		_, _ = h.c.TombstoneStream(h.ctx, h.pick(t), esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	}
}

func (h *chronicle) clock(t *rapid.T) { h.seconds.Add(rapid.Int64Range(-6, 8).Draw(t, "seconds")) }
