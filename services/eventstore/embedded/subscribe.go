package embedded

import (
	"errors"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
)

// A subscription reads the log at its own pace and waits for a bell at its end.
// There is no buffer between writer and subscriber: catching up and being live
// differ only in how far behind the reader is.

// liveLag is how many messages a live subscription may find at one look at the log
// before it counts as having fallen behind, so that its arrival at the end is told
// again. EventStoreDB's live buffer overflows likewise, after fewer.
const liveLag = 4096

// allStart is the position after which a subscription to $all begins: positions
// are exclusive here. End is told apart by the caller's clock: now.
func allStart(o *streams.ReadReq_Options_AllOptions) startAfter {
	switch from := o.GetAllOption().(type) {
	case *streams.ReadReq_Options_AllOptions_Start:
		return startAfter{ok: true}
	case *streams.ReadReq_Options_AllOptions_End:
		return startAfter{ok: true, end: true}
	case *streams.ReadReq_Options_AllOptions_Position:
		return startAfter{ok: true, pos: from.Position.GetCommitPosition()}
	}
	return startAfter{}
}

type startAfter struct {
	ok, end bool
	pos     uint64
}

// subscribeAll follows $all.
func (s *Store) subscribeAll(to streams.Streams_ReadServer, from startAfter, view viewing, w *window) error {
	if !from.ok {
		return invalid("the subscription does not say where to start")
	}
	if from.end {
		from.pos = s.committed.Load()
	}
	if from.pos == math.MaxUint64 {
		from.pos--
	}
	cur := allCursor{s: s, view: view, next: from.pos + 1, remaining: unlimited, window: w}
	f := follower{
		s: s, to: to, window: w, wait: s.bells.wait,
		fill:     func(c *chunk, upTo uint64) (bool, error) { return cur.fill(c, upTo) },
		position: func() uint64 { return cur.next - 1 },
	}
	return f.run()
}

// subscribeStream follows one stream, which need not exist yet.
func (s *Store) subscribeStream(to streams.Streams_ReadServer, name string, o *streams.ReadReq_Options_StreamOptions, view viewing) error {
	cur := streamCursor{s: s, stream: name, view: view, remaining: unlimited}
	switch from := o.GetRevisionOption().(type) {
	case *streams.ReadReq_Options_StreamOptions_Start:
	case *streams.ReadReq_Options_StreamOptions_End:
		next, err := s.afterLast(name)
		if err != nil {
			return err
		}
		cur.next = next
	case *streams.ReadReq_Options_StreamOptions_Revision:
		cur.next = int64(min(from.Revision, math.MaxInt64-1)) + 1
	default:
		return invalid("the subscription does not say where to start")
	}
	s.bells.join(name)
	defer s.bells.leave(name)
	f := follower{
		s: s, to: to, wait: func() <-chan struct{} { return s.bells.waitStream(name) },
	}
	f.fill = func(c *chunk, upTo uint64) (bool, error) {
		// A stream that had ended before is not worth its tombstone.
		cur.live = f.live
		more, err := cur.fill(c, upTo)
		switch {
		case errors.Is(err, errStreamNotFound):
			return false, nil
		case errors.Is(err, errStreamDeleted):
			return false, errors.Join(c.send(to), deletedFailure(name))
		}
		return more, err
	}
	return f.run()
}

// afterLast is the revision that the next event of a stream will have.
func (s *Store) afterLast(stream string) (next int64, err error) {
	it, err := s.streamIter()
	if err != nil {
		return 0, err
	}
	defer func() { err = s.closeIter(it, err) }()
	v, err := s.view(it, stream, s.committed.Load())
	return v.last + 1, err
}

// follower is what both kinds of subscription share.
type follower struct {
	s        *Store
	to       streams.Streams_ReadServer
	window   *window
	wait     func() <-chan struct{}
	fill     func(c *chunk, upTo uint64) (more bool, err error)
	position func() uint64 // how far $all has been looked at; nil for a stream
	live     bool          // it has been at the end
}

func (f *follower) run() error {
	f.s.metrics.subscriptions.Add(1)
	defer f.s.metrics.subscriptions.Add(-1)
	if err := f.confirm(); err != nil {
		return err
	}
	for {
		// The bell is taken before the log is looked at, so that no event can
		// slip in between.
		rung := f.wait()
		if err := f.catchUp(f.s.committed.Load()); err != nil {
			return err
		}
		select {
		case <-rung:
		case <-f.to.Context().Done():
			return f.to.Context().Err()
		case <-f.s.closing:
			return ErrClosed
		case <-f.s.dead:
			return f.s.failed()
		}
	}
}

// catchUp sends everything up to upTo and tells that the end was reached, unless the
// subscription was there a moment ago.
func (f *follower) catchUp(upTo uint64) error {
	var c chunk
	sent := 0
	for more := true; more; sent += len(c.ends) {
		select {
		case <-f.s.closing:
			return ErrClosed
		default:
		}
		err := f.s.wanted(f.to)
		if err != nil {
			return err
		}
		c.reset()
		if more, err = f.fill(&c, upTo); err != nil {
			return err
		}
		if err := c.send(f.to); err != nil {
			return err
		}
	}
	if f.live && sent <= liveLag {
		return nil
	}
	f.live = true
	if f.window != nil {
		// A position beyond the end is the caller's own: nothing there was looked at.
		if pos := f.position(); pos > 0 && pos <= upTo && f.window.due(pos) {
			if err := f.to.SendMsg(frame(appendCheckpoint(nil, pos))); err != nil {
				return err
			}
		}
	}
	return f.to.Send(&streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}})
}

func (f *follower) confirm() error {
	id, err := uuid.NewRandom()
	if err != nil {
		return err
	}
	return f.to.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{
		Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: id.String()},
	}})
}
