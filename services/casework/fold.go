package casework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/services/eventstore"
)

// folded is one stream as it was read: a decider's state, and what is needed to
// append to it.
type folded[S any] struct {
	state S
	// revision is the last event's, -1 where there is no stream.
	revision int64
	// requests are those that were on record when the stream was read, by their
	// ids, and since those that this process has appended.
	requests map[string]deed
	since    *appended
	last     deed
}

// appended is what one request did, in front of what was appended before it: a
// stream that goes on shares all that it has with the one it goes on from, and
// neither changes it. To copy the ids instead took an eighth of all the memory
// that commands on a busy contact take. Once in so many appends they are copied
// all the same, so that a stream that never ends is not walked from end to end.
type appended struct {
	request string
	deed    deed
	before  *appended
	count   int // of this and those before
}

const mostAppended = 64

// with is f's requests and one more.
func (f *folded[S]) with(request string, d deed) (map[string]deed, *appended) {
	next := &appended{request: request, deed: d, before: f.since, count: 1}
	if f.since != nil {
		next.count += f.since.count
	}
	if next.count < mostAppended {
		return f.requests, next
	}
	all := map[string]deed{}
	for a := next; a != nil; a = a.before {
		if _, later := all[a.request]; !later {
			all[a.request] = a.deed
		}
	}
	for request, d := range f.requests {
		if _, later := all[request]; !later {
			all[request] = d
		}
	}
	return all, nil
}

// did gives what a request did, where it is on record.
func (f *folded[S]) did(request string) (d deed, known bool) {
	for a := f.since; a != nil; a = a.before {
		if a.request == request {
			return a.deed, true
		}
	}
	d, known = f.requests[request]
	return d, known
}

// deed is what a request did: the events from first to last.
type deed struct {
	hash        string
	event       uuid.UUID
	first, last uint64
	position    eventstore.Position
	recordedAt  time.Time
}

func (d deed) result(stream string) Result {
	return Result{Stream: stream, EventID: d.event, Revision: d.last, Position: d.position.Token(), RecordedAt: d.recordedAt}
}

// evolution is the part of a decider that folds.
type evolution[S any] struct {
	initial func() S
	evolve  func(S, proto.Message) (S, error)
}

// read folds a stream from its beginning. Where there is none it is empty, at
// revision -1.
func (e evolution[S]) read(ctx context.Context, store *eventstore.Store, stream string) (*folded[S], error) {
	f := &folded[S]{state: e.initial(), revision: -1, requests: map[string]deed{}}
	err := store.Read(ctx, stream, 0, func(r eventstore.Recorded) error {
		var err error
		if f.state, err = e.evolve(f.state, r.Message); err != nil {
			return err
		}
		f.note(r)
		return nil
	})
	if err != nil && !errors.Is(err, eventstore.ErrNoStream) {
		return nil, fmt.Errorf("casework: read %s: %w", stream, err)
	}
	return f, nil
}

// note adds what an event says of the request it came from. The events of one
// request follow each other, as they were appended together.
func (f *folded[S]) note(r eventstore.Recorded) {
	f.revision = int64(r.Revision)
	d, begun := f.requests[r.Metadata.RequestID]
	if !begun {
		d = deed{hash: r.Metadata.RequestHash, event: r.ID, first: r.Revision, recordedAt: r.Metadata.RecordedAt}
	}
	d.last, d.position = r.Revision, r.Position
	f.last = d
	if r.Metadata.RequestID != "" {
		f.requests[r.Metadata.RequestID] = d
	}
}

// then gives the stream as it is after an append. It leaves f as it was where
// evolve does: contacts are read by several at once, and theirs does.
func (e evolution[S]) then(f *folded[S], request string, d deed, events []proto.Message) (*folded[S], error) {
	next := &folded[S]{state: f.state, revision: int64(d.last), requests: f.requests, since: f.since, last: d}
	if request != "" {
		next.requests, next.since = f.with(request, d)
	}
	for _, event := range events {
		var err error
		if next.state, err = e.evolve(next.state, event); err != nil {
			return nil, err
		}
	}
	return next, nil
}
