package embedded

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2"
)

// The end of a stream is found as it was at any position, however much was
// written since, and whether or not the stream has ended.
func TestEndOfAStreamIsFoundAsOfAnyPosition(t *testing.T) {
	s := startStore(t, Options{})
	c := s.client(t)
	wantAt := []streamHead{{last: -1}} // by position
	for n := range 40 {
		mustAppend(t, c, "other", esdb.Any{}, sampleEvents(1)...)
		wantAt = append(wantAt, wantAt[len(wantAt)-1])
		mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
		wantAt = append(wantAt, streamHead{last: int64(n), lastPos: uint64(len(wantAt))})
	}
	if _, err := c.TombstoneStream(t.Context(), "s", esdb.TombstoneStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	ended := wantAt[len(wantAt)-1]
	ended.tombstoned = true
	it, err := s.store.streamIter()
	if err != nil {
		t.Fatal(err)
	}
	for upTo, want := range append(wantAt, ended) {
		if got, err := findHead(it, "s", uint64(upTo)); err != nil || got != want {
			t.Errorf("at position %d: got %+v, %v, want %+v", upTo, got, err, want)
		}
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
}

// What a read costs must not grow with what is written after it began.
func TestReadUnderWayDoesNotWalkWhatCameLater(t *testing.T) {
	s := startStore(t, Options{})
	c := s.client(t)
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(3)...)
	began := s.store.Position()
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(20_000)...)
	it, err := s.store.streamIter()
	if err != nil {
		t.Fatal(err)
	}
	if head, err := findHead(it, "s", began); err != nil || head.last != 2 {
		t.Fatalf("got %+v, %v, want revision 2", head, err)
	}
	stats := it.Stats()
	calls := 0
	for _, n := range stats.ForwardSeekCount {
		calls += n
	}
	for _, steps := range [][pebble.NumStatsKind]int{stats.ReverseSeekCount, stats.ReverseStepCount} {
		for _, n := range steps {
			calls += n
		}
	}
	if calls > 100 {
		t.Errorf("the end of the stream was found with %d seeks and steps past 20000 later events", calls)
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
}
