package eventstore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
)

// maxAppend is EventStoreDB's default limit of one append in bytes: data, metadata and twice the type of each event. It
// is checked here because the store's refusal reaches us as an unknown error.
const maxAppend = 1 << 20

// An Event is to be appended. The store takes an append of the same ids at the same expected revision for a repetition, and answers that it
// was written: who gives ids that depend on the request gets that, and cannot tell a repetition from a first time. Casework wants to, and
// gives random ones (see casework.write).
type Event struct {
	ID      uuid.UUID
	Message proto.Message
}

// Expected is the revision that a stream must be at for an append to be written.
type Expected struct {
	kind     expectation
	revision uint64
}

type expectation int

const (
	expectNoStream expectation = iota + 1
	expectRevision
	expectAny
)

// NoStream expects that the stream was never written.
func NoStream() Expected { return Expected{kind: expectNoStream} }

// Exactly expects that the stream's last event has this revision; the first event's is 0.
func Exactly(revision uint64) Expected { return Expected{kind: expectRevision, revision: revision} }

// AnyRevision expects nothing. On a cluster a repetition may then be written twice.
func AnyRevision() Expected { return Expected{kind: expectAny} }

func (e Expected) String() string {
	switch e.kind {
	case expectNoStream:
		return "no stream"
	case expectRevision:
		return strconv.FormatUint(e.revision, 10)
	case expectAny:
		return "any revision"
	}
	return "nothing given"
}

func (e Expected) option() (esdb.ExpectedRevision, error) {
	switch e.kind {
	case expectNoStream:
		return esdb.NoStream{}, nil
	case expectRevision:
		return esdb.Revision(e.revision), nil
	case expectAny:
		return esdb.Any{}, nil
	}
	return nil, errors.New("no expected revision given")
}

// Appended says where the last event of an append is.
type Appended struct {
	Revision uint64
	Position Position
}

// Append seals the parts of events and writes them after the last event of stream, all or none. It fails with
// *WrongRevisionError when the stream is not at the expected revision, ErrTooLarge, or ErrUnavailable; after the last it
// may be tried again with the same event ids. The events given are not changed.
func (s *Store) Append(
	ctx context.Context, stream string, expected Expected, meta Metadata, events ...Event,
) (Appended, error) {
	option, err := expected.option()
	if err == nil {
		err = checkStream(stream)
	}
	if err != nil {
		return Appended{}, fmt.Errorf("append: %w", err)
	}
	data, err := s.encode(ctx, stream, meta, events)
	if err != nil {
		return Appended{}, fmt.Errorf("append to %s: %w", stream, err)
	}
	result, err := call(ctx, s.links, func(ctx context.Context, c *esdb.Client) (*esdb.WriteResult, error) {
		return c.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: option}, data...)
	})
	if isWrongRevision(err) {
		return Appended{}, s.wrongRevision(ctx, stream, expected, err)
	}
	if err != nil {
		return Appended{}, fmt.Errorf("append to %s: %w", stream, err)
	}
	return Appended{Revision: result.NextExpectedVersion, Position: s.positionOf(result.CommitPosition)}, nil
}

// encode seals events and makes their stored form.
func (s *Store) encode(ctx context.Context, stream string, meta Metadata, events []Event) ([]esdb.EventData, error) {
	if len(events) == 0 {
		return nil, errors.New("there are no events")
	}
	if meta.RecordedAt.IsZero() {
		meta.RecordedAt = s.config.Now()
	}
	metadata, err := meta.encode()
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	for _, e := range events {
		if e.ID == uuid.Nil || e.Message == nil {
			return nil, errors.New("an event without id or message")
		}
		if _, err := NewMessage(typeOf(e.Message)); err != nil {
			return nil, err
		}
	}
	sealed, err := s.sealEvents(ctx, stream, events)
	if err != nil {
		return nil, err
	}
	data, size := make([]esdb.EventData, len(events)), 0
	for i, m := range sealed {
		raw, err := marshalEvent(m)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", typeOf(m), err)
		}
		data[i] = esdb.EventData{
			EventID: events[i].ID, EventType: typeOf(m), ContentType: esdb.ContentTypeBinary,
			Data: raw, Metadata: metadata,
		}
		size += len(raw) + len(metadata) + 2*len(data[i].EventType)
	}
	if size > maxAppend {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, size)
	}
	return data, nil
}

func typeOf(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }

// checkStream keeps names to printable ASCII, since others break the store's gRPC trailers, and off the store's own.
func checkStream(stream string) error {
	if stream == "" || stream[0] == '$' || len(stream) > 255 {
		return fmt.Errorf("%q is not a name for a stream", stream)
	}
	for i := range len(stream) {
		if stream[i] <= ' ' || stream[i] > '~' {
			return fmt.Errorf("%q is not a name for a stream", stream)
		}
	}
	return nil
}

func isWrongRevision(err error) bool {
	var client *esdb.Error
	return errors.As(err, &client) && client.Code() == esdb.ErrorCodeWrongExpectedVersion
}

// gotRevision finds the actual revision in the client's error, which tells it in words only.
var gotRevision = regexp.MustCompile(`but got '(no_stream|\d+)'`)

func (s *Store) wrongRevision(ctx context.Context, stream string, expected Expected, err error) error {
	wrong := &WrongRevisionError{Stream: stream, Expected: expected, Actual: -1}
	if found := gotRevision.FindStringSubmatch(err.Error()); found != nil {
		if revision, err := strconv.ParseInt(found[1], 10, 64); err == nil {
			wrong.Actual = revision
		}
		return wrong
	}
	// The client has changed its words: ask.
	last := streamRead{stream: stream, count: 1, decoding: decoding{raw: true}}
	last.options = esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}
	err = s.readStream(ctx, last, func(r Recorded) error {
		wrong.Actual = int64(r.Revision)
		return nil
	})
	if err != nil && !errors.Is(err, ErrNoStream) {
		return err
	}
	return wrong
}
