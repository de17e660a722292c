package storetest

import (
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// group is a persistent subscription made for one test.
type group struct {
	f            *fixture
	stream, name string
}

func (f *fixture) group(stream string, change func(*esdb.PersistentSubscriptionSettings)) *group {
	f.Helper()
	settings := esdb.SubscriptionSettingsDefault()
	if change != nil {
		change(&settings)
	}
	g := &group{f, stream, "group-" + uuid.NewString()[:8]}
	err := f.c.CreatePersistentSubscription(f.ctx, stream, g.name, esdb.PersistentStreamSubscriptionOptions{
		Settings: &settings, StartFrom: esdb.Start{},
	})
	if err != nil {
		f.Fatalf("create group: %v", err)
	}
	return g
}

type connection struct {
	f   *fixture
	sub *esdb.PersistentSubscription
}

func (g *group) connect(buffer uint32) *connection {
	g.f.Helper()
	sub, err := g.f.c.SubscribeToPersistentSubscription(g.f.ctx, g.stream, g.name, esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: buffer})
	if err != nil {
		g.f.Fatalf("connect to group: %v", err)
	}
	g.f.Cleanup(func() { _ = sub.Close() })
	return &connection{g.f, sub}
}

func (c *connection) next() *esdb.EventAppeared {
	c.f.Helper()
	e := c.sub.Recv()
	if e.EventAppeared == nil {
		c.f.Fatalf("got %+v, want an event", e.SubscriptionDropped)
	}
	return e.EventAppeared
}

// want receives an event of the given revision and returns it.
func (c *connection) want(revision uint64) *esdb.EventAppeared {
	c.f.Helper()
	e := c.next()
	if got := e.Event.OriginalEvent().EventNumber; got != revision {
		c.f.Fatalf("got revision %d, want %d", got, revision)
	}
	return e
}

func (c *connection) ack(e *esdb.EventAppeared) {
	c.f.Helper()
	if err := c.sub.Ack(e.Event); err != nil {
		c.f.Fatalf("ack: %v", err)
	}
}

func (c *connection) nack(action esdb.NackAction, e *esdb.EventAppeared) {
	c.f.Helper()
	if err := c.sub.Nack("because", action, e.Event); err != nil {
		c.f.Fatalf("nack: %v", err)
	}
}

func (g *group) info() *esdb.PersistentSubscriptionInfo {
	g.f.Helper()
	info, err := g.f.c.GetPersistentSubscriptionInfo(g.f.ctx, g.stream, g.name, esdb.GetPersistentSubscriptionOptions{})
	if err != nil {
		g.f.Fatalf("info: %v", err)
	}
	return info
}

