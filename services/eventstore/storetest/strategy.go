package storetest

import "github.com/EventStore/EventStore-Client-Go/v4/esdb"

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
	{"PinnedKeepsAStreamWithOneConsumer", pinnedKeepsAStream},
}

// pinnedKeepsAStream links events of several streams into one; each stream's
// events must all go to the same of two consumers.
func pinnedKeepsAStream(f *fixture) {
	s := f.stream()
	g := f.group(s, func(st *esdb.PersistentSubscriptionSettings) {
		st.ConsumerStrategyName, st.ResolveLinkTos = esdb.ConsumerStrategyPinned, true
	})
	type got struct {
		consumer int
		stream   string
	}
	const streams, each = 8, 4
	results := make(chan got, streams*each)
	for i := range 2 {
		c := g.connect(100)
		go func() {
			for {
				e := c.sub.Recv()
				if e.EventAppeared == nil {
					return
				}
				results <- got{i, e.EventAppeared.Event.Event.StreamID}
			}
		}()
	}
	var links []esdb.EventData
	for range streams {
		target := f.stream()
		f.append(target, esdb.NoStream{}, events(each)...)
		for rev := range uint64(each) {
			links = append(links, link(rev, target))
		}
	}
	f.append(s, esdb.NoStream{}, links...)
	owner := map[string]int{}
	for range streams * each {
		select {
		case r := <-results:
			if first, seen := owner[r.stream]; seen && first != r.consumer {
				f.Fatalf("the events of one stream went to both consumers")
			}
			owner[r.stream] = r.consumer
		case <-f.ctx.Done():
			f.Fatal("not every event arrived")
		}
	}
}
