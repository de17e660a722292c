package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	server_features "github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
)

// What the official client sees, server and client sharing the machine. Compare
// only within one run, beside the fsync time that is reported.

func benchEvent(data []byte) esdb.EventData {
	return esdb.EventData{EventID: uuid.New(), EventType: "bench.Happened", ContentType: esdb.ContentTypeBinary, Data: data}
}

func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			s := startStore(b, Options{})
			c := s.client(b)
			data := make([]byte, 500)
			var stream atomic.Uint64
			if writers == 1 {
				for b.Loop() {
					benchAppend(b, c, stream.Add(1), data)
				}
			} else {
				b.SetParallelism(writers / runtime.GOMAXPROCS(0))
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						benchAppend(b, c, stream.Add(1), data)
					}
				})
			}
			m := s.store.Metrics()
			b.ReportMetric(float64(m.Events)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(m.Events)/float64(m.Syncs), "events/sync")
			b.ReportMetric(float64(s.store.FsyncTime().Microseconds()), "µs/sync")
		})
	}
}

// hollow answers every append at once and stores nothing: what the client and
// gRPC cost by themselves.
type hollow struct {
	streams.UnimplementedStreamsServer
}

func (hollow) Append(stream streams.Streams_AppendServer) error {
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return stream.SendAndClose(successResponse(outcome{last: 1, pos: 1}))
		} else if err != nil {
			return err
		}
	}
}

func BenchmarkAppendToNothing(b *testing.B) {
	s := startStore(b, Options{})
	server := grpc.NewServer(s.store.serverOptions()...)
	streams.RegisterStreamsServer(server, hollow{})
	server_features.RegisterServerFeaturesServer(server, featuresService{})
	l := listener(b)
	go func() { _ = server.Serve(l) }()
	defer server.Stop()
	c := clientOf(b, "esdb://"+l.Addr().String()+"?tls=false")
	data := make([]byte, 500)
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			b.SetParallelism(max(1, writers/runtime.GOMAXPROCS(0))) // two writers for 1
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					benchAppend(b, c, 1, data)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func benchAppend(b *testing.B, c *esdb.Client, n uint64, data []byte) {
	_, err := c.AppendToStream(context.Background(), fmt.Sprintf("bench-%d", n%5000), esdb.AppendToStreamOptions{}, benchEvent(data))
	if err != nil {
		b.Error(err)
	}
}

func benchFill(b *testing.B, c *esdb.Client, n int) {
	b.Helper()
	data := make([]byte, 500)
	for i := range n / 500 {
		batch := make([]esdb.EventData, 500)
		for j := range batch {
			batch[j] = benchEvent(data)
		}
		if _, err := c.AppendToStream(context.Background(), fmt.Sprintf("bench-%d", i%10), esdb.AppendToStreamOptions{}, batch...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadAll(b *testing.B) {
	s := startStore(b, Options{})
	c := s.client(b)
	const n = 100_000
	benchFill(b, c, n)
	for b.Loop() {
		rs, err := c.ReadAll(context.Background(), esdb.ReadAllOptions{From: esdb.Start{}}, n)
		if err != nil {
			b.Fatal(err)
		}
		got := 0
		for {
			if _, err := rs.Recv(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
			got++
		}
		rs.Close()
		if got != n {
			b.Fatalf("read %d events, want %d", got, n)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkCatchUp(b *testing.B) {
	s := startStore(b, Options{})
	c := s.client(b)
	const n = 100_000
	benchFill(b, c, n)
	for b.Loop() {
		sub, err := c.SubscribeToAll(context.Background(), esdb.SubscribeToAllOptions{From: esdb.Start{}, Filter: esdb.ExcludeSystemEventsFilter()})
		if err != nil {
			b.Fatal(err)
		}
		untilLive(b, sub)
		_ = sub.Close()
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkLive is the time from an append to its arrival at another client.
func BenchmarkLive(b *testing.B) {
	s := startStore(b, Options{})
	writer, reader := s.client(b), s.client(b)
	sub, err := reader.SubscribeToAll(context.Background(), esdb.SubscribeToAllOptions{From: esdb.End{}})
	if err != nil {
		b.Fatal(err)
	}
	defer sub.Close()
	untilLive(b, sub)
	for b.Loop() {
		benchAppend(b, writer, 1, make([]byte, 500))
		for sub.Recv().EventAppeared == nil {
		}
	}
}
