package casework

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/eventstore"
)

// A change is a command on its way into one stream.
type change[S any] struct {
	evolution[S]
	stream string
	origin Origin
	// decide says what the command adds.
	decide func(now time.Time, state S) ([]proto.Message, error)
	// expected is the revision that the caller saw; nil: whatever is there.
	expected *uint64
	// unseen says how many events at the end of the stream nobody needs to have
	// seen; nil: none.
	unseen func(S) uint64
	// said gives the revision of the event that says already what the command
	// says, where that adds nothing; nil, or false: no one event does.
	said func(S) (revision uint64, known bool)
	// exists makes it an error that there is no stream yet.
	exists bool
	// byContent says that the decider itself knows what it saw before, and the
	// request's id says nothing.
	byContent bool
	// kept holds folded streams; nil: the stream is always read.
	kept *lru[*folded[S]]
}

// tries bounds how often a race with other processes is lost in a row.
const tries = 16

var (
	errRaced   = errors.New("the stream changed meanwhile")
	errNothing = errors.New("the command adds nothing")
)

// run carries a change out. A no that rests on a stream in memory is found again
// from a fresh read before it is given, and so is a nothing where the stream has
// moved: memory may be behind what another hub has written.
func run[S any](ctx context.Context, s *Service, c change[S]) (Result, error) {
	for try := range tries {
		if err := stepBack(ctx, try); err != nil {
			return Result{}, err
		}
		f, fresh, err := c.load(ctx, s, try > 0)
		if err != nil {
			return Result{}, err
		}
		result, err := c.attempt(ctx, s, f)
		if errors.Is(err, errRaced) || !fresh && isNo(err) {
			continue
		}
		if !errors.Is(err, errNothing) {
			return result, err
		}
		if !fresh {
			if moved, err := c.moved(ctx, s, f); err != nil {
				return Result{}, err
			} else if moved {
				continue
			}
		}
		return c.nothing(ctx, s, f)
	}
	return Result{}, fmt.Errorf("casework: %s: lost %d races in a row", c.stream, tries)
}

// stepBack waits a little, longer each time, for a change that has lost several
// races. Who wins goes on from memory and who loses has to read first, so a busy
// hub would win over another one for as long as it is busy.
func stepBack(ctx context.Context, try int) error {
	if try < 4 {
		return nil
	}
	return waitUpTo(ctx, min(time.Millisecond<<(try-4), 100*time.Millisecond))
}

