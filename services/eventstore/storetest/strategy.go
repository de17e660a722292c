package storetest

import (
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/google/uuid"
)

var strategyTests = []contractTest{
	{"RoundRobinSharesOut", func(f *fixture) {
		s := f.stream()
		g := f.group(s, func(st *esdb.PersistentSubscriptionSettings) {
			st.ConsumerStrategyName = esdb.ConsumerStrategyRoundRobin
		})
		a, b := g.connect(20), g.connect(20)
		f.append(s, esdb.NoStream{}, events(10)...)
		for range 5 {
			a.ack(a.next())
			b.ack(b.next())
		}
	}},
	{"DispatchToSingleKeepsToOne", func(f *fixture) {
		s := f.stream()
		g := f.group(s, func(st *esdb.PersistentSubscriptionSettings) {
			st.ConsumerStrategyName = esdb.ConsumerStrategyDispatchToSingle
		})
		a, b := g.connect(4), g.connect(20)
		f.append(s, esdb.NoStream{}, events(6)...)
		for i := range uint64(4) {
			a.want(i)
		}
		b.ack(b.want(4)) // the first has no room left
		b.ack(b.want(5))
	}},
	{"PinnedKeepsAStreamWithOneConsumer", func(f *fixture) {
		s, links, streamOf := f.linksToStreams()
		g := f.group(s, func(st *esdb.PersistentSubscriptionSettings) {
			st.ConsumerStrategyName, st.ResolveLinkTos = esdb.ConsumerStrategyPinned, true
		})
		g.wantKeptTogether(links, streamOf)
	}},
	{"PinnedTakesAnUnresolvedLinkForItsTarget", func(f *fixture) {
		s, links, streamOf := f.linksToStreams()
		g := f.group(s, func(st *esdb.PersistentSubscriptionSettings) { st.ConsumerStrategyName = esdb.ConsumerStrategyPinned })
		g.wantKeptTogether(links, streamOf)
	}},
	{"PinnedByCorrelationKeepsACorrelationWithOneConsumer", func(f *fixture) {
		var data []esdb.EventData
		correlation := map[uuid.UUID]string{}
		for range kindsPinned {
			id := uuid.NewString()
			for range eachPinned {
				e := typed("storetest.Correlated")
				e.Metadata = fmt.Appendf(nil, `{"n":{"m":1},"$correlationId":%q}`, id)
				data, correlation[e.EventID] = append(data, e), id
			}
		}
		g := f.pinnedByCorrelation(f.stream())
		if name := g.info().Settings.ConsumerStrategyName; name != "PinnedByCorrelation" {
			f.Fatalf("got strategy %s", name)
		}
		g.wantKeptTogether(data, func(e *esdb.ResolvedEvent) string { return correlation[e.Event.EventID] })
	}},
	{"PinnedByCorrelationGoesByTheStreamWithoutOne", func(f *fixture) {
		s, links, streamOf := f.linksToStreams()
		f.pinnedByCorrelation(s).wantKeptTogether(links, streamOf)
	}},
}

// A pinned strategy may give all to one consumer by chance: with this many kinds of
// event, once in two thousand million times.
const kindsPinned, eachPinned = 32, 4

// linksToStreams writes events to several streams and makes links to them, of which
// none is written yet. streamOf tells which stream an event or link belongs to.
func (f *fixture) linksToStreams() (stream string, links []esdb.EventData, streamOf func(*esdb.ResolvedEvent) string) {
	f.Helper()
	target := map[uuid.UUID]string{}
	for range kindsPinned {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(eachPinned)...)
		for rev := range uint64(eachPinned) {
			l := link(rev, s)
			links, target[l.EventID] = append(links, l), s
		}
	}
	return f.stream(), links, func(e *esdb.ResolvedEvent) string { return target[e.OriginalEvent().EventID] }
}

// pinnedByCorrelation makes a group with the strategy that the client has no name for.
func (f *fixture) pinnedByCorrelation(stream string) *group {
	f.Helper()
	g := &group{f, stream, "group-" + uuid.NewString()[:8]}
	_, err := f.groups().Create(f.ctx, &persistent.CreateReq{Options: &persistent.CreateReq_Options{
		StreamOption: &persistent.CreateReq_Options_Stream{Stream: &persistent.CreateReq_StreamOptions{
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)},
			RevisionOption:   &persistent.CreateReq_StreamOptions_Start{Start: &shared.Empty{}},
		}},
		GroupName: g.name,
		Settings: &persistent.CreateReq_Settings{
			ConsumerStrategy: "PinnedByCorrelation", ReadBatchSize: 20, HistoryBufferSize: 500, LiveBufferSize: 500,
			MaxRetryCount: 10, MinCheckpointCount: 10, MaxCheckpointCount: 1000,
			MessageTimeout:  &persistent.CreateReq_Settings_MessageTimeoutMs{MessageTimeoutMs: 30_000},
			CheckpointAfter: &persistent.CreateReq_Settings_CheckpointAfterMs{CheckpointAfterMs: 2000},
		},
	}})
	if err != nil {
		f.Fatalf("create group: %v", err)
	}
	return g
}

// wantKeptTogether appends events for two consumers: those of one kind must all go
// to the same of them, and neither may go without.
func (g *group) wantKeptTogether(data []esdb.EventData, kindOf func(*esdb.ResolvedEvent) string) {
	f := g.f
	f.Helper()
	type arrival struct {
		consumer int
		kind     string
	}
	arrived := make(chan arrival, len(data))
	for i := range 2 {
		c := g.connect(uint32(len(data)))
		go func() {
			for e := c.sub.Recv().EventAppeared; e != nil; e = c.sub.Recv().EventAppeared {
				arrived <- arrival{i, kindOf(e.Event)}
			}
		}()
	}
	f.append(g.stream, esdb.NoStream{}, data...)
	owner, used := map[string]int{}, map[int]bool{}
	for range data {
		select {
		case a := <-arrived:
			if first, seen := owner[a.kind]; seen && first != a.consumer {
				f.Fatal("events that belong together went to both consumers")
			}
			owner[a.kind], used[a.consumer] = a.consumer, true
		case <-f.ctx.Done():
			f.Fatal("not every event arrived")
		}
	}
	if len(used) != 2 {
		f.Fatal("one consumer got everything")
	}
}
