package parts

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/eventstore"
)

// Events gives what is on record in a stream; nothing where there is none.
func (p *Parts) Events(stream string) []eventstore.Recorded {
	p.t.Helper()
	var all []eventstore.Recorded
	err := p.Store.Read(p.Context(), stream, 0, func(r eventstore.Recorded) error {
		all = append(all, r)
		return nil
	})
	if err != nil && !errors.Is(err, eventstore.ErrNoStream) {
		p.t.Fatal(err)
	}
	return all
}

// Await waits until n events of one type are on record in a stream, and gives all of that type.
func Await[E proto.Message](p *Parts, stream string, n int) []E {
	p.t.Helper()
	enough := errors.New("enough")
	var found []E
	err := p.Store.Subscribe(p.Context(), eventstore.Subscription{Prefixes: []string{stream}, Handle: func(_ context.Context, b eventstore.Batch) error {
		for _, r := range b.Events {
			if e, ok := r.Message.(E); ok && r.Stream == stream {
				found = append(found, e)
			}
		}
		if len(found) >= n {
			return enough
		}
		return nil
	}})
	if !errors.Is(err, enough) {
		p.t.Fatalf("%d events of type %T in %s, want %d: %v", len(found), *new(E), stream, n, err)
	}
	return found
}

// Out gives what lies in an agency's OUT.
func (p *Parts) Out(agency string) []bus.Sent {
	p.t.Helper()
	var all []bus.Sent
	_, err := p.Bus.OutSince(p.Context(), agency, 0, func(m bus.Sent) { all = append(all, m) })
	p.must(err)
	return all
}

// Decode reads a message of OUT.
func Decode[M proto.Message](p *Parts, sent bus.Sent, into M) M {
	p.t.Helper()
	envelope, err := bus.DecodeEnvelope(sent.Header)
	p.must(err)
	if want := string(into.ProtoReflect().Descriptor().FullName()); envelope.Type != want {
		p.must(fmt.Errorf("ce-type is %s, want %s", envelope.Type, want))
	}
	p.must(protojson.Unmarshal(sent.Data, into))
	return into
}
