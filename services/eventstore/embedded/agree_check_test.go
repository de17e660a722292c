package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// checkLog reads the round's part of the log and finds in it what was appended,
// in order, with revisions that have no gaps.
func (h *chronicle) checkLog(t *rapid.T) {
	for _, e := range h.all(t, esdb.ReadAllOptions{From: esdb.Position{Commit: h.from + 1}}, math.MaxUint64) {
		h.log = append(h.log, e.Event)
	}
	var ids []uuid.UUID
	next := map[string]uint64{}
	for _, e := range h.log {
		if slices.Contains(h.written, e.EventID) {
			ids = append(ids, e.EventID)
		}
		if e.EventType != typeTombstone && e.EventNumber != next[e.StreamID] {
			t.Fatalf("revision %d of a stream comes at position %d, want revision %d", e.EventNumber, e.Position.Commit, next[e.StreamID])
		}
		next[e.StreamID]++
	}
	if !slices.Equal(ids, h.written) {
		t.Fatalf("the log holds %d of %d appended events, or in another order", len(ids), len(h.written))
	}
}

// checkAll compares a part of $all, either way, with the log.
func (h *chronicle) checkAll(t *rapid.T) {
	at := h.from + 1 + rapid.Uint64Range(0, uint64(len(h.log))).Draw(t, "position")
	count := rapid.Uint64Range(1, uint64(len(h.log))+2).Draw(t, "count")
	o := esdb.ReadAllOptions{From: esdb.Position{Commit: at, Prepare: at}, ResolveLinkTos: rapid.Bool().Draw(t, "resolve")}
	i := int(at - h.from - 1)
	want := h.log[i:]
	if rapid.Bool().Draw(t, "backwards") {
		o.Direction = esdb.Backwards
		want = slices.Clone(h.log[:i])
		slices.Reverse(want)
		count = min(count, uint64(i)) // before it other rounds' events would follow
	}
	if count > 0 {
		h.same(t, "$all", h.all(t, o, count), want[:min(count, uint64(len(want)))], o.ResolveLinkTos)
	}
}

// checkFiltered compares what a filtered subscription gets until it is live.
func (h *chronicle) checkFiltered(t *rapid.T) {
	filters := map[string]struct {
		filter *esdb.SubscriptionFilter
		keep   func(e *esdb.RecordedEvent) bool
	}{
		"stream": {&esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: h.names[1:3]}, func(e *esdb.RecordedEvent) bool {
			return strings.HasPrefix(e.StreamID, h.names[1]) || strings.HasPrefix(e.StreamID, h.names[2])
		}},
		"type": {&esdb.SubscriptionFilter{Type: esdb.EventFilterType, Regex: `^b\.`}, func(e *esdb.RecordedEvent) bool {
			return strings.HasPrefix(e.EventType, "b.")
		}},
		"none": {nil, func(*esdb.RecordedEvent) bool { return true }},
	}
	by := filters[rapid.SampledFrom([]string{"stream", "type", "none"}).Draw(t, "filter")]
	at := h.from + rapid.Uint64Range(0, uint64(len(h.log))).Draw(t, "after")
	var want []*esdb.RecordedEvent
	for _, e := range h.log {
		if e.Position.Commit > at && by.keep(e) {
			want = append(want, e)
		}
	}
	resolve := rapid.Bool().Draw(t, "resolve")
	sub, err := h.c.SubscribeToAll(h.ctx, esdb.SubscribeToAllOptions{
		From: esdb.Position{Commit: at, Prepare: at}, Filter: by.filter, ResolveLinkTos: resolve,
		MaxSearchWindow: rapid.IntRange(1, 5).Draw(t, "window"),
	})
	if err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	h.same(t, "subscription to $all", caughtUp(t, sub), want, resolve)
}

// checkStream compares one stream, read either way and followed, with what the
// log says of it.
func (h *chronicle) checkStream(t *rapid.T, name string) {
	visible, missing, ended := h.visible(name)
	after := rapid.Int64Range(0, 15).Draw(t, "revision")
	resolve := rapid.Bool().Draw(t, "resolve")
	forwards := esdb.ReadStreamOptions{From: esdb.Revision(uint64(after)), ResolveLinkTos: resolve}
	back := forwards
	back.Direction = esdb.Backwards
	if missing || ended {
		h.checkNotRead(t, name, ended, forwards, back)
		return
	}
	cut, _ := slices.BinarySearchFunc(visible, uint64(after), func(e *esdb.RecordedEvent, rev uint64) int { return int(e.EventNumber) - int(rev) })
	got, err := h.stream(name, forwards)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	h.same(t, "stream", got, visible[cut:], resolve)
	sub, err := h.c.SubscribeToStream(h.ctx, name, esdb.SubscribeToStreamOptions{From: forwards.From, ResolveLinkTos: resolve})
	if err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	if cut < len(visible) && visible[cut].EventNumber == uint64(after) {
		cut++
	}
	h.same(t, "subscription to a stream", caughtUp(t, sub), visible[cut:], resolve)
	got, err = h.stream(name, back)
	if err != nil {
		t.Fatalf("read backwards: %v", err)
	}
	slices.Reverse(got)
	h.same(t, "stream backwards", got, visible[:cut], resolve)
}

