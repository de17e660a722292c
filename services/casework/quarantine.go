package casework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/services/domain/quarantine"
	"github.com/openmash/mash/services/eventstore"
)

// QuarantineMessage records a message that cannot be accepted. Its id is made of
// its key and its bytes, and it is on record once: the request's id says nothing
// here, for one reason to be here is that it was used for another message.
// Errors are a *domain.Refusal or something that may be tried again.
func (s *Service) QuarantineMessage(ctx context.Context, cmd quarantine.Quarantine, o Origin) (Result, error) {
	return s.quarantine(ctx, cmd, o, true)
}

// RetryQuarantined records that a message is put back on its agency's stream; to
// put it there is the caller's part, and is done again when the result is
// repeated and the bytes are still there. Errors are a *domain.Refusal, a *ReusedError, or something that may
// be tried again.
func (s *Service) RetryQuarantined(ctx context.Context, cmd quarantine.Retry, o Origin) (Result, error) {
	return s.quarantine(ctx, cmd, o, false)
}

// DiscardQuarantined records that a message's bytes are discarded; to delete them
// is the caller's part, also when the result is repeated. Errors are as those of
// RetryQuarantined.
func (s *Service) DiscardQuarantined(ctx context.Context, cmd quarantine.Discard, o Origin) (Result, error) {
	return s.quarantine(ctx, cmd, o, false)
}

func (s *Service) quarantine(ctx context.Context, cmd quarantine.Command, o Origin, byContent bool) (Result, error) {
	stream := quarantine.Stream(cmd.Of())
	giveBack, err := s.turns.take(ctx, stream)
	if err != nil {
		return Result{}, err
	}
	defer giveBack()
	return run(ctx, s, change[quarantine.State]{
		evolution: evolution[quarantine.State]{initial: quarantine.Initial, evolve: quarantine.Evolve},
		stream:    stream,
		origin:    o,
		byContent: byContent,
		kept:      s.quarantines,
		decide: func(now time.Time, state quarantine.State) ([]proto.Message, error) {
			return quarantine.Decide(cmd.At(now), state)
		},
	})
}

// ListQuarantine gives an agency's quarantined messages, the oldest first; none
// for an agency without any.
func (s *Service) ListQuarantine(ctx context.Context, agency string) ([]quarantine.Item, error) {
	var list quarantine.List
	err := s.store.Read(ctx, quarantine.Stream(agency), 0, func(r eventstore.Recorded) error { return list.Fold(r.Message) })
	if err != nil && !errors.Is(err, eventstore.ErrNoStream) {
		return nil, fmt.Errorf("casework: read the quarantine of %s: %w", agency, err)
	}
	return list.Items(), nil
}
