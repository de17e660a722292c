package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// Sizes of the pieces in which a read is handed from the goroutine that receives to the one that decodes.
const (
	chunkEvents = 256
	chunkBytes  = 512 << 10
)

// everything is more events than there are.
const everything = math.MaxInt64

// errStop ends a read early and is no error.
var errStop = errors.New("stop")

// Read calls fn for each event of a stream from a revision on, in order, with its parts opened. It fails with ErrNoStream
// when there is no such stream, with ErrUnknownEvent at an event it does not know, and with fn's error.
func (s *Store) Read(ctx context.Context, stream string, from uint64, fn func(Recorded) error) error {
	options := esdb.ReadStreamOptions{From: esdb.Revision(from)}
	return s.readStream(ctx, streamRead{stream: stream, options: options, count: everything}, fn)
}

// ReadSealed is Read with the parts of events left sealed, for who needs none of them, or few: see OpenParts.
func (s *Store) ReadSealed(ctx context.Context, stream string, from uint64, fn func(Recorded) error) error {
	options := esdb.ReadStreamOptions{From: esdb.Revision(from)}
	return s.readStream(ctx, streamRead{stream: stream, options: options, count: everything, decoding: decoding{sealed: true}}, fn)
}

// ReadBackwards calls fn for the last events of a stream, max at most, the last one first. It fails as Read does.
func (s *Store) ReadBackwards(ctx context.Context, stream string, max int, fn func(Recorded) error) error {
	if max <= 0 {
		return nil
	}
	options := esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}
	return s.readStream(ctx, streamRead{stream: stream, options: options, count: uint64(max)}, fn)
}

// ReadAll calls fn for every event of the store after a position, in order, with its parts opened: the store's own
// events and those of unknown types too, which come without a Message. It ends at what was the end when it got there.
func (s *Store) ReadAll(ctx context.Context, after Position, fn func(Recorded) error) error {
	if err := s.mine(after); err != nil {
		return fmt.Errorf("read all: %w", err)
	}
	options := esdb.ReadAllOptions{From: esdb.Start{}}
	if !after.IsZero() {
		options.From = wirePosition(after)
	}
	open := func(ctx context.Context, c *esdb.Client) (*esdb.ReadStream, error) {
		return c.ReadAll(ctx, options, everything)
	}
	err := s.pull(ctx, open, decoding{lenient: true}, func(r Recorded) error {
		if r.Position.Compare(after) <= 0 { // the store begins with the event at the position
			return nil
		}
		return fn(r)
	})
	if err != nil {
		return fmt.Errorf("read all: %w", err)
	}
	return nil
}

func wirePosition(p Position) esdb.Position {
	return esdb.Position{Commit: uint64(p.ordinal), Prepare: uint64(p.ordinal)}
}

// A streamRead says what to read of one stream, and how far to decode it.
type streamRead struct {
	stream  string
	options esdb.ReadStreamOptions
	count   uint64
	decoding
}

func (s *Store) readStream(ctx context.Context, r streamRead, fn func(Recorded) error) error {
	open := func(ctx context.Context, c *esdb.Client) (*esdb.ReadStream, error) {
		return c.ReadStream(ctx, r.stream, r.options, r.count)
	}
	if err := s.pull(ctx, open, r.decoding, fn); err != nil {
		return fmt.Errorf("read %s: %w", r.stream, err)
	}
	return nil
}

// A chunk is a piece of a read, or its end.
type chunk struct {
	events []*esdb.RecordedEvent
	err    error // io.EOF at a good end
}

type opener func(context.Context, *esdb.Client) (*esdb.ReadStream, error)

// pull receives in a goroutine on the client and decodes and calls fn in its own, so that the two overlap and neither a
// hung client nor a slow store holds the caller for longer than a call may take without news.
func (s *Store) pull(ctx context.Context, open opener, d decoding, fn func(Recorded) error) error {
	chunks := make(chan chunk, 2)
	k, stop, err := s.links.start(ctx, func(ctx context.Context, c *esdb.Client) { receive(ctx, c, open, chunks) })
	if err != nil {
		return err
	}
	defer stop()
	timer := time.NewTimer(s.config.CallTimeout)
	defer timer.Stop()
	for {
		var next chunk
		select {
		case next = <-chunks:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.life.Done():
			return ErrClosed
		case <-timer.C:
			s.links.suspect(k)
			return fmt.Errorf("%w: no news for %v", ErrUnavailable, s.config.CallTimeout)
		}
		if err := s.handOver(ctx, next.events, d, fn); err != nil {
			if errors.Is(err, errStop) {
				return nil
			}
			return err
		}
		if next.err == io.EOF {
			return nil
		}
		if next.err != nil {
			s.links.judge(k, next.err)
			return s.links.explain(ctx, next.err)
		}
		timer.Reset(s.config.CallTimeout)
	}
}

func (s *Store) handOver(ctx context.Context, events []*esdb.RecordedEvent, d decoding, fn func(Recorded) error) error {
	recorded, failed := s.decode(ctx, events, d)
	for _, r := range recorded {
		if err := fn(r); err != nil {
			return err
		}
	}
	return failed
}

// receive sends what a read yields, in pieces, and its end last.
func receive(ctx context.Context, c *esdb.Client, open opener, chunks chan<- chunk) {
	send := func(piece chunk) bool {
		select {
		case chunks <- piece:
			return true
		case <-ctx.Done():
			return false
		}
	}
	stream, err := open(ctx, c)
	if err != nil {
		send(chunk{err: err})
		return
	}
	defer stream.Close()
	var piece chunk
	size := 0
	for {
		event, err := stream.Recv()
		if err != nil {
			piece.err = err
			send(piece)
			return
		}
		original := event.OriginalEvent()
		if original == nil {
			continue
		}
		piece.events = append(piece.events, original)
		size += len(original.Data) + len(original.UserMetadata)
		if len(piece.events) >= chunkEvents || size >= chunkBytes {
			if !send(piece) {
				return
			}
			piece, size = chunk{events: make([]*esdb.RecordedEvent, 0, chunkEvents)}, 0
		}
	}
}
