//go:build unix

package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// The figures that matter are ratios to the official client alone, in the same run.

// cpu reports the processor time of an operation, client and server together: on a shared machine it says more than the
// time on the wall.
func cpu(b *testing.B, operations func() int) {
	used := func() int64 {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return r.Utime.Nano() + r.Stime.Nano()
	}
	before := used()
	n := operations()
	b.ReportMetric(float64(used()-before)/float64(n), "cpu-ns/event")
}

func received() proto.Message {
	return &eventpb.ContactReceived{
		ContactId: uuid.NewString(), Agency: "kent-police", WorkType: "contact", SourceCode: "5A", Team: "front-door",
		Subjects: []*eventpb.Subject{child("Ann", "s1")},
		Referrer: &eventpb.ReferrerPart{About: []string{"referrer"}, Part: &eventpb.ReferrerPart_Open{Open: &eventpb.Referrer{Name: "Bob"}}},
		Reason:   narrative(strings.Repeat("words ", 50), "s1"),
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, connections := range []int{1, 2, 4} {
		b.Run(fmt.Sprint("plain/", connections), func(b *testing.B) {
			s := connect(b, startServer(b), func(c *Config) { c.Connections = connections })
			worker := strings.Repeat("x", 450)
			appendAll(b, s, func() proto.Message { return allocated(worker) })
		})
	}
	b.Run("sealed", func(b *testing.B) {
		appendAll(b, connect(b, startServer(b)), received)
	})
	b.Run("client", func(b *testing.B) {
		client, data := rawClient(b, startServer(b)), make([]byte, 500)
		parallel(b, func() error {
			_, err := client.AppendToStream(context.Background(), "contact-"+uuid.NewString(),
				esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}},
				esdb.EventData{EventID: uuid.New(), EventType: "mash.event.v1.ContactAllocated", Data: data})
			return err
		})
	})
}

// parallel runs one append after another in 128 goroutines.
func parallel(b *testing.B, one func() error) {
	b.SetParallelism(64)
	b.ResetTimer()
	cpu(b, func() int {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := one(); err != nil {
					b.Error(err)
				}
			}
		})
		return b.N
	})
}

func appendAll(b *testing.B, s *Store, message func() proto.Message) {
	parallel(b, func() error {
		_, err := s.Append(context.Background(), "contact-"+uuid.NewString(), NoStream(), meta(), Event{uuid.New(), message()})
		return err
	})
}

// BenchmarkRead reads 60,000 events, every third of which has parts.
func BenchmarkRead(b *testing.B) {
	srv := startServer(b)
	ring := openRing(b, b.TempDir())
	s := connect(b, srv, func(c *Config) { c.Keys = ring })
	const events = 60_000
	for i := range events / 300 {
		var batch []proto.Message
		for range 100 {
			batch = append(batch, received(), allocated("worker-1"), &eventpb.ContactPassedAcross{ContactId: uuid.NewString()})
		}
		mustAppend(b, s, fmt.Sprint("contact-", i), NoStream(), batch...)
	}
	perEvent := func(b *testing.B, read func() int) {
		cpu(b, func() (n int) {
			for b.Loop() {
				n += read()
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
			return n
		})
	}
	b.Run("client", func(b *testing.B) {
		client := rawClient(b, srv)
		perEvent(b, func() (n int) {
			stream, err := client.ReadAll(context.Background(), esdb.ReadAllOptions{From: esdb.Start{}}, everything)
			if err != nil {
				b.Fatal(err)
			}
			defer stream.Close()
			for {
				if _, err := stream.Recv(); errors.Is(err, io.EOF) {
					return n
				} else if err != nil {
					b.Fatal(err)
				}
				n++
			}
		})
	})
	b.Run("readall", func(b *testing.B) {
		perEvent(b, func() (n int) {
			if err := s.ReadAll(context.Background(), Position{}, func(Recorded) error { n++; return nil }); err != nil {
				b.Fatal(err)
			}
			return n
		})
	})
	for _, sealed := range []bool{true, false} {
		b.Run(fmt.Sprint("subscribe/sealed=", sealed), func(b *testing.B) {
			perEvent(b, func() (n int) {
				err := s.Subscribe(context.Background(), Subscription{Sealed: sealed, Handle: func(_ context.Context, batch Batch) error {
					n += len(batch.Events)
					if batch.CaughtUp {
						return errStop
					}
					return nil
				}})
				if !errors.Is(err, errStop) {
					b.Fatal(err)
				}
				return n
			})
		})
	}
}

// BenchmarkLive is the way from an append's start to a subscriber's handler, one event at a time.
func BenchmarkLive(b *testing.B) {
	s := connect(b, startServer(b))
	handled := make(chan Position, 1)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		ended <- s.Subscribe(ctx, Subscription{Handle: func(_ context.Context, batch Batch) error {
			handled <- batch.Position
			return nil
		}})
	}()
	<-handled // live
	for b.Loop() {
		at := mustAppend(b, s, "contact-1", AnyRevision(), allocated("worker-1")).Position
		for (<-handled).Compare(at) < 0 {
		}
	}
	cancel()
	<-ended
}
