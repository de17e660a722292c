package embedded

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// What the writer has forgotten of a stream it must find again, wherever in
// Pebble the entries have got to by then.
func TestStateOfAStreamIsLoadedAsItWasLeft(t *testing.T) {
	s := startStore(t, Options{}).store
	l := newLedger()
	write := func(stream string, n int) {
		if err := l.append(s, stream, expected{kind: expectAny}, n); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(kind commandKind, stream string) {
		if _, err := s.submit(context.Background(), removal(kind, stream)); err != nil {
			t.Fatal(err)
		}
	}
	write("written", 3)                // 1 to 3
	write("ended", 2)                  // 4, 5
	remove(cmdTombstone, "ended")      // 6
	remove(cmdTombstone, "only ended") // 7
	write("deleted", 1)                // 8
	remove(cmdDelete, "deleted")       // 9, in the metadata stream
	write("$$described", 2)            // 10, 11
	type state struct {
		Last, MetaLast int64
		Pos            uint64
		Ended, Deleted bool
	}
	want := map[string]state{
		"never": {Last: -1, MetaLast: -1}, "written": {Last: 2, MetaLast: -1, Pos: 3}, "writte": {Last: -1, MetaLast: -1},
		"ended": {Last: 1, MetaLast: -1, Pos: 5, Ended: true}, "only ended": {Last: -1, MetaLast: -1, Ended: true},
		"$$ended": {Last: -1, MetaLast: -1, Ended: true}, "$$only ended": {Last: -1, MetaLast: -1, Ended: true},
		"deleted": {Last: 0, Pos: 8, Deleted: true}, "described": {Last: -1, MetaLast: 1}, "$$described": {Last: 1, MetaLast: -1, Pos: 11},
	}
	check := func(t *testing.T) {
		p := probe{db: s.db}
		for stream, want := range want {
			st, err := p.loadState(stream)
			if err != nil {
				t.Fatal(err)
			}
			got := state{st.last, st.metaLast, st.lastPos, st.tombstoned, st.meta.deleted()}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", stream, diff)
			}
		}
		if err := p.end(); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("in memory", check)
	if err := s.db.Compact(context.Background(), []byte{0}, []byte{0xff}, false); err != nil {
		t.Fatal(err)
	}
	t.Run("in the lowest level", check)
}

// That a stream or an event id is new is told by the filters, also of the lowest
// level, which holds nearly everything.
func TestWhatIsNewCostsNoReadOfABlock(t *testing.T) {
	s := startStore(t, Options{}).store
	l := newLedger()
	for i := range 200 {
		if err := l.append(s, fmt.Sprint("stream-", i), expected{kind: expectNoStream}, 2); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.db.Compact(context.Background(), []byte{0}, []byte{0xff}, false); err != nil {
		t.Fatal(err)
	}
	const news = 1000
	before := s.db.Metrics().Filter
	p := probe{db: s.db}
	for i := range news {
		stream := fmt.Sprint("stream-", i, "-new")
		if head, err := p.head(stream); err != nil || head.last >= 0 {
			t.Fatalf("head of a new stream: %+v, %v", head, err)
		}
		if _, ok, err := p.eventID(uuid.New(), stream); err != nil || ok {
			t.Fatalf("a new event id is known: %v, %v", ok, err)
		}
	}
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	after := s.db.Metrics().Filter
	// Two looks for each stream and one for each id; a filter errs once in a hundred.
	if told := after.Hits - before.Hits; told < 3*news*95/100 {
		t.Errorf("the filters told %d of %d looks, want nearly all", told, 3*news)
	}
}
