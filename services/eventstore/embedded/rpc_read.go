package embedded

import (
	"errors"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// Read serves the four kinds of reading: a stream or everything, once or as a
// subscription.
func (svc *streamsService) Read(req *streams.ReadReq, stream streams.Streams_ReadServer) error {
	o := req.GetOptions()
	view, err := viewingOf(o)
	if err != nil {
		return err
	}
	backwards := o.GetReadDirection() == streams.ReadReq_Options_Backwards
	_, subscribe := o.GetCountOption().(*streams.ReadReq_Options_Subscription)
	if !subscribe {
		if _, counted := o.GetCountOption().(*streams.ReadReq_Options_Count); !counted {
			return invalid("the read has neither a count nor a subscription")
		}
	} else if backwards {
		return invalid("a subscription cannot go backwards")
	}
	switch target := o.GetStreamOption().(type) {
	case *streams.ReadReq_Options_All:
		w, err := windowOf(o)
		if err != nil {
			return err
		}
		if subscribe {
			return svc.s.subscribeAll(stream, allStart(target.All), view, w)
		}
		return svc.s.readAll(stream, target.All, view, backwards, o.GetCount())
	case *streams.ReadReq_Options_Stream:
		name := target.Stream.GetStreamIdentifier().GetStreamName()
		if err := checkStreamName(name); err != nil {
			return invalid("%v", err)
		}
		if view.filter != nil {
			return invalid("only $all can be filtered")
		}
		if subscribe {
			return svc.s.subscribeStream(stream, string(name), target.Stream, view)
		}
		return svc.s.readStream(stream, string(name), target.Stream, view, backwards, o.GetCount())
	}
	return invalid("the read names no stream")
}

func viewingOf(o *streams.ReadReq_Options) (viewing, error) {
	v := viewing{resolveLinks: o.GetResolveLinks()}
	switch o.GetUuidOption().GetContent().(type) {
	case *streams.ReadReq_Options_UUIDOption_Structured:
	case *streams.ReadReq_Options_UUIDOption_String_:
		v.stringIDs = true
	default:
		return v, invalid("the read does not say how to write event ids")
	}
	chosen, ok := o.GetFilterOption().(*streams.ReadReq_Options_Filter)
	if !ok {
		return v, nil
	}
	var err error
	switch by := chosen.Filter.GetFilter().(type) {
	case *streams.ReadReq_Options_FilterOptions_EventType:
		v.filter, err = newFilter(true, by.EventType.GetPrefix(), by.EventType.GetRegex())
	case *streams.ReadReq_Options_FilterOptions_StreamIdentifier:
		v.filter, err = newFilter(false, by.StreamIdentifier.GetPrefix(), by.StreamIdentifier.GetRegex())
	default:
		return v, invalid("the filter says neither type nor stream")
	}
	if err != nil {
		return v, invalid("%v", err)
	}
	return v, nil
}

// defaultWindow is what EventStoreDB takes when a filter sets no maximum.
const defaultWindow = 32

// windowOf says how often a filtered subscription gets a checkpoint; nil for one
// without a filter, which gets none.
func windowOf(o *streams.ReadReq_Options) (*window, error) {
	f := o.GetFilter()
	if f == nil {
		return nil, nil
	}
	_, subscribe := o.GetCountOption().(*streams.ReadReq_Options_Subscription)
	if subscribe && f.GetCheckpointIntervalMultiplier() == 0 {
		return nil, invalid("the checkpoint interval multiplier must not be zero")
	}
	switch w := f.GetWindow().(type) {
	case *streams.ReadReq_Options_FilterOptions_Max:
		if w.Max == 0 {
			return nil, invalid("the filter's window must not be zero")
		}
		return &window{size: uint64(w.Max) * uint64(f.GetCheckpointIntervalMultiplier())}, nil
	case *streams.ReadReq_Options_FilterOptions_Count:
		return &window{size: defaultWindow * uint64(f.GetCheckpointIntervalMultiplier())}, nil
	}
	return nil, invalid("the filter has no window")
}

// readAll reads $all once. Forwards includes the event at the given position,
// backwards does not.
func (s *Store) readAll(to sender, o *streams.ReadReq_Options_AllOptions, view viewing, backwards bool, count uint64) error {
	upTo := s.committed.Load()
	cur := allCursor{s: s, view: view, backwards: backwards, remaining: count}
	switch from := o.GetAllOption().(type) {
	case *streams.ReadReq_Options_AllOptions_Start:
		cur.next = 1
		if backwards {
			cur.next = 0
		}
	case *streams.ReadReq_Options_AllOptions_End:
		cur.next = upTo
		if !backwards {
			cur.next = math.MaxUint64
		}
	case *streams.ReadReq_Options_AllOptions_Position:
		cur.next = max(from.Position.GetCommitPosition(), 1)
		if backwards {
			cur.next--
		}
	default:
		return invalid("the read does not say where to start")
	}
	return s.drain(to, func(c *chunk) (bool, error) { return cur.fill(c, upTo) })
}

// readStream reads one stream once.
func (s *Store) readStream(to sender, name string, o *streams.ReadReq_Options_StreamOptions, view viewing, backwards bool, count uint64) error {
	upTo := s.committed.Load()
	cur := streamCursor{s: s, stream: name, view: view, backwards: backwards, remaining: count}
	switch from := o.GetRevisionOption().(type) {
	case *streams.ReadReq_Options_StreamOptions_Start:
	case *streams.ReadReq_Options_StreamOptions_End:
		cur.next = math.MaxInt64
	case *streams.ReadReq_Options_StreamOptions_Revision:
		cur.next = int64(min(from.Revision, math.MaxInt64))
	default:
		return invalid("the read does not say where to start")
	}
	err := s.drain(to, func(c *chunk) (bool, error) { return cur.fill(c, upTo) })
	switch {
	case errors.Is(err, errStreamNotFound):
		return to.SendMsg(notFoundResponse(name))
	case errors.Is(err, errStreamDeleted):
		return deletedFailure(name)
	}
	return err
}

// drain sends chunk after chunk until there is no more.
func (s *Store) drain(to sender, fill func(*chunk) (bool, error)) error {
	var c chunk
	for {
		if err := s.wanted(to); err != nil {
			return err
		}
		c.reset()
		more, err := fill(&c)
		if err != nil {
			return err
		}
		if err := c.send(to); err != nil || !more {
			return err
		}
	}
}

// wanted is asked before each look at the log. A reader that has gone is noticed
// by sending to it, but a filter or $maxAge may leave nothing to send of millions
// of events; and a store whose storage has failed reads no further.
func (s *Store) wanted(to sender) error {
	if err := s.failed(); err != nil {
		return err
	}
	return to.Context().Err()
}

func notFoundResponse(name string) *streams.ReadResp {
	return &streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{StreamNotFound: &streams.ReadResp_StreamNotFound{
		StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)},
	}}}
}
