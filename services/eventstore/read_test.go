package eventstore

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// appendForeign writes an event as somebody else would.
func appendForeign(t *testing.T, srv *server, stream, eventType string, data, metadata []byte) {
	t.Helper()
	_, err := rawClient(t, srv).AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{},
		esdb.EventData{EventID: uuid.New(), EventType: eventType, Data: data, Metadata: metadata})
	if err != nil {
		t.Fatal(err)
	}
}

func worker(r Recorded) string { return r.Message.(*eventpb.ContactAllocated).GetWorker() }

func TestReadFromARevision(t *testing.T) {
	s := connect(t, startServer(t))
	var want []string
	for i := range 3 * chunkEvents {
		want = append(want, fmt.Sprint(i))
		mustAppend(t, s, "contact-1", AnyRevision(), allocated(want[i]))
	}
	for _, from := range []int{0, 1, 2*chunkEvents - 1, len(want) - 1, len(want), len(want) + 10} {
		var got []string
		err := s.Read(t.Context(), "contact-1", uint64(from), func(r Recorded) error {
			if r.Revision != uint64(from+len(got)) {
				t.Errorf("from %d: got revision %d, want %d", from, r.Revision, from+len(got))
			}
			got = append(got, worker(r))
			return nil
		})
		if diff := cmp.Diff(append([]string(nil), want[min(from, len(want)):]...), got); err != nil || diff != "" {
			t.Errorf("from %d: %v (-want +got):\n%s", from, err, diff)
		}
	}
	var got []string
	err := s.ReadBackwards(t.Context(), "contact-1", 2, func(r Recorded) error {
		got = append(got, worker(r))
		return nil
	})
	if diff := cmp.Diff([]string{want[len(want)-1], want[len(want)-2]}, got); err != nil || diff != "" {
		t.Errorf("backwards: %v (-want +got):\n%s", err, diff)
	}
}

func TestReadEndsWithItsReader(t *testing.T) {
	s := connect(t, startServer(t))
	mustAppend(t, s, "contact-1", NoStream(), allocated("a"), allocated("b"))
	stop, calls := errors.New("enough"), 0
	err := s.Read(t.Context(), "contact-1", 0, func(Recorded) error {
		calls++
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("got %v after %d calls, want the reader's error after 1", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = s.Read(ctx, "contact-1", 0, func(Recorded) error { cancel(); return nil })
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v, want context.Canceled or nothing", err)
	}
}

func TestNoStream(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	fail := func(Recorded) error { return errors.New("there is an event") }
	if err := s.Read(t.Context(), "contact-none", 0, fail); !errors.Is(err, ErrNoStream) {
		t.Errorf("never written: got %v, want ErrNoStream", err)
	}
	if err := s.ReadBackwards(t.Context(), "contact-none", 1, fail); !errors.Is(err, ErrNoStream) {
		t.Errorf("never written, backwards: got %v, want ErrNoStream", err)
	}
	mustAppend(t, s, "contact-1", NoStream(), allocated("a"))
	if _, err := rawClient(t, srv).TombstoneStream(t.Context(), "contact-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Read(t.Context(), "contact-1", 0, fail); !errors.Is(err, ErrNoStream) {
		t.Errorf("tombstoned: got %v, want ErrNoStream", err)
	}
}

func TestReadAll(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	one := mustAppend(t, s, "contact-1", NoStream(), allocated("a"))
	appendForeign(t, srv, "contact-1", "mash.event.v9.Unheard", []byte("x"), nil)
	two := mustAppend(t, s, "contact-2", NoStream(), allocated("b"))
	appendForeign(t, srv, "$$contact-2", "$metadata", []byte("{}"), nil)

	var got []string
	last := Position{}
	err := s.ReadAll(t.Context(), Position{}, func(r Recorded) error {
		if r.Position.Compare(last) <= 0 {
			t.Errorf("position %v after %v", r.Position, last)
		}
		last = r.Position
		got = append(got, fmt.Sprint(r.Stream, " ", r.Type, " ", r.Message != nil))
		return nil
	})
	want := []string{
		"hub-store mash.event.v1.StoreNamed true",
		"contact-1 mash.event.v1.ContactAllocated true",
		"contact-1 mash.event.v9.Unheard false",
		"contact-2 mash.event.v1.ContactAllocated true",
		"$$contact-2 $metadata false",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got = nil
	err = s.ReadAll(t.Context(), one.Position, func(r Recorded) error { got = append(got, r.Stream); return nil })
	if diff := cmp.Diff([]string{"contact-1", "contact-2", "$$contact-2"}, got); err != nil || diff != "" {
		t.Errorf("after the first contact: %v (-want +got):\n%s", err, diff)
	}
	if head, err := s.Head(t.Context()); err != nil || head != two.Position {
		t.Errorf("Head: got %v, %v; want %v, the store's own events left out", head, err, two.Position)
	}
}

func TestUnknownEventStopsTheReader(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	mustAppend(t, s, "contact-1", NoStream(), allocated("a"))
	for _, unknown := range []string{"mash.event.v9.Unheard", "mash.event.v1.Child", "OrderPlaced"} {
		stream := "contact-" + unknown
		mustAppend(t, s, stream, NoStream(), allocated("a"))
		appendForeign(t, srv, stream, unknown, nil, []byte("{}"))
		calls := 0
		err := s.Read(t.Context(), stream, 0, func(Recorded) error { calls++; return nil })
		if !errors.Is(err, ErrUnknownEvent) || calls != 1 {
			t.Errorf("%s: got %v after %d events, want ErrUnknownEvent after 1", unknown, err, calls)
		}
	}
}

func TestMalformedEventStopsTheReader(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	for name, test := range map[string][2]string{
		"data":        {"\xff\xff\xff", `{"recordedAt":"2026-03-09T10:30:00Z"}`},
		"metadata":    {"", `{"recordedAt":`},
		"no metadata": {"", ""},
	} {
		stream := "contact-" + name[:2] + name[len(name)-2:]
		appendForeign(t, srv, stream, "mash.event.v1.ContactAllocated", []byte(test[0]), []byte(test[1]))
		err := s.Read(t.Context(), stream, 0, func(Recorded) error { return nil })
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
}
