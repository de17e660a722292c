package embedded

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// Where groups and their places are kept is a stream like others, to which any
// client can write. What does not read there must not keep the store from opening.
func TestStoreOpensWhateverIsWrittenWhereGroupsAreKept(t *testing.T) {
	ctx := context.Background()
	settings := esdb.SubscriptionSettingsDefault()
	for name, rubbish := range map[string]struct{ stream, data string }{
		"no list of groups":   {groupConfigStream, `{"version":"2"}`},
		"an impossible group": {groupConfigStream, `[{"stream":"s","group":"g","readBatch":-1,"historyBuffer":-1,"strategy":"none"}]`},
		"a bad filter":        {groupConfigStream, `[{"group":"g","readBatch":1,"historyBuffer":2,"strategy":"Pinned","filter":{"regex":"(["}}]`},
		"one group twice":     {groupConfigStream, `[{"stream":"s","group":"g","readBatch":1,"historyBuffer":2,"strategy":"Pinned"},{"stream":"s","group":"g","readBatch":1,"historyBuffer":2,"strategy":"Pinned"}]`},
		"no place":            {groupKey{"s", "g"}.checkpointStream(), `"somewhere"`},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Dir: t.TempDir()}
			s := startStore(t, o)
			c := s.client(t)
			mustAppend(t, c, "s", esdb.Any{}, sampleEvents(2)...)
			options := esdb.PersistentStreamSubscriptionOptions{Settings: &settings, StartFrom: esdb.Start{}}
			if err := c.CreatePersistentSubscription(ctx, "s", "g", options); err != nil {
				t.Fatal(err)
			}
			bad := sampleEvents(1)
			bad[0].Data = []byte(rubbish.data)
			mustAppend(t, c, rubbish.stream, esdb.Any{}, bad...)
			if err := s.store.Close(); err != nil {
				t.Fatal(err)
			}
			c = startStore(t, o).client(t)
			if n := len(readEvents(t, c, "s")); n != 2 {
				t.Errorf("read %d events, want 2", n)
			}
			if err := c.CreatePersistentSubscription(ctx, "s", "new", options); err != nil {
				t.Fatal(err)
			}
			recvAndAck(t, connectGroup(t, c, "s", "new"), 0, 2)
			if rubbish.stream != groupConfigStream {
				recvAndAck(t, connectGroup(t, c, "s", "g"), 0, 2)
			}
		})
	}
}

