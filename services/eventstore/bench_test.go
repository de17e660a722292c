package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// The figures that matter are ratios to the official client alone, in the same run.

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
	b.Run("sealed/2", func(b *testing.B) {
		appendAll(b, connect(b, startServer(b)), received)
	})
	b.Run("client", func(b *testing.B) {
		client, data := rawClient(b, startServer(b)), make([]byte, 500)
		b.SetParallelism(64)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_, err := client.AppendToStream(context.Background(), "contact-"+uuid.NewString(),
					esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}},
					esdb.EventData{EventID: uuid.New(), EventType: "mash.event.v1.ContactAllocated", Data: data})
				if err != nil {
					b.Error(err)
				}
			}
		})
	})
}

func appendAll(b *testing.B, s *Store, message func() proto.Message) {
	b.SetParallelism(64)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, err := s.Append(context.Background(), "contact-"+uuid.NewString(), NoStream(), meta(), Event{uuid.New(), message()})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkRead reads 60,000 events, every third of which has parts; ns/op is for one event.
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
		n := 0
		for b.Loop() {
			n += read()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
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
