package storetest

import (
	"errors"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// subscription reads what a subscription receives, in order.
type subscription struct {
	f   *fixture
	sub *esdb.Subscription
}

func (f *fixture) follow(stream string, o esdb.SubscribeToStreamOptions) *subscription {
	f.Helper()
	sub, err := f.c.SubscribeToStream(f.ctx, stream, o)
	if err != nil {
		f.Fatalf("subscribe to %s: %v", stream, err)
	}
	f.Cleanup(func() { _ = sub.Close() })
	return &subscription{f, sub}
}

func (f *fixture) followAll(o esdb.SubscribeToAllOptions) *subscription {
	f.Helper()
	sub, err := f.c.SubscribeToAll(f.ctx, o)
	if err != nil {
		f.Fatalf("subscribe to $all: %v", err)
	}
	f.Cleanup(func() { _ = sub.Close() })
	return &subscription{f, sub}
}

// next is the next message of any kind; a drop fails the test.
func (s *subscription) next() *esdb.SubscriptionEvent {
	s.f.Helper()
	e := s.sub.Recv()
	if e.SubscriptionDropped != nil {
		s.f.Fatalf("the subscription was dropped: %v", e.SubscriptionDropped.Error)
	}
	return e
}

// event is the next event, whatever else comes before it.
func (s *subscription) event() *esdb.ResolvedEvent {
	s.f.Helper()
	for {
		if e := s.next(); e.EventAppeared != nil {
			return e.EventAppeared
		}
	}
}

// untilLive collects the events before the subscription says that it caught up.
func (s *subscription) untilLive() []*esdb.ResolvedEvent {
	s.f.Helper()
	var out []*esdb.ResolvedEvent
	for {
		e := s.next()
		switch {
		case e.EventAppeared != nil:
			out = append(out, e.EventAppeared)
		case e.CaughtUp != nil:
			return out
		}
	}
}

// drop is the error that ends the subscription.
func (s *subscription) drop() error {
	s.f.Helper()
	for {
		if e := s.sub.Recv(); e.SubscriptionDropped != nil {
			return e.SubscriptionDropped.Error
		}
	}
}

var subscribeTests = []contractTest{
	{"StreamFromStartThenLive", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		sub := f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.Start{}})
		f.wantRevisions(sub.untilLive(), 0, 1, 2)
		f.append(s, esdb.Any{}, events(2)...)
		f.wantRevisions([]*esdb.ResolvedEvent{sub.event(), sub.event()}, 3, 4)
	}},
	{"StreamFromARevisionExcludesIt", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(4)...)
		sub := f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.Revision(1)})
		f.wantRevisions(sub.untilLive(), 2, 3)
	}},
	{"StreamFromEndIsOnlyNewEvents", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(4)...)
		sub := f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.End{}})
		f.wantRevisions(sub.untilLive())
		f.append(s, esdb.Any{}, events(1)...)
		f.wantRevisions([]*esdb.ResolvedEvent{sub.event()}, 4)
	}},
	{"StreamThatIsNotThereYet", func(f *fixture) {
		s := f.stream()
		sub := f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.Start{}})
		f.wantRevisions(sub.untilLive())
		f.append(s, esdb.NoStream{}, events(1)...)
		f.wantRevisions([]*esdb.ResolvedEvent{sub.event()}, 0)
	}},
	{"StreamBeyondItsEndCatchesUpAtOnce", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(1)...)
		sub := f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.Revision(2)})
		f.wantRevisions(sub.untilLive())
		f.append(s, esdb.Any{}, events(3)...)
		f.wantRevisions([]*esdb.ResolvedEvent{sub.event()}, 3)
	}},
	{"StreamSubscriptionSeesNoOtherStream", func(f *fixture) {
		s := f.stream()
		sub := f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.Start{}})
		f.append(s+"-other", esdb.Any{}, events(3)...)
		f.append(s, esdb.Any{}, events(1)...)
		if e := sub.event().Event; e.StreamID != s {
			f.Fatalf("got an event of %s", e.StreamID)
		}
	}},
	{"StreamSubscriptionGoesOnAfterDeleteAndContinuation", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		sub := f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.Start{}})
		f.wantRevisions(sub.untilLive(), 0, 1)
		f.mustDelete(s)
		f.append(s, esdb.Any{}, events(1)...)
		f.wantRevisions([]*esdb.ResolvedEvent{sub.event()}, 2)
	}},
	{"TombstoneIsDeliveredThenEndsTheSubscription", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(1)...)
		sub := f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.Start{}})
		f.wantRevisions(sub.untilLive(), 0)
		f.mustTombstone(s)
		if e := sub.event().Event; e.EventType != "$streamDeleted" {
			f.Fatalf("got %s, want $streamDeleted", e.EventType)
		}
		if err := sub.drop(); status.Code(err) != codes.FailedPrecondition {
			f.Fatalf("got %v, want FailedPrecondition", err)
		}
	}},
	{"AllFromStartThenLive", func(f *fixture) {
		s := f.stream()
		a := f.append(s, esdb.NoStream{}, events(1)...)
		sub := f.followAll(esdb.SubscribeToAllOptions{From: esdb.Start{}})
		if !contains(sub.untilLive(), position(a)) {
			f.Fatal("an event written before is missing")
		}
		b := f.append(s, esdb.Any{}, events(1)...)
		for sub.event().OriginalEvent().Position != position(b) {
		}
	}},
	{"AllFromAPositionExcludesIt", func(f *fixture) {
		s := f.stream()
		a, b := f.append(s, esdb.NoStream{}, events(1)...), f.append(s, esdb.Any{}, events(1)...)
		sub := f.followAll(esdb.SubscribeToAllOptions{From: position(a)})
		list := sub.untilLive()
		if contains(list, position(a)) || !contains(list, position(b)) {
			f.Fatal("want what came after the position and not what lies at it")
		}
	}},
	{"AllFromEndIsOnlyNewEvents", func(f *fixture) {
		s := f.stream()
		a := f.append(s, esdb.NoStream{}, events(1)...)
		sub := f.followAll(esdb.SubscribeToAllOptions{From: esdb.End{}})
		sub.untilLive()
		b := f.append(s, esdb.Any{}, events(1)...)
		for {
			p := sub.event().OriginalEvent().Position
			if p == position(b) {
				return
			}
			if p.Commit <= a.CommitPosition {
				f.Fatalf("got an event at %d, written before", p.Commit)
			}
		}
	}},
	{"AllArrivesInOrderWithNothingLeftOut", func(f *fixture) {
		s := f.stream()
		sub := f.followAll(esdb.SubscribeToAllOptions{From: esdb.End{}})
		sub.untilLive()
		const n = 400
		appended := make(chan struct{})
		go func() {
			defer close(appended)
			for range n {
				if _, err := f.c.AppendToStream(f.ctx, s, expecting(esdb.Any{}), events(1)...); err != nil {
					f.Errorf("append: %v", err)
					return
				}
			}
		}()
		var last uint64
		for seen := uint64(0); seen < n; {
			e := sub.event().OriginalEvent()
			if e.Position.Commit <= last {
				f.Fatalf("position %d came after %d", e.Position.Commit, last)
			}
			last = e.Position.Commit
			if e.StreamID == s {
				if e.EventNumber != seen {
					f.Fatalf("got revision %d, want %d", e.EventNumber, seen)
				}
				seen++
			}
		}
		<-appended
	}},
	{"CaughtUpIsToldOnceWhileLive", func(f *fixture) {
		s := f.stream()
		sub := f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.Start{}})
		sub.untilLive()
		for i := range uint64(5) {
			f.append(s, esdb.Any{}, events(1)...)
			e := sub.next()
			if e.EventAppeared == nil || e.EventAppeared.Event.EventNumber != i {
				f.Fatalf("got %+v, want event %d", e, i)
			}
		}
	}},
	{"StreamThatFellBehindCatchesUpAgain", func(f *fixture) {
		s := f.stream()
		catchesUpAgain(f, s, f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.Start{}}))
	}},
	{"AllThatFellBehindCatchesUpAgain", func(f *fixture) {
		catchesUpAgain(f, f.stream(), f.followAll(esdb.SubscribeToAllOptions{From: esdb.End{}}))
	}},
	{"ClosedSubscriptionSaysSo", func(f *fixture) {
		sub := f.follow(f.stream(), esdb.SubscribeToStreamOptions{From: esdb.Start{}})
		sub.untilLive()
		_ = sub.sub.Close()
		if err := sub.drop(); err == nil || errors.Is(err, f.ctx.Err()) {
			f.Fatalf("got %v", err)
		}
	}},
}

// catchesUpAgain lets a live subscription go unread for so long that it falls behind.
// It must be told of a second arrival at the end, and nothing may be lost on the way.
func catchesUpAgain(f *fixture, stream string, sub *subscription) {
	sub.untilLive()
	// The client takes at most 16 MiB for a stream that nobody reads: the large events
	// fill that, so the server waits to send while the small ones are written.
	const large, small, each = 24, 9000, 500
	for range large {
		e := typed("storetest.Large")
		e.ContentType, e.Data = esdb.ContentTypeBinary, make([]byte, 1_000_000)
		f.append(stream, esdb.Any{}, e)
	}
	for range small / each {
		f.append(stream, esdb.Any{}, events(each)...)
	}
	told := false
	for next := uint64(0); next < large+small || !told; {
		switch e := sub.next(); {
		case e.CaughtUp != nil:
			told = true
		case e.EventAppeared == nil || e.EventAppeared.OriginalEvent().StreamID != stream:
		case e.EventAppeared.OriginalEvent().EventNumber != next:
			f.Fatalf("got revision %d, want %d", e.EventAppeared.OriginalEvent().EventNumber, next)
		default:
			next++
		}
	}
}
