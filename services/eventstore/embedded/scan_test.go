package embedded

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// caller is the far end of a read. It does what a test wants when the first
// message comes.
type caller struct {
	streams.Streams_ReadServer // nothing else of it is asked for
	ctx                        context.Context
	onFirst                    func()
	messages                   int
}

func (c *caller) Context() context.Context { return c.ctx }

func (c *caller) Send(m *streams.ReadResp) error { return c.SendMsg(m) }

func (c *caller) SendMsg(any) error {
	if c.messages++; c.messages == 1 && c.onFirst != nil {
		c.onFirst()
	}
	return nil
}

// fromStart is where the reads of $all in these tests begin.
var fromStart = &streams.ReadReq_Options_AllOptions{
	AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
}

// A caller who has gone is noticed although his filter leaves nothing to send.
func TestCallerWhoHasGoneIsReadForNoFurther(t *testing.T) {
	s := startStore(t, Options{})
	mustAppend(t, s.client(t), "s", esdb.Any{}, sampleEvents(3)...)
	nothing, err := newFilter(false, []string{"no such"}, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, read := range map[string]func(to *caller) error{
		"read": func(to *caller) error {
			return s.store.readAll(to, fromStart, viewing{filter: nothing}, false, unlimited)
		},
		"subscription": func(to *caller) error {
			// A window that does not end keeps checkpoints away, which would be sent.
			return s.store.subscribeAll(to, startAfter{ok: true}, viewing{filter: nothing}, &window{size: 1 << 40})
		},
	} {
		to := &caller{ctx: ctx}
		if err := read(to); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want that the call has ended", name, err)
		}
		if to.messages > 1 { // a subscription is confirmed first
			t.Errorf("%s: %d messages for a caller who has gone", name, to.messages)
		}
	}
}

// Whoever is reading when storage fails gets no more than what was on its way.
func TestReadsUnderWayEndWhenStorageFails(t *testing.T) {
	fault := errors.New("the disk has gone")
	s := startStore(t, Options{OnFatal: func(error) {}})
	for range 3 {
		mustAppend(t, s.client(t), "s", esdb.Any{}, sampleEvents(chunkFrames)...)
	}
	to := &caller{ctx: context.Background(), onFirst: func() { s.store.fail(fault) }}
	err := s.store.readAll(to, fromStart, viewing{}, false, unlimited)
	if !errors.Is(err, fault) || to.messages != chunkFrames {
		t.Errorf("got %d events and %v, want %d and the fault", to.messages, err, chunkFrames)
	}
}

// A filter may take long over each event. Its caller is asked about in between.
func TestSlowFilterIsLookedAfter(t *testing.T) {
	s := startStore(t, Options{})
	const n = 4000 // of them each takes some milliseconds
	data := sampleEvents(n)
	for i := range data {
		data[i].EventType = strings.Repeat("x", 120)
	}
	c := s.client(t)
	for part := range slices.Chunk(data, n/4) {
		mustAppend(t, c, "s", esdb.Any{}, part...)
	}
	slow, err := newFilter(true, nil, strings.Repeat("x?", 120)+strings.Repeat("(x{0,50}){0,20}", 8)+"y$")
	if err != nil {
		t.Fatal(err)
	}
	cur := allCursor{s: s.store, view: viewing{filter: slow}, next: 1, remaining: unlimited}
	more, err := cur.fill(new(chunk), s.store.Position())
	if err != nil || !more || cur.next <= 1 || cur.next > n {
		t.Errorf("got to position %d of %d at one look, more %v, %v", cur.next, n, more, err)
	}
}

func TestFilterHasABound(t *testing.T) {
	for name, filter := range map[string]struct {
		prefixes []string
		regex    string
	}{
		"long expression": {regex: strings.Repeat("a", maxFilter+1)},
		"long prefixes":   {prefixes: []string{strings.Repeat("a", maxFilter/2), strings.Repeat("b", maxFilter/2)}},
		"many prefixes":   {prefixes: make([]string, maxFilter+1)},
	} {
		if _, err := newFilter(false, filter.prefixes, filter.regex); err == nil {
			t.Errorf("%s: it was accepted", name)
		}
	}
	if _, err := newFilter(false, []string{strings.Repeat("a", maxStreamName)}, ""); err != nil {
		t.Errorf("a prefix as long as a name: %v", err)
	}
}