// A client that ends the stream where groups are kept gets no groups any more. It
// is told so, and not that the store is going away.
func TestGroupsThatCannotBeKeptAreRefused(t *testing.T) {
	ctx := context.Background()
	c := startStore(t, Options{}).client(t)
	if _, err := c.TombstoneStream(ctx, groupConfigStream, esdb.TombstoneStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	err := c.CreatePersistentSubscription(ctx, "s", "g", esdb.PersistentStreamSubscriptionOptions{})
	var failed *esdb.Error
	if !errors.As(err, &failed) || failed.Code() == esdb.ErrorUnavailable {
		t.Errorf("got %v, want a refusal", err)
	}
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
}

// keptGroup is a group on "s" that writes a checkpoint after every event.
func keptGroup(t *testing.T, s *served, c *esdb.Client) *group {
	t.Helper()
	settings := esdb.SubscriptionSettingsDefault()
	settings.CheckpointLowerBound, settings.CheckpointUpperBound = 1, 1
	settings.MessageTimeout = 600_000
	err := c.CreatePersistentSubscription(context.Background(), "s", "g", esdb.PersistentStreamSubscriptionOptions{
		Settings: &settings, StartFrom: esdb.Start{},
	})
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.store.groups.get(groupKey{"s", "g"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func endStream(t *testing.T, c *esdb.Client, stream string) {
	t.Helper()
	if _, err := c.TombstoneStream(context.Background(), stream, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
}

// A client may end the stream of a group's checkpoints. The group goes on and does
// not keep trying; after a restart it begins again, and nothing is lost.
func TestGroupGoesOnWithoutItsCheckpointStream(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	s := startStore(t, o)
	c := s.client(t)
	g := keptGroup(t, s, c)
	mustAppend(t, c, "s", esdb.NoStream{}, sampleEvents(30)...)
	sub := connectGroup(t, c, "s", "g")
	recvAndAck(t, sub, 0, 10)
	endStream(t, c, g.cfg.checkpointStream())
	recvAndAck(t, sub, 10, 10)
	waitFor(t, "the group to know", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.placeless && g.settled > 0
	})
	if wake := g.nextWake(time.Now()); wake < time.Minute {
		t.Errorf("the group wakes in %v to write what it cannot", wake)
	}
	recvAndAck(t, sub, 20, 10)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	again := startStore(t, o).client(t)
	recvAndAck(t, connectGroup(t, again, "s", "g"), 0, 30)
	if err := again.DeletePersistentSubscription(context.Background(), "s", "g", esdb.DeletePersistentSubscriptionOptions{}); err != nil {
		t.Errorf("delete: %v", err)
	}
}

// A client may end the stream of what a group parks. What can no longer be parked
// is delivered again, also after a restart, until it is acknowledged.
func TestEventThatCannotBeParkedIsDeliveredAgain(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	s := startStore(t, o)
	c := s.client(t)
	g := keptGroup(t, s, c)
	endStream(t, c, g.cfg.parkedStream())
	mustAppend(t, c, "s", esdb.NoStream{}, sampleEvents(2)...)
	sub := connectGroup(t, c, "s", "g")
	park := func(sub *esdb.PersistentSubscription) {
		t.Helper()
		e := sub.Recv().EventAppeared
		if e == nil || e.Event.Event.EventNumber != 0 {
			t.Fatalf("got %+v, want event 0", e)
		}
		if err := sub.Nack("no good", esdb.NackActionPark, e.Event); err != nil {
			t.Fatal(err)
		}
	}
	park(sub)
	recvAndAck(t, sub, 1, 1)
	waitFor(t, "the event to come back", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.parkless && len(g.unparked) == 1 && len(g.inflight) == 0
	})
	if low, wake := g.lowestNow(), g.nextWake(time.Now()); low != 0 || wake > 10*time.Minute || wake < 9*time.Minute {
		t.Errorf("it is to come in %v, and a restart would begin at %d: want ten minutes and 0", wake, low)
	}
	g.expire(time.Now().Add(10 * time.Minute)) // as if its time were up
	g.poke()
	park(sub)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s = startStore(t, o)
	c = s.client(t)
	recvAndAck(t, connectGroup(t, c, "s", "g"), 0, 2)
	waitFor(t, "the checkpoint", func() bool {
		r, err := s.store.lastEvent(g.cfg.checkpointStream())
		return err == nil && r != nil && string(r.data) == `"1"`
	})
}

// The parked stream is ended while a replay of it is on: what the replay has read
// is delivered, and the group goes on.
func TestReplayOutlivesTheParkedStream(t *testing.T) {
	ctx := context.Background()
	s := startStore(t, Options{})
	c := s.client(t)
	g := keptGroup(t, s, c)
	mustAppend(t, c, "s", esdb.NoStream{}, sampleEvents(1)...)
	sub := connectGroup(t, c, "s", "g")
	e := sub.Recv().EventAppeared
	if err := sub.Nack("no good", esdb.NackActionPark, e.Event); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the event to be parked", func() bool {
		n, _, err := g.parked()
		return err == nil && n == 1
	})
	if err := c.ReplayParkedMessages(ctx, "s", "g", esdb.ReplayParkedMessagesOptions{}); err != nil {
		t.Fatal(err)
	}
	if e = sub.Recv().EventAppeared; e == nil || e.Event.Link == nil {
		t.Fatalf("got %+v, want the parked event", e)
	}
	endStream(t, c, g.cfg.parkedStream())
	if err := sub.Ack(e.Event); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(3)...)
	recvAndAck(t, sub, 1, 3)
	if err := c.ReplayParkedMessages(ctx, "s", "g", esdb.ReplayParkedMessagesOptions{}); err != nil {
		t.Errorf("replay of what has been ended: %v", err)
	}
}

// Groups on $all are started whenever a store is opened, if only to be copied. That
// leaves the record as it was; what they have passed over is not read again for ever.
func TestOpeningAStoreWithGroupsOnAllAddsNothing(t *testing.T) {
	ctx := context.Background()
	o := Options{Dir: t.TempDir()}
	s := startStore(t, o)
	c := s.client(t)
	for _, group := range []string{"g", "h"} {
		err := c.CreatePersistentSubscriptionToAll(ctx, group, esdb.PersistentAllSubscriptionOptions{
			StartFrom: esdb.Start{}, Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"none"}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	reopen := func(added uint64) {
		t.Helper()
		for _, group := range []string{"g", "h"} {
			g, err := s.store.groups.get(groupKey{"", group})
			if err != nil {
				t.Fatal(err)
			}
			waitFor(t, "the group to see all", func() bool { return g.lowestNow() == s.store.Position()+1 })
		}
		was := s.store.Position()
		if err := s.store.Close(); err != nil {
			t.Fatal(err)
		}
		s = startStore(t, o)
		if is := s.store.Position(); is != was+added {
			t.Errorf("%d events before it was closed and opened, %d after, want %d more", was, is, added)
		}
	}
	reopen(0)
	mustAppend(t, s.client(t), "s", esdb.NoStream{}, sampleEvents(passedOver)...)
	reopen(4) // a checkpoint of each group, and its metadata
	reopen(0)
	reopen(0)
}
