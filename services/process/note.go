package process

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

// Stream is where it is noted from where a start has to read.
const Stream = "process-clocks"

// clocksKept goes up when due times are looked for that were not before: those of events up to an earlier note were passed over. Of 0 are the
// notes of releases that knew no written forms and no notifications of schools.
const clocksKept = 1

// lastNote bounds the note at the end.
const lastNote = 5 * time.Second

// resume reads the last note. One that is of no use here (of another store, beyond the end of one that was restored, or of a release that kept
// other clocks) means to read from the beginning: what lapsed before is known by its request's id.
func (p *Process) resume(ctx context.Context) (eventstore.Position, error) {
	var token string
	err := p.Store.ReadBackwards(ctx, Stream, 1, func(r eventstore.Recorded) error {
		e, ok := r.Message.(*eventpb.ProcessAdvanced)
		if !ok {
			return fmt.Errorf("%w: %s in %s", eventstore.ErrMalformed, r.Type, r.Stream)
		}
		if e.GetClocks() == clocksKept {
			token = e.GetPosition()
		}
		return nil
	})
	if errors.Is(err, eventstore.ErrNoStream) {
		return eventstore.Position{}, nil
	}
	if err != nil {
		return eventstore.Position{}, fmt.Errorf("read the last note: %w", err)
	}
	if token == "" {
		return eventstore.Position{}, nil
	}
	at, err := p.Store.ParseToken(token)
	if err != nil {
		return eventstore.Position{}, nil
	}
	head, err := p.Store.Head(ctx)
	if err != nil {
		return eventstore.Position{}, fmt.Errorf("compare the last note: %w", err)
	}
	if at.Compare(head) > 0 {
		return eventstore.Position{}, nil
	}
	return at, nil
}

func (p *Process) noteSometimes(ctx context.Context) {
	p.mu.Lock()
	worth := p.since >= p.NoteEvery
	p.mu.Unlock()
	if worth {
		p.note(ctx)
	}
}

func (p *Process) noteLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastNote)
	defer cancel()
	p.note(ctx)
}

// note appends at any revision: of two processes each notes what is true by itself.
func (p *Process) note(ctx context.Context) {
	p.mu.Lock()
	low := p.timers.low(p.position)
	p.since = 0
	p.mu.Unlock()
	if low.Compare(p.noted) <= 0 {
		return
	}
	now := p.Now().UTC()
	e := &eventpb.ProcessAdvanced{Position: low.Token(), NotedAt: timestamppb.New(now), Clocks: clocksKept}
	meta := eventstore.Metadata{Actor: "hub:process", Role: string(access.Hub), RecordedAt: now}
	if _, err := p.Store.Append(ctx, Stream, eventstore.AnyRevision(), meta, eventstore.Event{ID: uuid.New(), Message: e}); err != nil {
		p.Logger.Warn("it was not noted how far the clocks are; the next start reads more", "error", err)
		return
	}
	p.noted = low
}
