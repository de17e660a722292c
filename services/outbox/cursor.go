package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/eventstore"
)

const (
	// quietEvents is after how many events that are not the agency's a cursor is noted: a restart does not read them again.
	quietEvents = 5000
	// noteAfter is how long a cursor waits on the machine's clock when little is published.
	noteAfter = 5 * time.Second
	// lastNote bounds the note at the end.
	lastNote = 5 * time.Second
)

// noted is what happened since the last note of a cursor.
type noted struct {
	published, passed int
	at                time.Time
}

// Stream is where an agency's cursor is noted.
func Stream(agency string) string { return "outbox-" + agency }

// resume begins where the last outbox of this agency noted that it was.
func (f *feed) resume(ctx context.Context) error {
	f.last, f.at = 0, time.Now()
	err := f.Store.ReadBackwards(ctx, Stream(f.agency.ID), 1, func(r eventstore.Recorded) (err error) {
		e, ok := r.Message.(*eventpb.OutboxAdvanced)
		if !ok {
			return fmt.Errorf("%w: %s in %s", eventstore.ErrMalformed, r.Type, r.Stream)
		}
		f.last = e.GetOutSequence()
		f.from, err = f.Store.ParseToken(e.GetPosition())
		return err
	})
	if err != nil && !errors.Is(err, eventstore.ErrNoStream) {
		return fmt.Errorf("read the cursor of %s: %w", f.agency.ID, err)
	}
	f.position = f.from
	return nil
}

// noteSometimes notes the cursor when it is worth an event. Between two notes nothing is lost: OUT holds what was published.
func (f *feed) noteSometimes(ctx context.Context) {
	if f.published >= f.NoteEvery || f.passed >= quietEvents || f.published > 0 && time.Since(f.at) >= noteAfter {
		f.note(ctx)
	}
}

func (f *feed) noteLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastNote)
	defer cancel()
	if f.published > 0 {
		f.note(ctx)
	}
}

// note appends at any revision: of two outboxes the slower may note an earlier cursor after the faster, and each is true by itself.
func (f *feed) note(ctx context.Context) {
	if f.position.IsZero() {
		return
	}
	now := f.Now().UTC()
	e := &eventpb.OutboxAdvanced{
		Agency: f.agency.ID, Position: f.position.Token(), OutSequence: f.settled(), NotedAt: timestamppb.New(now),
	}
	meta := eventstore.Metadata{Actor: "hub:outbox", Role: string(access.Hub), RecordedAt: now}
	if _, err := f.Store.Append(ctx, Stream(f.agency.ID), eventstore.AnyRevision(), meta, eventstore.Event{ID: uuid.New(), Message: e}); err != nil {
		f.log.Warn("the cursor was not noted; it is tried again with the next messages", "error", err)
		return
	}
	f.noted = noted{at: time.Now()}
}

// settled is the sequence up to which OUT holds nothing of events to come. It stays before what another outbox has published ahead of us, and
// before what was published of an event that is not yet told in full.
func (f *feed) settled() uint64 {
	settled := f.last
	for _, sequence := range f.held {
		settled = min(settled, sequence-1)
	}
	return settled
}