// waitUpTo waits for a random time below the longest, which is above zero.
func waitUpTo(ctx context.Context, longest time.Duration) error {
	wait := time.NewTimer(rand.N(longest))
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isNo reports whether an error is an answer, and not a failure.
func isNo(err error) bool {
	_, refused := errors.AsType[*domain.Refusal](err)
	_, conflict := errors.AsType[*ConflictError](err)
	return refused || conflict
}

// moved reports whether the stream has events that were not folded. It costs one
// short read, where to fold the stream again could be a long one.
func (c change[S]) moved(ctx context.Context, s *Service, f *folded[S]) (bool, error) {
	err := s.store.Read(ctx, c.stream, uint64(f.revision+1), func(eventstore.Recorded) error { return errEnough })
	if err == nil || errors.Is(err, errEnough) {
		return err != nil, nil
	}
	return false, fmt.Errorf("casework: read %s: %w", c.stream, err)
}

func (c change[S]) load(ctx context.Context, s *Service, again bool) (f *folded[S], fresh bool, err error) {
	if c.kept != nil && !again {
		if f, found := c.kept.get(c.stream); found {
			return f, false, nil
		}
	}
	f, err = c.read(ctx, s.store, c.stream)
	if err == nil && c.kept != nil && f.revision >= 0 {
		c.kept.put(c.stream, f)
	}
	return f, true, err
}

func (c change[S]) attempt(ctx context.Context, s *Service, f *folded[S]) (Result, error) {
	if c.exists && f.revision < 0 {
		return Result{}, ErrNotFound
	}
	if d, known := f.did(c.origin.RequestID); known && !c.byContent {
		return s.again(ctx, c.stream, d, c.origin)
	}
	if c.expected != nil && !c.saw(f, *c.expected) {
		return Result{}, &ConflictError{Expected: *c.expected, Actual: uint64(max(f.revision, 0))}
	}
	now := s.now(f.last.recordedAt)
	events, err := c.decide(now, f.state)
	if err != nil {
		return Result{}, err
	}
	if len(events) == 0 {
		return Result{}, errNothing
	}
	return c.append(ctx, s, f, now, events)
}

// nothing answers a command that added nothing: with the event that says it, else
// with the stream as it is.
func (c change[S]) nothing(ctx context.Context, s *Service, f *folded[S]) (Result, error) {
	result := f.last.result(c.stream)
	result.Repeated = true
	if c.said == nil {
		return result, nil
	}
	revision, known := c.said(f.state)
	if !known {
		return result, nil
	}
	err := s.store.Read(ctx, c.stream, revision, func(r eventstore.Recorded) error {
		result.EventID, result.Revision, result.Position, result.RecordedAt = r.ID, r.Revision, r.Position.Token(), r.Metadata.RecordedAt
		result.Events = []proto.Message{r.Message}
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return Result{}, fmt.Errorf("casework: read %s: %w", c.stream, err)
	}
	return result, nil
}

// saw reports whether a caller who was at that revision knows the stream as it is.
func (c change[S]) saw(f *folded[S], expected uint64) bool {
	last := f.revision
	if c.unseen != nil && f.revision >= 0 {
		last -= int64(c.unseen(f.state))
	}
	return last <= int64(expected) && int64(expected) <= f.revision
}

// append writes the events at the revision that was folded.
func (c change[S]) append(ctx context.Context, s *Service, f *folded[S], now time.Time, events []proto.Message) (Result, error) {
	expected := eventstore.NoStream()
	if f.revision >= 0 {
		expected = eventstore.Exactly(uint64(f.revision))
	}
	d, err := s.write(ctx, c.stream, expected, c.origin, now, events)
	if wrong, ok := errors.AsType[*eventstore.WrongRevisionError](err); ok {
		return Result{}, fmt.Errorf("%w: at %d, folded at %d", errRaced, wrong.Actual, f.revision)
	}
	if err != nil {
		return Result{}, err
	}
	if c.kept != nil {
		c.keep(f, d, events)
	}
	result := d.result(c.stream)
	result.Events = events
	return result, nil
}

func (c change[S]) keep(f *folded[S], d deed, events []proto.Message) {
	request := c.origin.RequestID
	if c.byContent {
		request = ""
	}
	next, err := c.then(f, request, d, events)
	if err != nil {
		// Cannot fold what was just decided: whoever reads next will say so.
		c.kept.drop(c.stream)
		return
	}
	c.kept.put(c.stream, next)
}

// write appends events under new random ids. Ids made of the request would let
// the store take the append of a repeated request for the first one and answer
// that it was written, with no word that the payload was another or that the
// decision had been different: the store must say no, so that the stream is read.
func (s *Service) write(ctx context.Context, stream string, expected eventstore.Expected, o Origin, now time.Time, messages []proto.Message) (deed, error) {
	events := make([]eventstore.Event, len(messages))
	for i, message := range messages {
		events[i] = eventstore.Event{ID: uuid.New(), Message: message}
	}
	appended, err := s.store.Append(ctx, stream, expected, s.metadata(stream, o, now), events...)
	if err != nil {
		return deed{}, fmt.Errorf("casework: append to %s: %w", stream, err)
	}
	return deed{
		hash:       o.RequestHash,
		event:      events[0].ID,
		first:      appended.Revision - uint64(len(events)-1),
		last:       appended.Revision,
		position:   appended.Position,
		recordedAt: now,
	}, nil
}

func (s *Service) metadata(stream string, o Origin, now time.Time) eventstore.Metadata {
	correlation := o.CorrelationID
	if correlation == "" {
		correlation = strings.TrimPrefix(stream, "contact-")
	}
	return eventstore.Metadata{
		CorrelationID: correlation,
		CausationID:   o.CausationID,
		Actor:         o.Actor,
		Role:          o.Role,
		Team:          o.Team,
		Agency:        o.Agency,
		RequestID:     o.RequestID,
		RequestHash:   o.RequestHash,
		SeenRevision:  o.SeenRevision,
		RecordedAt:    now,
		Profile:       s.profile.String(),
	}
}

// now gives the hub's time, never before the last of a stream: a clock that was
// set back, or another hub's, must not turn the order of a record round.
func (s *Service) now(last time.Time) time.Time {
	now := s.clock().UTC().Round(0)
	if now.Before(last) {
		return last
	}
	return now
}

var errEnough = errors.New("enough was read")

// again gives the answer that a request had the first time.
func (s *Service) again(ctx context.Context, stream string, d deed, o Origin) (Result, error) {
	if d.hash != o.RequestHash {
		return Result{}, &ReusedError{Stream: stream}
	}
	result := d.result(stream)
	result.Repeated = true
	err := s.store.Read(ctx, stream, d.first, func(r eventstore.Recorded) error {
		if r.Revision > d.last {
			return errEnough
		}
		result.Events = append(result.Events, r.Message)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return Result{}, fmt.Errorf("casework: read %s: %w", stream, err)
	}
	return result, nil
}
