package auditapi

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
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

// made is an event as it is shown, and its size.
type made struct {
	event *auditpb.RecordedEvent
	size  int
}

func newDisplay(ctx context.Context) *display {
	return &display{opened: rpc.CallerFrom(ctx).May(access.ContactRead), made: map[uint64]made{}}
}

func (d *display) make(e eventstore.Recorded) (made, error) {
	shown, err := show(e, d.opened)
	if err != nil {
		return made{}, fmt.Errorf("show revision %d: %w", e.Revision, err)
	}
	return made{shown, size(shown)}, nil
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
		return m.event, nil
	}
	bare := &auditpb.RecordedEvent{
		EventId: m.event.EventId, Stream: m.event.Stream, Revision: m.event.Revision, Position: m.event.Position, Type: m.event.Type,
		RecordedAt: m.event.RecordedAt, Occurred: m.event.Occurred, Metadata: m.event.Metadata,
	}
	return bare, nil
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

// show gives an event as it stands on record. The error holds nothing of the event's content.
func show(e eventstore.Recorded, opened bool) (*auditpb.RecordedEvent, error) {
	shown := &auditpb.RecordedEvent{
		EventId: e.ID.String(), Stream: e.Stream, Revision: e.Revision, Position: e.Position.Token(), Type: e.Type,
		RecordedAt: timestamppb.New(e.Metadata.RecordedAt), Occurred: occurrence(e.Message),
	}
	var err error
	if shown.Metadata, err = plainJSON(e.RawMetadata); err != nil {
		return nil, fmt.Errorf("read metadata: %T", err) // the parser's text quotes what it read
	}
	message := e.Message
	if !opened {
		sealed, err := asStored(e)
		if err != nil {
			return nil, err
		}
		message = sealed
	}
	if shown.Data, err = plain(message.ProtoReflect()); err != nil {
		return nil, fmt.Errorf("show %s: %T", e.Type, err)
	}
	return shown, nil
}

// asStored gives the message with its parts sealed, as the bytes on record have them.
func asStored(e eventstore.Recorded) (proto.Message, error) {
	message, err := eventstore.NewMessage(e.Type)
	if err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(e.Raw, message); err != nil {
		return nil, fmt.Errorf("decode %s: %w", e.Type, err)
	}
	return message, nil
}

// canonical writes a validated UUID in the one form that names streams: validation accepts both cases.
func canonical(uuid string) string { return strings.ToLower(uuid) }
