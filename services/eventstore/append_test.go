package eventstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// TestRoundTrip appends an event of every type and reads it back; what the store holds in between has none of the words
// of its parts.
func TestRoundTrip(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	seen := uint64(4)
	want := Metadata{
		CorrelationID: "c-1", CausationID: "m-1", Actor: "worker-1", Role: "manager", Team: "front-door", Agency: "kent-police",
		RequestID: "kent-police|3:src|2:id", RequestHash: "ab", SeenRevision: &seen, RecordedAt: testTime, Profile: "kent@3",
	}
	for _, typeName := range EventTypes() {
		t.Run(typeName, func(t *testing.T) {
			m, id, stream := sample(t, typeName), uuid.New(), "round-trip-"+typeName
			before := proto.Clone(m)
			at, err := s.Append(t.Context(), stream, NoStream(), want, Event{id, m})
			if err != nil {
				t.Fatalf("Append: %v", err)
			}
			if !proto.Equal(m, before) {
				t.Error("Append changed the caller's message")
			}
			got := readStream(t, s, stream)
			if len(got) != 1 {
				t.Fatalf("got %d events, want 1", len(got))
			}
			r := got[0]
			if diff := cmp.Diff(m, r.Message, protocmp.Transform()); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, r.Metadata); diff != "" {
				t.Errorf("metadata (-want +got):\n%s", diff)
			}
			if r.ID != id || r.Stream != stream || r.Type != typeName || r.Revision != at.Revision || r.Position != at.Position {
				t.Errorf("got %v %s@%d %s %v, want %v %s@%d %s %v", r.ID, r.Stream, r.Revision, r.Type, r.Position,
					id, stream, at.Revision, typeName, at.Position)
			}
			if strings.Contains(string(r.Raw)+string(r.RawMetadata), "canary") {
				t.Error("the stored bytes hold the words of a part")
			}
		})
	}
	srv.stop()
	noCanary(t, srv.dir)
}

func noCanary(t *testing.T, dir string) {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), "canary") {
			t.Errorf("%s holds the words of a part", d.Name())
		}
		found = found || strings.Contains(string(data), "StoreNamed")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		t.Error("the store's files hold nothing that can be recognised: this test sees nothing")
	}
}

func TestWrongRevision(t *testing.T) {
	s := connect(t, startServer(t))
	mustAppend(t, s, "contact-1", NoStream(), allocated("a"), allocated("b"), allocated("c"))
	for name, test := range map[string]struct {
		stream   string
		expected Expected
		actual   int64
	}{
		"there is one":   {"contact-1", NoStream(), 2},
		"behind":         {"contact-1", Exactly(1), 2},
		"ahead":          {"contact-1", Exactly(7), 2},
		"there is none":  {"contact-2", Exactly(0), -1},
		"far, none here": {"contact-2", Exactly(1 << 40), -1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Append(t.Context(), test.stream, test.expected, meta(), Event{uuid.New(), allocated("d")})
			var got *WrongRevisionError
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want *WrongRevisionError", err)
			}
			if got.Stream != test.stream || got.Expected != test.expected || got.Actual != test.actual {
				t.Errorf("got %+v, want %+v", got, test)
			}
		})
	}
	if n := len(readStream(t, s, "contact-1")); n != 3 {
		t.Errorf("refused appends wrote: %d events, want 3", n)
	}
	mustAppend(t, s, "contact-1", Exactly(2), allocated("d"))
	mustAppend(t, s, "contact-1", AnyRevision(), allocated("e"))
}

// TestRepeatedAppend tries appends again after later ones, as a caller does who never got the answer.
func TestRepeatedAppend(t *testing.T) {
	s := connect(t, startServer(t))
	append1 := []Event{{uuid.New(), sample(t, "mash.event.v1.ContactReceived")}, {uuid.New(), allocated("a")}}
	append2 := []Event{{uuid.New(), allocated("b")}}
	steps := []struct {
		expected Expected
		events   []Event
	}{{NoStream(), append1}, {Exactly(1), append2}}
	first := make([]Appended, len(steps))
	for round := range 3 {
		for i, step := range steps {
			at, err := s.Append(t.Context(), "contact-1", step.expected, meta(), step.events...)
			if err != nil {
				t.Fatalf("round %d, append %d: %v", round, i, err)
			}
			if round == 0 {
				first[i] = at
			} else if at != first[i] {
				t.Errorf("round %d, append %d: got %+v, want the first answer %+v", round, i, at, first[i])
			}
		}
	}
	if n := len(readStream(t, s, "contact-1")); n != 3 {
		t.Errorf("got %d events, want 3", n)
	}
}

func TestAppendRefuses(t *testing.T) {
	s := connect(t, startServer(t))
	good := Event{uuid.New(), allocated("a")}
	sealed := &eventpb.ContactTriaged{Directions: &eventpb.NarrativePart{Part: &eventpb.NarrativePart_Sealed{Sealed: &eventpb.Sealed{}}}}
	for name, test := range map[string]struct {
		stream   string
		expected Expected
		events   []Event
		want     error
	}{
		"a stream of the store's": {"$contact", NoStream(), []Event{good}, nil},
		"no stream":               {"", NoStream(), []Event{good}, nil},
		"a name not in ASCII":     {"contact-é", NoStream(), []Event{good}, nil},
		"a name with a line end":  {"contact-1\n", NoStream(), []Event{good}, nil},
		"nothing expected":        {"contact-1", Expected{}, []Event{good}, nil},
		"no events":               {"contact-1", NoStream(), nil, nil},
		"no id":                   {"contact-1", NoStream(), []Event{{uuid.Nil, allocated("a")}}, nil},
		"no message":              {"contact-1", NoStream(), []Event{{uuid.New(), nil}}, nil},
		"half an event":           {"contact-1", NoStream(), []Event{{uuid.New(), &eventpb.Subject{}}}, ErrUnknownEvent},
		"sealed elsewhere":        {"contact-1", NoStream(), []Event{{uuid.New(), sealed}}, nil},
		"too large": {"contact-1", NoStream(), []Event{{uuid.New(), allocated(strings.Repeat("x", 1<<20))}},
			ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Append(t.Context(), test.stream, test.expected, meta(), test.events...)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, want an error %v", err, test.want)
			}
		})
	}
	mustAppend(t, s, "contact-1", NoStream(), allocated(strings.Repeat("x", 1<<20-500))) // the limit is no lower
}

func TestAppendEndsWithItsCaller(t *testing.T) {
	s := connect(t, startServer(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Append(ctx, "contact-1", NoStream(), meta(), Event{uuid.New(), allocated("a")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
