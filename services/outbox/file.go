package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

// A file is what is read of a contact in order to tell agencies of its events. What it holds of people stays sealed: only what goes into a
// message is opened, when it does.
type file struct {
	mu     sync.Mutex
	stream string
	// next is the revision that was not read yet.
	next     uint64
	state    contact.State
	received *eventpb.ContactReceived
	// told are the events that agencies are told of, by revision.
	told map[uint64]proto.Message
	// requests and decisions are by contact-local id, sign-offs by that of their decision.
	requests  map[string]*eventpb.InformationRequested
	decisions map[string]*eventpb.ContactDecided
	signOffs  map[string]*eventpb.DecisionSignedOff
}

func newFile(stream string) *file {
	return &file{
		stream: stream, state: contact.Initial(), told: map[uint64]proto.Message{}, requests: map[string]*eventpb.InformationRequested{},
		decisions: map[string]*eventpb.ContactDecided{}, signOffs: map[string]*eventpb.DecisionSignedOff{},
	}
}

// read goes on to the end of the contact as it is now, and not as it was at the event that an agency is told of: what has been taken back
// since is not sent. It is called with mu held.
func (c *file) read(ctx context.Context, store *eventstore.Store) error {
	var unfoldable error
	err := store.ReadSealed(ctx, c.stream, c.next, func(r eventstore.Recorded) error {
		var state contact.State
		if state, unfoldable = contact.Evolve(c.state, r.Message); unfoldable != nil {
			return unfoldable
		}
		c.state, c.next = state, r.Revision+1
		c.take(r)
		return nil
	})
	if err != nil && unfoldable == nil && !errors.Is(err, eventstore.ErrMalformed) && !errors.Is(err, eventstore.ErrUnknownEvent) {
		err = errors.Join(errLater, err) // the store is away
	}
	if err != nil {
		return fmt.Errorf("read a contact to tell of it: %w", err)
	}
	if c.received == nil {
		return fmt.Errorf("%w: %s has no receipt", eventstore.ErrMalformed, c.stream)
	}
	return nil
}

func (c *file) take(r eventstore.Recorded) {
	switch e := r.Message.(type) {
	case *eventpb.ContactReceived:
		c.received = e
	case *eventpb.InformationRequested:
		c.requests[e.GetRequestId()] = e
	case *eventpb.InformationRequestChased, *eventpb.ReferrerAnswered:
		c.told[r.Revision] = e
	case *eventpb.ContactDecided:
		c.decisions[e.GetDecisionId()] = e
	case *eventpb.DecisionSignedOff:
		c.signOffs[e.GetDecisionId()] = e
	}
}

// opened gives a copy of an event of the contact with its parts opened; of a part whose key was destroyed, that it was.
func opened[E proto.Message](ctx context.Context, store *eventstore.Store, c *file, event E) (E, error) {
	open := proto.CloneOf(event)
	if err := store.OpenParts(ctx, c.stream, open); err != nil {
		if !errors.Is(err, eventstore.ErrMalformed) {
			err = errors.Join(errLater, err) // the keys are away
		}
		return open, fmt.Errorf("open what an agency is told: %w", err)
	}
	return open, nil
}
