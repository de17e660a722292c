package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/hub"
)

// jetStreamAlone measures J: the same messages published on the same streams of the same server, synced one by one, and nobody who
// reads them. It is what a hub could take in if it did nothing.
func (r *run) jetStreamAlone(ctx context.Context, messages []payload) (rate float64, err error) {
	roles := []hub.Role{hub.RoleBus}
	err = r.withFreshHub(ctx, "jetstream", roles, func(ctx context.Context, s *site) error {
		streams, err := s.streams(senders())
		if err != nil {
			return err
		}
		send := func(ctx context.Context, b bare) error {
			_, err := streams[b.agency].PublishMsg(ctx, b.msg)
			return err
		}
		all, err := barely(messages)
		if err != nil {
			return err
		}
		if err := flood(ctx, all[:r.warmUp], send); err != nil {
			return err
		}
		watch := startWatch()
		if err := flood(ctx, all[r.warmUp:], send); err != nil {
			return err
		}
		rate = r.took(jetStreamRate, watch, len(all)-r.warmUp)
		return nil
	})
	return rate, err
}

// Names of what stands beside the figures.
const (
	jetStreamRate = "J: JetStream SyncAlways alone"
	appendRate    = "E: the official client's append alone"
	hubRate       = "hub: publish to receipt"
)

// took records the rate of n things since the watch was started, and the processor's time for each.
func (r *run) took(name string, w stopwatch, n int) float64 {
	rate := perSecond(n, w.elapsed())
	r.record(name, "/s", rate)
	r.recordCPU(name+", processor's time each", w, n)
	return rate
}

// streams connects to JetStream as each agency, with the agency's own permissions.
func (s *site) streams(agencies []string) (map[string]jetstream.JetStream, error) {
	all := map[string]jetstream.JetStream{}
	for _, agency := range agencies {
		key, err := nats.NkeyOptionFromSeed(s.seedFile(agency))
		if err != nil {
			return nil, err
		}
		conn, err := nats.Connect(s.Addresses().NATS, key, nats.CustomInboxPrefix("_INBOX."+agency))
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, func() error { conn.Close(); return nil })
		if all[agency], err = jetstream.New(conn); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// bare is a message as a publisher puts it on the wire.
type bare struct {
	agency string
	msg    *nats.Msg
}

func barely(messages []payload) ([]bare, error) {
	all := make([]bare, len(messages))
	for i, p := range messages {
		m := p.message
		header, err := bus.Envelope{ID: m.ID, Source: m.Source, Type: m.Type, Time: m.Time, ContentType: m.ContentType}.Header()
		if err != nil {
			return nil, err
		}
		all[i] = bare{p.agency, &nats.Msg{Subject: bus.InSubject(p.agency, m.Kind), Header: header, Data: m.Data}}
	}
	return all, nil
}

// onto is an event and the stream it goes to.
type onto struct {
	stream string
	event  esdb.EventData
}

// appendAlone measures E: the official client appending one event a call, each the first of its stream, as a contact's is. The events
// are some that a hub has stored, so that their size, metadata included, is what a hub stores.
func (r *run) appendAlone(ctx context.Context, stored []esdb.EventData, n int) (rate float64, err error) {
	roles := []hub.Role{hub.RoleStore}
	err = r.withFreshHub(ctx, "append", roles, func(ctx context.Context, s *site) error {
		client, err := s.client()
		if err != nil {
			return err
		}
		calls := make([]onto, n+r.warmUp)
		for i := range calls {
			event := stored[i%len(stored)]
			event.EventID = uuid.New()
			calls[i] = onto{"contact-" + uuid.NewString(), event}
		}
		send := func(ctx context.Context, o onto) error {
			_, err := client.AppendToStream(ctx, o.stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, o.event)
			return err
		}
		if err := flood(ctx, calls[:r.warmUp], send); err != nil {
			return err
		}
		watch := startWatch()
		if err := flood(ctx, calls[r.warmUp:], send); err != nil {
			return err
		}
		rate = r.took(appendRate, watch, n)
		return nil
	})
	return rate, err
}

// readAll reads $all from the beginning with the official client, and does nothing with it but what visit does.
func readAll(ctx context.Context, client *esdb.Client, visit func(*esdb.RecordedEvent) error) (n int, err error) {
	stream, err := client.ReadAll(ctx, esdb.ReadAllOptions{From: esdb.Start{}, Direction: esdb.Forwards}, math.MaxInt64)
	if err != nil {
		return 0, fmt.Errorf("read $all: %w", err)
	}
	defer stream.Close()
	for {
		e, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("read $all: %w", err)
		}
		n++
		if err := visit(e.Event); err != nil {
			return n, err
		}
	}
}
