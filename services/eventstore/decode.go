package eventstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
)

// Recorded is an event on record.
type Recorded struct {
	ID       uuid.UUID
	Stream   string
	Revision uint64
	Position Position
	Type     string
	// Message is the event, its parts opened unless the reader asked for them sealed. It is nil for the store's own
	// events ($), and in ReadAll for events of an unknown type.
	Message proto.Message
	// Raw and RawMetadata are the bytes as they are stored: parts are sealed in them.
	Raw, RawMetadata []byte
	Metadata         Metadata
}

// A decoding says how far events are decoded.
type decoding struct {
	raw     bool // no further than their places
	sealed  bool // parts stay sealed
	lenient bool // events of unknown types come without a message
}

// decode returns the events before the first that cannot be decoded, and why that is so.
func (s *Store) decode(ctx context.Context, events []*esdb.RecordedEvent, d decoding) ([]Recorded, error) {
	recorded := make([]Recorded, 0, len(events))
	var o opening
	var failed error
	for _, e := range events {
		r, err := s.decodeOne(e, d)
		if err == nil && r.Message != nil && !d.sealed {
			err = o.add(&s.plans, r.Stream, r.Message)
		}
		if err != nil {
			failed = fmt.Errorf("revision %d of %s: %w", e.EventNumber, e.StreamID, err)
			break
		}
		recorded = append(recorded, r)
	}
	if err := o.open(ctx, s.config.Keys); err != nil {
		return nil, err
	}
	return recorded, failed
}

func (s *Store) decodeOne(e *esdb.RecordedEvent, d decoding) (Recorded, error) {
	r := Recorded{
		ID: e.EventID, Stream: e.StreamID, Revision: e.EventNumber, Position: s.positionOf(e.Position.Commit),
		Type: e.EventType, Raw: e.Data, RawMetadata: e.UserMetadata,
	}
	if d.raw || isSystem(r.Stream, r.Type) {
		return r, nil
	}
	var err error
	r.Message, err = UnmarshalEvent(r.Type, r.Raw)
	if errors.Is(err, ErrUnknownEvent) && d.lenient {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	if r.Metadata, err = decodeMetadata(r.RawMetadata); err != nil {
		return r, fmt.Errorf("%w: metadata: %w", ErrMalformed, err)
	}
	return r, nil
}