// checkNotRead is checkStream for a stream that is not there or has ended.
func (h *chronicle) checkNotRead(t *rapid.T, name string, ended bool, by ...esdb.ReadStreamOptions) {
	code := esdb.ErrorCodeResourceNotFound
	if ended {
		code = esdb.ErrorCodeStreamDeleted
	}
	for _, o := range by {
		_, err := h.stream(name, o)
		var e *esdb.Error
		if !errors.As(err, &e) || e.Code() != code {
			t.Fatalf("got %v, want code %d", err, code)
		}
	}
}

// visible is what the log says that a stream shows now.
func (h *chronicle) visible(name string) (list []*esdb.RecordedEvent, missing, ended bool) {
	limits := map[string]uint64{}
	described, isMeta := strings.CutPrefix(name, metaPrefix)
	for _, e := range h.log {
		switch {
		case e.EventType == typeTombstone && (e.StreamID == name || isMeta && e.StreamID == described):
			return nil, false, true
		case e.StreamID == name:
			list = append(list, e)
		case e.StreamID == metaStreamOf(name):
			limits = map[string]uint64{}
			_ = json.Unmarshal(e.Data, &limits) // the store's own and this test's are all numbers
		}
	}
	if isMeta {
		limits = map[string]uint64{"$maxCount": 1}
	}
	if len(list) == 0 || limits["$tb"] == softDeleted {
		return nil, true, false
	}
	if n := limits["$maxCount"]; n > 0 && uint64(len(list)) > n {
		list = list[uint64(len(list))-n:]
	}
	list = slices.DeleteFunc(list, func(e *esdb.RecordedEvent) bool {
		age := h.now().Sub(e.CreatedDate)
		return e.EventNumber < limits["$tb"] || (limits["$maxAge"] > 0 && age > time.Duration(limits["$maxAge"])*time.Second)
	})
	return list, false, false
}

// same compares events with those of the log, and where links lead.
func (h *chronicle) same(t *rapid.T, what string, got []*esdb.ResolvedEvent, want []*esdb.RecordedEvent, resolve bool) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d events, want %d", what, len(got), len(want))
	}
	for i, e := range got {
		own := e.OriginalEvent()
		if own.EventID != want[i].EventID || own.Position != want[i].Position || own.EventNumber != want[i].EventNumber ||
			own.StreamID != want[i].StreamID || !own.CreatedDate.Equal(want[i].CreatedDate) || string(own.Data) != string(want[i].Data) {
			t.Fatalf("%s: event %d is revision %d at %d, want %d at %d", what, i, own.EventNumber, own.Position.Commit, want[i].EventNumber, want[i].Position.Commit)
		}
		if !resolve || own.EventType != typeLink {
			if e.Link != nil {
				t.Fatalf("%s: event %d came by a link", what, i)
			}
			continue
		}
		if target := h.target(own); (target == nil) != (e.Event == nil) || (target != nil && target.EventID != e.Event.EventID) {
			t.Fatalf("%s: the link %s leads to %+v, want %+v", what, own.Data, e.Event, target)
		}
	}
}

// target is the visible event that a link names, nil for none.
func (h *chronicle) target(link *esdb.RecordedEvent) *esdb.RecordedEvent {
	rev, name, _ := strings.Cut(string(link.Data), "@")
	list, _, _ := h.visible(name)
	for _, e := range list {
		if fmt.Sprint(e.EventNumber) == rev {
			return e
		}
	}
	return nil
}

func (h *chronicle) all(t *rapid.T, o esdb.ReadAllOptions, count uint64) []*esdb.ResolvedEvent {
	rs, err := h.c.ReadAll(h.ctx, o, count)
	if err != nil {
		t.Fatalf("read $all: %v", err)
	}
	list, err := received(rs)
	if err != nil {
		t.Fatalf("read $all: %v", err)
	}
	return list
}

func (h *chronicle) stream(name string, o esdb.ReadStreamOptions) ([]*esdb.ResolvedEvent, error) {
	rs, err := h.c.ReadStream(h.ctx, name, o, math.MaxUint64)
	if err != nil {
		return nil, err
	}
	return received(rs)
}

func received(rs *esdb.ReadStream) (list []*esdb.ResolvedEvent, err error) {
	defer rs.Close()
	for {
		e, err := rs.Recv()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
}

// caughtUp is what a subscription gets until it is live. No checkpoint may be
// below what came before it or above what comes after it, and none comes twice.
func caughtUp(t *rapid.T, sub *esdb.Subscription) (list []*esdb.ResolvedEvent) {
	defer sub.Close()
	var at, point uint64
	for {
		e := sub.Recv()
		switch {
		case e.SubscriptionDropped != nil:
			t.Fatalf("dropped: %v", e.SubscriptionDropped.Error)
		case e.CaughtUp != nil:
			return list
		case e.CheckPointReached != nil:
			p := e.CheckPointReached.Commit
			if p < at || p == point {
				t.Fatalf("checkpoint %d after position %d and checkpoint %d", p, at, point)
			}
			at, point = p, p
		case e.EventAppeared != nil:
			p := e.EventAppeared.OriginalEvent().Position.Commit
			if p <= at {
				t.Fatalf("position %d after %d", p, at)
			}
			at = p
			list = append(list, e.EventAppeared)
		}
	}
}
