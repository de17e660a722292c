package auditapi

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/rpc"
)

// A display shows events to one caller, each made once however often it is shown. Data goes into it up to pageBytes: what is beyond comes
// without.
type display struct {
	opened bool
	size   int
	made   map[uint64]made // by revision
}

// made is an event as it is shown, without its data, and the data apart; size is of both.
type made struct {
	bare *auditpb.RecordedEvent
	data protoreflect.RawFields
	size int
}

// whole gives the event with its data. Metadata and data are Structs that are encoded already: they go in as raw fields, which is what
// they are on the wire.
func (m made) whole() *auditpb.RecordedEvent {
	event := proto.CloneOf(m.bare)
	event.ProtoReflect().SetUnknown(slices.Concat(event.ProtoReflect().GetUnknown(), m.data))
	return event
}

func newDisplay(ctx context.Context) *display {
	return &display{opened: rpc.CallerFrom(ctx).May(access.ContactRead), made: map[uint64]made{}}
}

func (d *display) make(e eventstore.Recorded) (m made, err error) {
	if m.bare, m.data, err = show(e, d.opened); err != nil {
		return made{}, fmt.Errorf("show revision %d: %w", e.Revision, err)
	}
	m.size = proto.Size(m.bare) + len(m.data)
	return m, nil
}

func (d *display) one(e eventstore.Recorded) (*auditpb.RecordedEvent, error) {
	m, found := d.made[e.Revision]
	if !found {
		var err error
		if m, err = d.make(e); err != nil {
			return nil, err
		}
		d.made[e.Revision] = m
	}
	if d.size+m.size <= pageBytes {
		d.size += m.size
		return m.whole(), nil
	}
	return m.bare, nil
}

// makeAll makes those events that are not made yet, side by side: a history of hundreds takes milliseconds.
func (d *display) makeAll(all []eventstore.Recorded) error {
	const share = 32
	var events []eventstore.Recorded
	for _, e := range all {
		if _, found := d.made[e.Revision]; !found {
			events = append(events, e)
		}
	}
	ready := make([]made, len(events))
	var parts errgroup.Group
	parts.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < len(events); from += share {
		parts.Go(func() (err error) {
			for i := from; i < min(from+share, len(events)) && err == nil; i++ {
				ready[i], err = d.make(events[i])
			}
			return err
		})
	}
	if err := parts.Wait(); err != nil {
		return err
	}
	for i, e := range events {
		d.made[e.Revision] = ready[i]
	}
	return nil
}

func (d *display) all(events []eventstore.Recorded) ([]*auditpb.RecordedEvent, error) {
	if err := d.makeAll(events); err != nil {
		return nil, err
	}
	var all []*auditpb.RecordedEvent
	for _, e := range events {
		shown, err := d.one(e)
		if err != nil {
			return nil, err
		}
		all = append(all, shown)
	}
	return all, nil
}

// The fields of mash.audit.v1.RecordedEvent that hold Structs.
const (
	dataField     protowire.Number = 6
	metadataField protowire.Number = 7
)

// show gives an event as it stands on record, and its data apart. The error holds nothing of the event's content.
func show(e eventstore.Recorded, opened bool) (*auditpb.RecordedEvent, protoreflect.RawFields, error) {
	shown := &auditpb.RecordedEvent{
		EventId: e.ID.String(), Stream: e.Stream, Revision: e.Revision, Position: e.Position.Token(), Type: e.Type,
		RecordedAt: timestamppb.New(e.Metadata.RecordedAt), Occurred: occurrence(e.Message),
	}
	metadata, err := nested(nil, metadataField, func(b []byte) ([]byte, error) { return appendJSON(b, e.RawMetadata) })
	if err != nil {
		return nil, nil, fmt.Errorf("read metadata: %T", err) // the parser's text quotes what it read
	}
	shown.ProtoReflect().SetUnknown(metadata)
	message := e.Message
	if !opened { // as the bytes on record have them, its parts are sealed
		if message, err = eventstore.UnmarshalEvent(e.Type, e.Raw); err != nil {
			return nil, nil, err
		}
	}
	data, err := nested(nil, dataField, func(b []byte) ([]byte, error) { return appendPlain(b, message.ProtoReflect()) })
	if err != nil {
		return nil, nil, fmt.Errorf("show %s: %T", e.Type, err)
	}
	return shown, data, nil
}

// canonical writes a validated UUID in the one form that names streams: validation accepts both cases.
func canonical(uuid string) string { return strings.ToLower(uuid) }
