package auditapi

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/rpc"
)

// A display shows events to one caller. They are encoded at once as fields of the answer, and go into it raw: that is what they are on
// the wire, and an answer has hundreds.
type display struct {
	opened bool
	shapes *shapes
	fields protoreflect.RawFields
	whole  int    // bytes of events with their data
	event  []byte // the last one, and its message's own encoding
	wire   []byte
}

// newDisplay gives a display with room for a history: shown, events take about twice what they take on record.
func (s *service) newDisplay(ctx context.Context, h history) *display {
	room := 0
	for _, e := range h {
		room += 2 * (len(e.Raw) + len(e.RawMetadata))
	}
	return &display{
		opened: rpc.CallerFrom(ctx).May(access.ContactRead), shapes: &s.shapes,
		fields: make(protoreflect.RawFields, 0, min(room, pageBytes)),
	}
}

// into gives the answer the events.
func (d *display) into(answer proto.Message) { answer.ProtoReflect().SetUnknown(d.fields) }

// show shows events as a field of the answer: with their data up to pageBytes, and without what is beyond.
func (d *display) show(field protowire.Number, events ...eventstore.Recorded) error {
	for _, e := range events {
		bare, whole, err := d.encode(e)
		if err != nil {
			return err
		}
		if d.whole+len(whole) > pageBytes {
			d.add(field, bare)
			continue
		}
		d.whole += len(whole)
		d.add(field, whole)
	}
	return nil
}

func (d *display) add(field protowire.Number, event []byte) {
	d.fields = protowire.AppendBytes(protowire.AppendTag(d.fields, field, protowire.BytesType), event)
}

// The fields of mash.audit.v1.RecordedEvent that hold Structs.
const (
	dataField     protowire.Number = 6
	metadataField protowire.Number = 7
)

// encode gives an event as it stands on record, without its data and with it, until the next is encoded. The error holds nothing of the
// event's content.
func (d *display) encode(e eventstore.Recorded) (bare, whole []byte, err error) {
	b, err := proto.MarshalOptions{}.MarshalAppend(d.event[:0], &auditpb.RecordedEvent{
		EventId: e.ID.String(), Stream: e.Stream, Revision: e.Revision, Position: e.Position.Token(), Type: e.Type,
		RecordedAt: timestamppb.New(e.Metadata.RecordedAt), Occurred: occurrence(e.Message),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("show revision %d: %T", e.Revision, err)
	}
	b, metadata := open(b, metadataField)
	if b, err = appendMetadata(b, e.RawMetadata); err != nil {
		return nil, nil, fmt.Errorf("show revision %d: read metadata: %T", e.Revision, err) // the parser's text quotes what it read
	}
	b = shut(b, metadata)
	size := len(b)
	b, data := open(b, dataField)
	if b, err = d.appendData(b, e); err != nil {
		return nil, nil, fmt.Errorf("show revision %d: %s: %T", e.Revision, e.Type, err)
	}
	d.event = shut(b, data)
	return d.event[:size], d.event, nil
}

func (d *display) appendData(b []byte, e eventstore.Recorded) (_ []byte, err error) {
	message := e.Message
	if !d.opened { // as the bytes on record have them, its parts are sealed
		if message, err = eventstore.UnmarshalEvent(e.Type, e.Raw); err != nil {
			return nil, err
		}
	}
	of, err := d.shapes.of(message.ProtoReflect().Descriptor())
	if err != nil {
		return nil, err
	}
	if d.wire, err = (proto.MarshalOptions{}).MarshalAppend(d.wire[:0], message); err != nil {
		return nil, err
	}
	return of.appendPlain(b, d.wire)
}

// canonical writes a validated UUID in the one form that names streams: validation accepts both cases.
func canonical(uuid string) string { return strings.ToLower(uuid) }
