package storetest

import (
	"encoding/json"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

var replayTests = []contractTest{
	{"ParkedEventsAreReplayed", func(f *fixture) {
		s := f.stream()
		data := events(3)
		f.append(s, esdb.NoStream{}, data...)
		g := f.group(s, nil)
		c := g.connect(10)
		c.nack(esdb.NackActionPark, c.want(0))
		c.nack(esdb.NackActionPark, c.want(1))
		c.ack(c.want(2))
		g.wantParked(2)
		if n := g.info().Stats.ParkedMessagesCount; n != 2 {
			f.Fatalf("%d events are parked, want 2", n)
		}
		g.replay(0)
		c.wantReplayed(data[0].EventID)
		c.wantReplayed(data[1].EventID)
		f.append(s, esdb.Any{}, events(1)...)
		c.ack(c.want(3))
	}},
	{"ParkedLinkIsReplayedAsWhatItLedTo", func(f *fixture) {
		target, s := f.stream(), f.stream()
		data := events(1)
		f.append(target, esdb.NoStream{}, data...)
		f.append(s, esdb.NoStream{}, link(0, target), link(0, f.stream()))
		g := f.group(s, func(st *esdb.PersistentSubscriptionSettings) { st.ResolveLinkTos = true })
		c := g.connect(10)
		c.nack(esdb.NackActionPark, c.want(0))
		c.nack(esdb.NackActionPark, c.want(1))
		g.wantParked(2)
		g.replay(0)
		// The other leads nowhere. EventStoreDB drops it here, others may not.
		c.wantReplayed(data[0].EventID)
	}},
	{"ReplayStopsBeforeARevisionOfTheParkedStream", func(f *fixture) {
		s := f.stream()
		data := events(4)
		f.append(s, esdb.NoStream{}, data...)
		g := f.group(s, nil)
		c := g.connect(10)
		for i := range uint64(4) {
			c.nack(esdb.NackActionPark, c.want(i))
		}
		g.wantParked(4)
		g.replay(2)
		c.wantReplayed(data[0].EventID)
		c.wantReplayed(data[1].EventID)
		g.wantParkedFrom(2)
		if n := g.info().Stats.ParkedMessagesCount; n != 2 {
			f.Fatalf("%d events are parked, want the 2 that were not replayed", n)
		}
		g.replay(3) // not three events: the third revision
		c.wantReplayed(data[2].EventID)
		g.wantParkedFrom(3)
		f.append(s, esdb.Any{}, events(1)...)
		c.ack(c.want(4))
		g.replay(0)
		c.wantReplayed(data[3].EventID)
	}},
	{"ReplayStopsAtNoNegativeRevision", func(f *fixture) {
		g := f.group(f.stream(), nil)
		if f.c.ReplayParkedMessages(f.ctx, g.stream, g.name, esdb.ReplayParkedMessagesOptions{StopAt: -1}) == nil {
			f.Fatal("a replay up to revision -1 was begun")
		}
	}},
}

// replay delivers what is parked again, up to but without a revision of the parked
// stream; 0 means all of it, as to the client.
func (g *group) replay(stopAt int) {
	g.f.Helper()
	if err := g.f.c.ReplayParkedMessages(g.f.ctx, g.stream, g.name, esdb.ReplayParkedMessagesOptions{StopAt: stopAt}); err != nil {
		g.f.Fatalf("replay: %v", err)
	}
}

// wantReplayed receives and acknowledges what a parked event was parked for.
func (c *connection) wantReplayed(id uuid.UUID) {
	c.f.Helper()
	e := c.next()
	if e.Event.Event == nil || e.Event.Event.EventID != id {
		c.f.Fatalf("got %+v, want event %s again", e.Event.OriginalEvent(), id)
	}
	c.ack(e)
}

// wantParkedFrom follows the parked stream's metadata until it begins at a revision.
func (g *group) wantParkedFrom(revision uint64) {
	g.f.Helper()
	sub := g.f.follow("$$"+g.parkedStream(), esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	for {
		var meta struct {
			Begin uint64 `json:"$tb"`
		}
		if err := json.Unmarshal(sub.event().Event.Data, &meta); err != nil {
			g.f.Fatalf("metadata of the parked stream: %v", err)
		}
		if meta.Begin == revision {
			return
		}
	}
}

func (g *group) parkedStream() string {
	return fmt.Sprintf("$persistentsubscription-%s::%s-parked", g.stream, g.name)
}
