package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// jetStream measures what JetStream would do as an event store: SyncAlways, a subject for each stream, and a publish that names the
// subject's last sequence.
func (r *storeRun) jetStream(ctx context.Context) error {
	return r.withJetStream(ctx, func(js jetstream.JetStream) error {
		for _, n := range writers {
			l, err := r.contend(ctx, n, jetStreamAppender(js, n))
			if err != nil {
				return err
			}
			r.recordLoad("JetStream", n, l)
		}
		latency, err := r.live(ctx, jetStreamSubscriber(js), jetStreamAppender(js, 0))
		if err != nil {
			return err
		}
		r.recordLive("JetStream", latency)
		return r.readJetStream(ctx, js)
	})
}

// jetStreamName is the stream's.
const jetStreamName = "EVENTS"

func (r *storeRun) withJetStream(ctx context.Context, do func(jetstream.JetStream) error) (err error) {
	dir, err := os.MkdirTemp(r.dir, "jetstream-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: filepath.Join(dir, "js"), SyncAlways: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		return fmt.Errorf("nats-server: %w", err)
	}
	s.Start()
	defer func() { s.Shutdown(); s.WaitForShutdown() }()
	if !s.ReadyForConnections(patience) {
		return errors.New("nats-server: not ready")
	}
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{Name: jetStreamName, Subjects: []string{"contact.>"}, Storage: jetstream.FileStorage})
	if err != nil {
		return err
	}
	return do(js)
}

func jetStreamAppender(js jetstream.JetStream, cell int) appending {
	return func(_ context.Context, goroutine int) (appender, func(int) string, func() error, error) {
		var last uint64 // of the subject; a goroutine's subjects are its own
		do := func(ctx context.Context, subject string, expected int, data []byte) error {
			if expected < 0 {
				last = 0
			}
			ack, err := js.Publish(ctx, subject, data, jetstream.WithExpectLastSequencePerSubject(last))
			if err == nil {
				last = ack.Sequence
			}
			return err
		}
		stream := func(n int) string { return fmt.Sprintf("contact.%d-%d-%d", cell, goroutine, n) }
		return do, stream, func() error { return nil }, nil
	}
}

func jetStreamSubscriber(js jetstream.JetStream) subscriber {
	return func(ctx context.Context, started func(), seen func()) error {
		consumer, err := js.OrderedConsumer(ctx, jetStreamName, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverNewPolicy})
		if err != nil {
			return err
		}
		messages, err := consumer.Consume(func(jetstream.Msg) { seen() })
		if err != nil {
			return err
		}
		started()
		<-ctx.Done()
		messages.Stop()
		<-messages.Closed()
		return nil
	}
}

// readJetStream reads from the beginning what the appends have left.
func (r *storeRun) readJetStream(ctx context.Context, js jetstream.JetStream) error {
	stream, err := js.Stream(ctx, jetStreamName)
	if err != nil {
		return err
	}
	n := min(r.events, int(stream.CachedInfo().State.Msgs))
	consumer, err := js.OrderedConsumer(ctx, jetStreamName, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return err
	}
	watch := startWatch()
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	for range n {
		m, err := messages.Next()
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if !strings.HasPrefix(m.Subject(), "contact.") || len(m.Data()) != eventSize {
			return fmt.Errorf("read: a message of %d bytes, want %d", len(m.Data()), eventSize)
		}
	}
	r.record("JetStream: read forwards", "/s", perSecond(n, watch.elapsed()))
	return nil
}