// wantParked follows the parked stream until it holds n links.
func (g *group) wantParked(n int) {
	g.f.Helper()
	sub := g.f.follow(g.parkedStream(), esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	for range n {
		sub.event()
	}
}

var persistentTests = []contractTest{
	{"ExistingThenNewEventsArrive", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		c := f.group(s, nil).connect(10)
		c.ack(c.want(0))
		c.ack(c.want(1))
		f.append(s, esdb.Any{}, events(1)...)
		c.ack(c.want(2))
	}},
	{"GroupOnAMissingStreamWaits", func(f *fixture) {
		s := f.stream()
		c := f.group(s, nil).connect(10)
		f.append(s, esdb.NoStream{}, events(1)...)
		c.ack(c.want(0))
	}},
	{"StartIsTheEndByDefault", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		name := "g-" + uuid.NewString()[:8]
		if err := f.c.CreatePersistentSubscription(f.ctx, s, name, esdb.PersistentStreamSubscriptionOptions{}); err != nil {
			f.Fatal(err)
		}
		f.append(s, esdb.Any{}, events(1)...)
		c := (&group{f, s, name}).connect(10)
		c.ack(c.want(3))
	}},
	{"StartAtARevisionIncludesIt", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(4)...)
		name := "g-" + uuid.NewString()[:8]
		err := f.c.CreatePersistentSubscription(f.ctx, s, name, esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Revision(2)})
		if err != nil {
			f.Fatal(err)
		}
		c := (&group{f, s, name}).connect(10)
		c.ack(c.want(2))
	}},
	{"CreateTwiceIsRefused", func(f *fixture) {
		g := f.group(f.stream(), nil)
		err := f.c.CreatePersistentSubscription(f.ctx, g.stream, g.name, esdb.PersistentStreamSubscriptionOptions{})
		f.wantCode(err, esdb.ErrorCodeResourceAlreadyExists)
	}},
	{"UnknownGroupIsNotFound", func(f *fixture) {
		s := f.stream()
		_, err := f.c.SubscribeToPersistentSubscription(f.ctx, s, "none", esdb.SubscribeToPersistentSubscriptionOptions{})
		f.wantCode(err, esdb.ErrorCodeResourceNotFound)
		f.wantCode(f.c.DeletePersistentSubscription(f.ctx, s, "none", esdb.DeletePersistentSubscriptionOptions{}), esdb.ErrorCodeResourceNotFound)
		_, err = f.c.GetPersistentSubscriptionInfo(f.ctx, s, "none", esdb.GetPersistentSubscriptionOptions{})
		f.wantCode(err, esdb.ErrorCodeResourceNotFound)
		_, err = f.c.ListPersistentSubscriptionsForStream(f.ctx, s, esdb.ListPersistentSubscriptionsOptions{})
		f.wantCode(err, esdb.ErrorCodeResourceNotFound)
		if f.c.UpdatePersistentSubscription(f.ctx, s, "none", esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Start{}}) == nil {
			f.Fatal("an unknown group was updated")
		}
	}},
	{"NoMoreThanTheBufferIsOut", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(10)...)
		g := f.group(s, nil)
		c := g.connect(2)
		first := c.want(0)
		c.want(1)
		if n := g.info().Stats.TotalInFlightMessages; n != 2 {
			f.Fatalf("%d events are out, want 2", n)
		}
		c.ack(first)
		c.want(2)
	}},
	{"DisconnectedConsumersEventsGoToOthers", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		g := f.group(s, nil)
		first := g.connect(10)
		first.want(0)
		first.want(1)
		first.want(2)
		_ = first.sub.Close()
		second := g.connect(10)
		for i := range uint64(3) {
			second.ack(second.want(i))
		}
	}},
	{"TooManyConsumersAreRefused", func(f *fixture) {
		g := f.group(f.stream(), func(st *esdb.PersistentSubscriptionSettings) { st.MaxSubscriberCount = 1 })
		g.connect(10)
		_, err := f.c.SubscribeToPersistentSubscription(f.ctx, g.stream, g.name, esdb.SubscribeToPersistentSubscriptionOptions{})
		if err == nil {
			f.Fatal("a second consumer was let in")
		}
	}},
	{"UpdateDropsConsumersAndKeepsTheGroup", func(f *fixture) {
		s := f.stream()
		g := f.group(s, nil)
		c := g.connect(10)
		settings := esdb.SubscriptionSettingsDefault()
		settings.MaxRetryCount = 42
		err := f.c.UpdatePersistentSubscription(f.ctx, s, g.name, esdb.PersistentStreamSubscriptionOptions{Settings: &settings, StartFrom: esdb.Start{}})
		if err != nil {
			f.Fatal(err)
		}
		c.wantDropped(codes.Canceled)
		if n := g.info().Settings.MaxRetryCount; n != 42 {
			f.Fatalf("got %d retries, want 42", n)
		}
		f.append(s, esdb.NoStream{}, events(1)...)
		again := g.connect(10)
		again.ack(again.want(0))
	}},
	{"DeleteDropsConsumersAndTheGroup", func(f *fixture) {
		g := f.group(f.stream(), nil)
		c := g.connect(10)
		if err := f.c.DeletePersistentSubscription(f.ctx, g.stream, g.name, esdb.DeletePersistentSubscriptionOptions{}); err != nil {
			f.Fatal(err)
		}
		c.wantDropped(codes.Canceled)
		_, err := f.c.GetPersistentSubscriptionInfo(f.ctx, g.stream, g.name, esdb.GetPersistentSubscriptionOptions{})
		f.wantCode(err, esdb.ErrorCodeResourceNotFound)
	}},
	{"InfoAndListTellTheSettings", func(f *fixture) {
		g := f.group(f.stream(), func(st *esdb.PersistentSubscriptionSettings) {
			st.ReadBatchSize, st.ConsumerStrategyName = 7, esdb.ConsumerStrategyPinned
		})
		info := g.info()
		if info.EventSource != g.stream || info.GroupName != g.name || info.Settings.ReadBatchSize != 7 ||
			info.Settings.ConsumerStrategyName != esdb.ConsumerStrategyPinned || info.Settings.StartFrom != (esdb.Start{}) {
			f.Fatalf("got %+v with %+v", info, info.Settings)
		}
		list, err := f.c.ListPersistentSubscriptionsForStream(f.ctx, g.stream, esdb.ListPersistentSubscriptionsOptions{})
		if err != nil || len(list) != 1 || list[0].GroupName != g.name {
			f.Fatalf("got %+v, %v", list, err)
		}
		every, err := f.c.ListAllPersistentSubscriptions(f.ctx, esdb.ListPersistentSubscriptionsOptions{})
		if err != nil || len(every) == 0 {
			f.Fatalf("got %d groups, %v", len(every), err)
		}
	}},
	{"LinksAreResolved", func(f *fixture) {
		target, s := f.stream(), f.stream()
		data := events(1)
		f.append(target, esdb.NoStream{}, data...)
		f.append(s, esdb.NoStream{}, link(0, target))
		c := f.group(s, func(st *esdb.PersistentSubscriptionSettings) { st.ResolveLinkTos = true }).connect(10)
		e := c.next()
		if e.Event.Event == nil || e.Event.Event.EventID != data[0].EventID || e.Event.Link == nil {
			f.Fatalf("got %+v", e.Event)
		}
		c.ack(e)
	}},
	{"AllWithAFilter", func(f *fixture) {
		s := f.stream()
		name := "g-" + uuid.NewString()[:8]
		from := f.append(f.stream(), esdb.Any{}, events(1)...)
		err := f.c.CreatePersistentSubscriptionToAll(f.ctx, name, esdb.PersistentAllSubscriptionOptions{
			StartFrom: position(from), Filter: prefixes(esdb.StreamFilterType, s), MaxSearchWindow: 32,
		})
		if err != nil {
			f.Fatal(err)
		}
		f.append(f.stream(), esdb.Any{}, events(50)...)
		f.append(s, esdb.NoStream{}, events(3)...)
		sub, err := f.c.SubscribeToPersistentSubscriptionToAll(f.ctx, name, esdb.SubscribeToPersistentSubscriptionOptions{})
		if err != nil {
			f.Fatal(err)
		}
		c := &connection{f, sub}
		for i := range uint64(3) {
			c.ack(c.want(i))
		}
		info, err := f.c.GetPersistentSubscriptionInfoToAll(f.ctx, name, esdb.GetPersistentSubscriptionOptions{})
		if err != nil || info.EventSource != "$all" {
			f.Fatalf("got %+v, %v", info, err)
		}
		if err := f.c.DeletePersistentSubscriptionToAll(f.ctx, name, esdb.DeletePersistentSubscriptionOptions{}); err != nil {
			f.Fatal(err)
		}
		c.wantDropped(codes.Canceled)
	}},
	{"AllIsManagedLikeAStream", allIsManagedLikeAStream},
	{"AllDoesNotStartBeyondItsEnd", func(f *fixture) {
		r := f.append(f.stream(), esdb.Any{}, events(1)...)
		beyond := esdb.Position{Commit: r.CommitPosition + 1<<40, Prepare: r.PreparePosition + 1<<40}
		err := f.c.CreatePersistentSubscriptionToAll(f.ctx, "g-"+uuid.NewString()[:8], esdb.PersistentAllSubscriptionOptions{StartFrom: beyond})
		if err == nil {
			f.Fatal("a group starts where there is no position")
		}
	}},
	{"RefusalsNameTheGroup", refusalsNameTheGroup},
	{"BadSettingsAreRefused", func(f *fixture) {
		settings := esdb.SubscriptionSettingsDefault()
		settings.ReadBatchSize, settings.HistoryBufferSize = 500, 500
		err := f.c.CreatePersistentSubscription(f.ctx, f.stream(), "g", esdb.PersistentStreamSubscriptionOptions{Settings: &settings})
		if err == nil || strings.Contains(err.Error(), "panic") {
			f.Fatalf("got %v, want a refusal", err)
		}
	}},
}

func (c *connection) wantDropped(code codes.Code) {
	c.f.Helper()
	timeout := time.AfterFunc(testTimeout, func() { _ = c.sub.Close() })
	defer timeout.Stop()
	for {
		e := c.sub.Recv()
		if e.SubscriptionDropped != nil {
			if got := status.Code(e.SubscriptionDropped.Error); got != code {
				c.f.Fatalf("dropped with %v, want %v", e.SubscriptionDropped.Error, code)
			}
			return
		}
	}
}
