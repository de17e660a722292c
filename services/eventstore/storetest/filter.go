package storetest

import (
	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

func prefixes(kind esdb.FilterType, list ...string) *esdb.SubscriptionFilter {
	return &esdb.SubscriptionFilter{Type: kind, Prefixes: list}
}

func regex(kind esdb.FilterType, expression string) *esdb.SubscriptionFilter {
	return &esdb.SubscriptionFilter{Type: kind, Regex: expression}
}

// wantFiltered checks that exactly the wanted of three streams' events arrive.
func (f *fixture) wantFiltered(filter func(a, b string) *esdb.SubscriptionFilter, wantA, wantB bool) {
	f.Helper()
	a, b, end := f.stream(), f.stream(), f.stream()
	from := f.append(f.stream(), esdb.Any{}, events(1)...)
	f.append(a, esdb.Any{}, typed("storetest.A"))
	f.append(b, esdb.Any{}, typed("storetest.B"))
	f.setMeta(a, func(m *esdb.StreamMetadata) { m.SetMaxCount(3) })
	f.append(end, esdb.Any{}, typed("storetest.End"))
	sub := f.followAll(esdb.SubscribeToAllOptions{From: position(from), Filter: filter(a, b)})
	seen := map[string]int{}
	for _, e := range sub.untilLive() {
		seen[e.OriginalEvent().StreamID]++
	}
	if (seen[a] == 1) != wantA || (seen[b] == 1) != wantB || seen["$$"+a] != 0 {
		f.Fatalf("got %d of the first stream (wanted %v) and %d of the second (wanted %v), %d metadata",
			seen[a], wantA, seen[b], wantB, seen["$$"+a])
	}
}

var filterTests = []contractTest{
	{"ByStreamPrefix", func(f *fixture) {
		f.wantFiltered(func(a, _ string) *esdb.SubscriptionFilter { return prefixes(esdb.StreamFilterType, a[:30]) }, true, false)
	}},
	{"BySeveralPrefixes", func(f *fixture) {
		f.wantFiltered(func(a, b string) *esdb.SubscriptionFilter { return prefixes(esdb.StreamFilterType, a, b) }, true, true)
	}},
	{"ByTypePrefix", func(f *fixture) {
		f.wantFiltered(func(_, _ string) *esdb.SubscriptionFilter { return prefixes(esdb.EventFilterType, "storetest.B") }, false, true)
	}},
	{"ByTypeExpression", func(f *fixture) {
		f.wantFiltered(func(_, _ string) *esdb.SubscriptionFilter {
			return regex(esdb.EventFilterType, `^storetest\.[AX]$`)
		}, true, false)
	}},
	{"ByStreamExpression", func(f *fixture) {
		f.wantFiltered(func(_, b string) *esdb.SubscriptionFilter { return regex(esdb.StreamFilterType, "^"+b+"$") }, false, true)
	}},
	{"WithoutSystemEvents", func(f *fixture) {
		f.wantFiltered(func(_, _ string) *esdb.SubscriptionFilter { return esdb.ExcludeSystemEventsFilter() }, true, true)
	}},
	{"ExpressionThatDoesNotParseIsRefused", func(f *fixture) {
		_, err := f.c.SubscribeToAll(f.ctx, esdb.SubscribeToAllOptions{
			From: esdb.Start{}, Filter: regex(esdb.EventFilterType, "(["),
		})
		if err == nil {
			f.Fatal("the subscription was accepted")
		}
	}},
	{"CheckpointsComeEveryWindow", checkpointsEveryWindow},
	{"CheckpointComesWhenLive", func(f *fixture) {
		r := f.append(f.stream(), esdb.Any{}, events(3)...)
		sub := f.followAll(esdb.SubscribeToAllOptions{From: esdb.Start{}, Filter: prefixes(esdb.StreamFilterType, "no such")})
		var last uint64
		for {
			e := sub.next()
			if e.EventAppeared != nil {
				f.Fatalf("got an event that does not match")
			}
			if e.CheckPointReached != nil {
				last = e.CheckPointReached.Commit
			}
			if e.CaughtUp != nil {
				break
			}
		}
		if last < r.CommitPosition {
			f.Fatalf("live at checkpoint %d, the log goes to %d at least", last, r.CommitPosition)
		}
	}},
	{"CheckpointsComeWhileLive", func(f *fixture) {
		sub := f.followAll(esdb.SubscribeToAllOptions{From: esdb.End{}, MaxSearchWindow: 4, Filter: prefixes(esdb.StreamFilterType, "no such")})
		sub.untilLive()
		r := f.append(f.stream(), esdb.Any{}, events(8)...)
		for {
			if p := sub.next().CheckPointReached; p != nil && p.Commit > r.CommitPosition-8 {
				return
			}
		}
	}},
}

// checkpointsEveryWindow: with a window of w and an interval of i there is a
// checkpoint after every w*i events considered; none comes twice and none is
// lower than what was delivered before it.
func checkpointsEveryWindow(f *fixture) {
	from := f.append(f.stream(), esdb.Any{}, events(1)...)
	s, noise := f.stream(), f.stream()
	for range 5 {
		f.append(noise, esdb.Any{}, events(9)...)
		f.append(s, esdb.Any{}, events(1)...)
	}
	sub := f.followAll(esdb.SubscribeToAllOptions{
		From: position(from), Filter: prefixes(esdb.StreamFilterType, s), MaxSearchWindow: 5, CheckpointInterval: 2,
	})
	var points []uint64
	var last uint64
	events := 0
	for {
		e := sub.next()
		if e.EventAppeared != nil {
			events++
			last = max(last, e.EventAppeared.OriginalEvent().Position.Commit)
		}
		if e.CheckPointReached != nil {
			p := e.CheckPointReached.Commit
			if p < last || (len(points) > 0 && p <= points[len(points)-1]) {
				f.Fatalf("checkpoint %d after event %d and checkpoints %v", p, last, points)
			}
			points = append(points, p)
		}
		if e.CaughtUp != nil {
			break
		}
	}
	if events != 5 {
		f.Fatalf("got %d events, want 5", events)
	}
	// 50 events were considered at least: five windows of ten, the last of which
	// may coincide with going live.
	if len(points) < 5 {
		f.Fatalf("got %d checkpoints for 50 events, want 5 at least", len(points))
	}
}
