package casework

import (
	"strconv"
	"testing"

	"google.golang.org/protobuf/proto"
)

// A stream is handed to several at once: what one of them appends is in the stream as that one goes on with it, and in no other.
func TestWhoGoesOnFromOneStreamChangesItForNobody(t *testing.T) {
	e := evolution[int]{evolve: func(events int, _ proto.Message) (int, error) { return events + 1, nil }}
	then := func(f *folded[int], request string) *folded[int] {
		t.Helper()
		d := deed{hash: request, first: uint64(f.revision + 1), last: uint64(f.revision + 1)}
		next, err := e.then(f, request, d, []proto.Message{nil})
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	read := &folded[int]{state: 1, requests: map[string]deed{"read": {hash: "read"}}}
	one, other := then(read, "one"), then(read, "other")
	further := then(then(one, ""), "further")

	all := []string{"", "read", "one", "other", "further"}
	for name, stream := range map[string]struct {
		*folded[int]
		state int
		has   map[string]bool
	}{
		"read":    {read, 1, map[string]bool{"read": true}},
		"one":     {one, 2, map[string]bool{"read": true, "one": true}},
		"other":   {other, 2, map[string]bool{"read": true, "other": true}},
		"further": {further, 4, map[string]bool{"read": true, "one": true, "further": true}},
	} {
		if stream.folded.state != stream.state || stream.revision != int64(stream.state)-1 {
			t.Errorf("%s: state %d at revision %d, want %d events", name, stream.folded.state, stream.revision, stream.state)
		}
		for _, request := range all {
			if d, known := stream.did(request); known != stream.has[request] || known && d.hash != request {
				t.Errorf("%s: request %q is known: %t, as %q; want %t", name, request, known, d.hash, stream.has[request])
			}
		}
	}
}

// However many requests a stream takes, each is known by what it did last, and the walk to it stays short.
func TestAStreamKnowsAllThatWasAppended(t *testing.T) {
	e := evolution[int]{evolve: func(events int, _ proto.Message) (int, error) { return events + 1, nil }}
	f := &folded[int]{requests: map[string]deed{"read": {last: 1}, "again": {last: 1}}}
	want := map[string]uint64{"read": 1}
	for n := uint64(2); n < 5*mostAppended; n++ {
		request := "again"
		if n%7 != 0 {
			request = strconv.FormatUint(n, 10)
		}
		want[request] = n
		var err error
		if f, err = e.then(f, request, deed{last: n}, nil); err != nil {
			t.Fatal(err)
		}
		if f.since != nil && f.since.count >= mostAppended {
			t.Fatalf("%d requests are to be walked", f.since.count)
		}
	}
	for request, last := range want {
		if d, known := f.did(request); !known || d.last != last {
			t.Errorf("request %q is known: %t, by event %d, want %d", request, known, d.last, last)
		}
	}
}
