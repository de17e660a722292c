package outbox

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

// A file is what is read of a contact in order to tell an agency of one of its events.
type file struct {
	state    contact.State
	received *eventpb.ContactReceived
	// event is the one the agency is told of, readable.
	event proto.Message
	// requests and decisions are by contact-local id, sign-offs by that of their decision.
	requests  map[string]*eventpb.InformationRequested
	decisions map[string]*eventpb.ContactDecided
	signOffs  map[string]*eventpb.DecisionSignedOff
}

// read takes the contact as it is now and not as it was at the event: what has been taken back since is not sent.
func (f *feed) read(ctx context.Context, r eventstore.Recorded) (*file, error) {
	c := &file{
		state: contact.Initial(), requests: map[string]*eventpb.InformationRequested{},
		decisions: map[string]*eventpb.ContactDecided{}, signOffs: map[string]*eventpb.DecisionSignedOff{},
	}
	var unfoldable error
	err := f.Store.Read(ctx, r.Stream, 0, func(on eventstore.Recorded) error {
		if c.state, unfoldable = contact.Evolve(c.state, on.Message); unfoldable != nil {
			return unfoldable
		}
		if on.Revision == r.Revision {
			c.event = on.Message
		}
		c.take(on.Message)
		return nil
	})
	if err != nil && unfoldable == nil && !errors.Is(err, eventstore.ErrMalformed) && !errors.Is(err, eventstore.ErrUnknownEvent) {
		err = errors.Join(errLater, err) // the store or the keys are away
	}
	if err != nil {
		return nil, fmt.Errorf("read a contact to tell of it: %w", err)
	}
	if c.received == nil || c.event == nil {
		return nil, fmt.Errorf("%w: %s has no receipt, or no revision %d", eventstore.ErrMalformed, r.Stream, r.Revision)
	}
	return c, nil
}

func (c *file) take(event proto.Message) {
	switch e := event.(type) {
	case *eventpb.ContactReceived:
		c.received = e
	case *eventpb.InformationRequested:
		c.requests[e.GetRequestId()] = e
	case *eventpb.ContactDecided:
		c.decisions[e.GetDecisionId()] = e
	case *eventpb.DecisionSignedOff:
		c.signOffs[e.GetDecisionId()] = e
	}
}
