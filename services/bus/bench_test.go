package bus

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/openmash/mash/services/agencies/publisher"
)

// The rates that the way of a contact is built on: five agencies, 128 messages in flight over all of them, 2 KiB each, which is
// about a contact. They are the disk's as much as ours: every message is synced before it is acknowledged.

const (
	benchInFlight = 128
	benchSize     = 2 << 10
)

var benchAgencies = []string{"agency-1", "agency-2", "agency-3", "agency-4", "agency-5"}

// spread runs n calls over benchInFlight goroutines and the five agencies.
func spread(b *testing.B, call func(agency string, i int) error) {
	b.Helper()
	var all sync.WaitGroup
	b.ResetTimer()
	for g := range benchInFlight {
		all.Go(func() {
			for i := g; i < b.N; i += benchInFlight {
				if err := call(benchAgencies[i%len(benchAgencies)], i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkPublishAlone is what the server can take: publish to PubAck, nobody reading.
func BenchmarkPublishAlone(b *testing.B) {
	w := newWorld(b, worldOptions{agencies: benchAgencies})
	partners := map[string]*partner{}
	for _, a := range benchAgencies {
		partners[a] = w.partner(a)
	}
	data := make([]byte, benchSize)
	spread(b, func(agency string, _ int) error {
		_, err := partners[agency].RequestMsg(&nats.Msg{Subject: InSubject(agency, "contact"), Data: data}, patience)
		return err
	})
}

func BenchmarkPublishReceipt(b *testing.B) {
	for _, inProcess := range []bool{false, true} {
		b.Run(fmt.Sprintf("inProcess=%t", inProcess), func(b *testing.B) {
			w := newWorld(b, worldOptions{agencies: benchAgencies, inProcess: inProcess})
			data := make([]byte, 300)
			header := nats.Header{HeaderAnswers: {"urn:s|1"}}
			spread(b, func(agency string, _ int) error {
				return w.bus.PublishReceipt(context.Background(), agency, KindReceipt, header, data)
			})
		})
	}
}

// BenchmarkPublishToReceipt is the whole way through NATS, with a hub that does nothing but answer.
func BenchmarkPublishToReceipt(b *testing.B) {
	for _, inProcess := range []bool{false, true} {
		b.Run(fmt.Sprintf("inProcess=%t", inProcess), func(b *testing.B) {
			w := newWorld(b, worldOptions{agencies: benchAgencies, inProcess: inProcess})
			publishers := map[string]*publisher.Publisher{}
			for _, a := range benchAgencies {
				publishers[a] = w.publisher(a)
				w.receiveAll(a)
			}
			data := make([]byte, benchSize)
			spread(b, func(agency string, i int) error {
				m := message(fmt.Sprint(b.N, "-", i))
				m.Data = data
				_, err := publishers[agency].Send(context.Background(), m)
				return err
			})
		})
	}
}
