package embedded

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func (s *served) dial(t testing.TB, opts ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.address, append(opts, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// closeInTime fails when Close does not come back.
func closeInTime(t testing.TB, s *Store) {
	t.Helper()
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatal("the store does not close")
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestThousandIdleSubscriptionsCostLittleAndAreAllServed(t *testing.T) {
	s := startStore(t, Options{})
	c := s.client(t)
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
	before := heap()
	const n = 1000
	subs := make([]*esdb.Subscription, n)
	for i := range subs {
		var err error
		if i%2 == 0 {
			subs[i], err = c.SubscribeToAll(context.Background(), esdb.SubscribeToAllOptions{From: esdb.End{}})
		} else {
			subs[i], err = c.SubscribeToStream(context.Background(), "s", esdb.SubscribeToStreamOptions{From: esdb.End{}})
		}
		if err != nil {
			t.Fatal(err)
		}
		defer subs[i].Close()
	}
	for _, sub := range subs {
		untilLive(t, sub)
	}
	// Client and server are both in this process.
	if grown := int64(heap()) - int64(before); grown > n*40<<10 {
		t.Errorf("%d idle subscriptions hold %d KiB, more than 40 KiB each", n, grown>>10)
	}
	r := mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
	for i, sub := range subs {
		if e := sub.Recv(); e.EventAppeared == nil || e.EventAppeared.Event.Position.Commit != r.CommitPosition {
			t.Fatalf("subscription %d got %+v", i, e)
		}
	}
	if m := s.store.Metrics(); m.Subscriptions != n {
		t.Errorf("%d subscriptions are counted, want %d", m.Subscriptions, n)
	}
	for _, sub := range subs {
		_ = sub.Close()
	}
	waitFor(t, "closed subscriptions to be let go", func() bool { return s.store.Metrics().Subscriptions == 0 })
}

func TestReaderThatNeverReadsHoldsLittleAndBlocksNobody(t *testing.T) {
	s := startStore(t, Options{CacheSize: 1 << 20, memTableSize: 1 << 20, DrainTimeout: time.Second})
	c := s.client(t)
	big := func() []esdb.EventData {
		list := sampleEvents(9)
		for i := range list {
			list[i].Data = make([]byte, 100_000)
		}
		return list
	}
	for range 40 { // 36 MB
		mustAppend(t, c, "big", esdb.Any{}, big()...)
	}
	before := heap()
	const readers = 10
	for range readers {
		req := &streams.ReadReq{Options: &streams.ReadReq_Options{
			StreamOption: &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
				AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
			}},
			CountOption: &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}},
			UuidOption:  &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_Structured{Structured: &shared.Empty{}}},
		}}
		if _, err := streams.NewStreamsClient(s.dial(t)).Read(context.Background(), req); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "the readers to be subscribed", func() bool { return s.store.Metrics().Subscriptions == readers })
	for i := range 40 {
		// Readers that block an append block it for ever.
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		_, err := c.AppendToStream(ctx, fmt.Sprintf("other-%d", i), esdb.AppendToStreamOptions{}, sampleEvents(1)...)
		cancel()
		if err != nil {
			t.Fatalf("an append beside readers that do not read: %v", err)
		}
	}
	if n := len(readEvents(t, c, "big")); n != 360 {
		t.Errorf("another reader got %d events, want 360", n)
	}
	// One chunk and gRPC's own windows each, on both sides of the connection.
	if grown := int64(heap()) - int64(before); grown > readers*3<<20 {
		t.Errorf("%d stuck readers hold %d KiB", readers, grown>>10)
	}
	closeInTime(t, s.store)
}
