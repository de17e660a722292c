package embedded

import (
	"context"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

func connectGroup(t testing.TB, c *esdb.Client, stream, group string) *esdb.PersistentSubscription {
	t.Helper()
	sub, err := c.SubscribeToPersistentSubscription(context.Background(), stream, group, esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: 5})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Close() })
	return sub
}

// recvAndAck receives n events from revision first on, in order.
func recvAndAck(t testing.TB, sub *esdb.PersistentSubscription, first, n uint64) {
	t.Helper()
	for want := first; want < first+n; want++ {
		e := sub.Recv()
		if e.EventAppeared == nil {
			t.Fatalf("dropped: %v", e.SubscriptionDropped.Error)
		}
		if got := e.EventAppeared.Event.OriginalEvent().EventNumber; got != want {
			t.Fatalf("got revision %d, want %d", got, want)
		}
		if err := sub.Ack(e.EventAppeared.Event); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGroupOnAllIsNotFedByItsOwnCheckpoints(t *testing.T) {
	s := startStore(t, Options{})
	c := s.client(t)
	settings := esdb.SubscriptionSettingsDefault()
	settings.CheckpointLowerBound, settings.CheckpointUpperBound, settings.CheckpointAfter = 1, 1, 1
	err := c.CreatePersistentSubscriptionToAll(context.Background(), "g", esdb.PersistentAllSubscriptionOptions{Settings: &settings, StartFrom: esdb.End{}})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := c.SubscribeToPersistentSubscriptionToAll(context.Background(), "g", esdb.SubscribeToPersistentSubscriptionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Close() })
	for i := range uint64(20) {
		mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
		// The group's own configuration comes first.
		for {
			e := sub.Recv().EventAppeared
			if e == nil {
				t.Fatal("dropped")
			}
			if err := sub.Ack(e.Event); err != nil {
				t.Fatal(err)
			}
			r := e.Event.OriginalEvent()
			if r.StreamID == "s" && r.EventNumber == i {
				break
			}
			if r.StreamID != groupConfigStream {
				t.Fatalf("got an event of %s", r.StreamID)
			}
		}
	}
}

// A second answer, an answer for somebody else's event and an answer before the
// event was sent change nothing.
func TestGroupIgnoresAnswersThatAreNotDue(t *testing.T) {
	s := startStore(t, Options{})
	cfg := groupConfig{
		groupKey: groupKey{"s", "g"}, ReadBatch: 10, HistoryBuffer: 100, MaxRetries: 3, MinCheckpoint: 1000, Strategy: strategyRoundRobin,
	}
	if err := s.store.groups.create(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	g, err := s.store.groups.get(cfg.groupKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := g.join(2, "")
	if err != nil {
		t.Fatal(err)
	}
	other, err := g.join(2, "")
	if err != nil {
		t.Fatal(err)
	}
	data := sampleEvents(8)
	mustAppend(t, s.client(t), "s", esdb.Any{}, data...)
	waitFor(t, "events to be out", func() bool { return len(c.out) == 2 && len(other.out) == 2 })
	d := <-c.out
	id := d.event.id
	g.ack(other, [][16]byte{id})
	for range 3 {
		g.ack(c, [][16]byte{id})
	}
	for _, e := range data { // before they were sent, again and again
		g.ack(c, [][16]byte{e.EventID})
	}
	waitFor(t, "the channel to fill again", func() bool { return len(c.out) == 2 })
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.held < 0 || c.held > c.room || other.held != 2 {
		t.Errorf("the first holds %d, the other %d events", c.held, other.held)
	}
}

// Appends may wake a group so often that its timer never runs out. What is not
// answered in time comes again all the same.
func TestUnansweredEventComesAgainHoweverTheGroupIsWoken(t *testing.T) {
	s := startStore(t, Options{})
	mustAppend(t, s.client(t), "s", esdb.Any{}, sampleEvents(1)...)
	g := &group{ // without a goroutine, and so without a timer
		s: s.store, inflight: map[[16]byte]*message{}, kick: make(chan struct{}, 1),
		cfg: groupConfig{groupKey: groupKey{"s", "g"}, ReadBatch: 10, HistoryBuffer: 100, MaxRetries: 3, MinCheckpoint: 1000, MessageTimeout: 1000},
	}
	c, err := g.join(1, "")
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range []int64{0, 999, 1000, 1999, 2000} {
		if _, err := g.step(func() time.Time { return time.UnixMilli(at) }); err != nil {
			t.Fatal(err)
		}
		got := int32(-1)
		select {
		case d := <-c.out:
			got = d.retries
		default:
		}
		if want := []int32{0, -1, 1, -1, 2}[i]; got != want {
			t.Errorf("after %d ms it came with retry count %d, want %d (-1: not)", at, got, want)
		}
	}
}

// A replay of more than one look at the log yields loses none of what is parked.
func TestReplayOfManyParkedEventsIsWhole(t *testing.T) {
	ctx := context.Background()
	s := startStore(t, Options{})
	c := s.client(t)
	settings := esdb.SubscriptionSettingsDefault()
	settings.HistoryBufferSize, settings.MessageTimeout = maxGroupBuffer, 0
	err := c.CreatePersistentSubscription(ctx, "s", "g", esdb.PersistentStreamSubscriptionOptions{Settings: &settings})
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
	const parked = chunkScan + 100
	for n := 0; n < parked; n += 500 {
		links := sampleEvents(min(500, parked-n))
		for i := range links {
			links[i].EventType, links[i].Data = typeLink, []byte("0@s")
		}
		mustAppend(t, c, "$persistentsubscription-s::g-parked", esdb.Any{}, links...)
	}
	sub := connectGroup(t, c, "s", "g")
	recvAndAck(t, sub, 0, 1)
	if err := c.ReplayParkedMessages(ctx, "s", "g", esdb.ReplayParkedMessagesOptions{}); err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]bool{} // replays come in no order that is promised
	for len(seen) < parked {
		e := sub.Recv()
		if e.EventAppeared == nil {
			t.Fatalf("dropped: %v", e.SubscriptionDropped.Error)
		}
		seen[e.EventAppeared.Event.OriginalEvent().EventNumber] = true
		if err := sub.Ack(e.EventAppeared.Event); err != nil {
			t.Fatal(err)
		}
	}
}

// A parked link that leads nowhere is delivered again like any other, where
// EventStoreDB drops it: a consumer shall know what became of it.
func TestReplayKeepsALinkThatLeadsNowhere(t *testing.T) {
	ctx := context.Background()
	c := startStore(t, Options{}).client(t)
	settings := esdb.SubscriptionSettingsDefault()
	settings.ResolveLinkTos = true
	err := c.CreatePersistentSubscription(ctx, "s", "g", esdb.PersistentStreamSubscriptionOptions{Settings: &settings, StartFrom: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	broken := sampleEvents(1)
	broken[0].EventType, broken[0].Data = typeLink, []byte("0@gone")
	mustAppend(t, c, "s", esdb.Any{}, broken...)
	sub := connectGroup(t, c, "s", "g")
	if err := sub.Nack("no such event", esdb.NackActionPark, sub.Recv().EventAppeared.Event); err != nil {
		t.Fatal(err)
	}
	parked, err := c.SubscribeToStream(ctx, groupKey{"s", "g"}.parkedStream(), esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	defer parked.Close()
	for e := parked.Recv(); e.EventAppeared == nil; e = parked.Recv() {
		if e.SubscriptionDropped != nil {
			t.Fatalf("dropped: %v", e.SubscriptionDropped.Error)
		}
	}
	if err := c.ReplayParkedMessages(ctx, "s", "g", esdb.ReplayParkedMessagesOptions{}); err != nil {
		t.Fatal(err)
	}
	if e := sub.Recv().EventAppeared; e == nil || e.Event.Event != nil || string(e.Event.OriginalEvent().Data) != "0@gone" {
		t.Fatalf("got %+v, want the link again", e)
	}
}

// What a group holds for its consumers is bounded by its size as well: 10,000 events
// of a megabyte each would be a group's right, and more memory than there is.
func TestGroupHoldsABoundedNumberOfBytes(t *testing.T) {
	const size, limit = 1000, 10_000
	ctx := context.Background()
	s := startStore(t, Options{groupBytes: limit})
	c := s.client(t)
	g := keptGroup(t, s, c)
	events := sampleEvents(100)
	for i := range events {
		events[i].Data = make([]byte, size)
	}
	mustAppend(t, c, "s", esdb.NoStream{}, events...)
	sub := connectGroup(t, c, "s", "g")
	holds := func() int {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.bytes
	}
	take := func(answer func(*esdb.ResolvedEvent) error) {
		for range events {
			e := sub.Recv().EventAppeared
			if e == nil {
				t.Fatal("the subscription ended")
			}
			if got := holds(); got >= limit+size+2*messageOverhead {
				t.Fatalf("the group holds %d bytes, the limit is %d", got, limit)
			}
			if err := answer(e.Event); err != nil {
				t.Fatal(err)
			}
		}
		waitFor(t, "the answers to arrive", func() bool { return holds() == 0 })
	}
	take(func(e *esdb.ResolvedEvent) error { return sub.Nack("later", esdb.NackActionPark, e) })
	if err := c.ReplayParkedMessages(ctx, "s", "g", esdb.ReplayParkedMessagesOptions{}); err != nil {
		t.Fatal(err)
	}
	take(func(e *esdb.ResolvedEvent) error { return sub.Ack(e) })
}
