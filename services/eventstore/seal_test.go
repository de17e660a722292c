package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	_ "modernc.org/sqlite"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/keys"
)

func child(name string, about ...string) *eventpb.Subject {
	return &eventpb.Subject{
		SubjectId: about[0],
		Child:     &eventpb.ChildPart{About: about, Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{GivenName: name}}},
	}
}

func narrative(text string, about ...string) *eventpb.NarrativePart {
	return &eventpb.NarrativePart{About: about, Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: text}}}
}

// stored returns the message of a stream's first event as it is stored.
func stored[M proto.Message](t *testing.T, s *Store, stream string, m M) M {
	t.Helper()
	if err := proto.Unmarshal(readStream(t, s, stream)[0].Raw, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSealedPartsOpenOnlyInTheirPlace writes stored bytes again elsewhere, as someone with access to the store could.
func TestSealedPartsOpenOnlyInTheirPlace(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	received := &eventpb.ContactReceived{Subjects: []*eventpb.Subject{child("Ann", "s1"), child("Ben", "s1")}}
	mustAppend(t, s, "contact-1", NoStream(), received)
	mustAppend(t, s, "contact-2", NoStream(), &eventpb.ContactRated{Reason: narrative("why", "s1")})

	asIs := stored(t, s, "contact-1", &eventpb.ContactReceived{})
	swapped := proto.Clone(asIs).(*eventpb.ContactReceived)
	swapped.Subjects[0].Child, swapped.Subjects[1].Child = asIs.Subjects[1].Child, asIs.Subjects[0].Child
	reason := stored(t, s, "contact-2", &eventpb.ContactRated{}).GetReason()
	for name, test := range map[string]struct {
		stream string
		m      proto.Message
		want   error
	}{
		"another stream":     {"contact-3", asIs, keys.ErrTampered},
		"another place":      {"contact-1", swapped, keys.ErrTampered},
		"another event type": {"contact-2", &eventpb.ContactUnlinked{Reason: reason}, keys.ErrTampered},
		"its own place":      {"contact-1", asIs, nil},
	} {
		data, err := marshalEvent(test.m)
		if err != nil {
			t.Fatal(err)
		}
		appendForeign(t, srv, test.stream, typeOf(test.m), data, []byte(`{"recordedAt":"2026-03-09T10:30:00Z"}`))
		err = s.ReadBackwards(t.Context(), test.stream, 1, func(Recorded) error { return nil })
		if !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

// TestErasedPartsStayErased destroys one child's key, as an erasure will.
func TestErasedPartsStayErased(t *testing.T) {
	srv, dir := startServer(t), t.TempDir()
	s := connect(t, srv, func(c *Config) { c.Keys = openRing(t, dir) })
	mustAppend(t, s, "contact-1", NoStream(), &eventpb.ContactReceived{
		Subjects: []*eventpb.Subject{child("Ann", "s1"), child("Ben", "s2")}, Reason: narrative("of both", "s2", "s1"),
	})
	sealed := stored(t, s, "contact-1", &eventpb.ContactReceived{})
	db, err := sql.Open("sqlite", filepath.Join(dir, "keys.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.Exec(`UPDATE mash_key SET state = 'destroyed', wrapped = NULL, destroyed_at = '2026-04-01T09:00:00.000000Z',
		destroyed_authority = 'officer-7', destroyed_reason = 'RETENTION_ENDED' WHERE key_id = ?`,
		sealed.Subjects[0].GetChild().GetSealed().GetKeyId())
	if err != nil {
		t.Fatal(err)
	}

	later := connect(t, srv, func(c *Config) { c.Keys = openRing(t, dir) })
	got := readStream(t, later, "contact-1")[0].Message.(*eventpb.ContactReceived)
	want := &eventpb.Erased{
		ErasedAt:  timestamppb.New(time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)),
		Authority: "officer-7", Reason: "RETENTION_ENDED",
	}
	if diff := cmp.Diff(want, got.Subjects[0].GetChild().GetErased(), protocmp.Transform()); diff != "" {
		t.Errorf("the erased child (-want +got):\n%s", diff)
	}
	if name := got.Subjects[1].GetChild().GetOpen().GetGivenName(); name != "Ben" {
		t.Errorf("the other child: got %q, want Ben", name)
	}
	if text := got.GetReason().GetOpen().GetText(); text != "of both" {
		t.Errorf("what speaks of both has a key of its own: got %q", text)
	}
	mustAppend(t, later, "contact-1", Exactly(0), got) // an erased part may be recorded again
	again := readStream(t, later, "contact-1")[1].Message
	if diff := cmp.Diff(proto.Message(got), again, protocmp.Transform()); diff != "" {
		t.Errorf("recorded again (-want +got):\n%s", diff)
	}
}

func TestOnePartOneKey(t *testing.T) {
	s := connect(t, startServer(t))
	mustAppend(t, s, "contact-1", NoStream(), &eventpb.ContactReceived{
		Subjects: []*eventpb.Subject{child("Ann", "s1"), child("Ben", "s2")}, Reason: narrative("of Ann", "s1"),
	})
	m := stored(t, s, "contact-1", &eventpb.ContactReceived{})
	ann, ben := m.Subjects[0].GetChild().GetSealed().GetKeyId(), m.Subjects[1].GetChild().GetSealed().GetKeyId()
	if ann == "" || ann == ben || m.GetReason().GetSealed().GetKeyId() != ann {
		t.Errorf("got keys %q and %q for two children, %q for words about the first", ann, ben, m.GetReason().GetSealed().GetKeyId())
	}
	if about := m.Subjects[1].GetChild().GetAbout(); len(about) != 1 || about[0] != "s2" {
		t.Errorf("a sealed part says it is about %v, want s2", about)
	}
}

func TestOpenParts(t *testing.T) {
	s := connect(t, startServer(t))
	want := &eventpb.ContactRated{Rating: "red", Reason: narrative("why", "s1")}
	mustAppend(t, s, "contact-1", NoStream(), want)
	got := stored(t, s, "contact-1", &eventpb.ContactRated{})
	if got.GetReason().GetOpen() != nil {
		t.Fatal("the stored part is open")
	}
	if err := s.OpenParts(t.Context(), "contact-1", got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("opened (-want +got):\n%s", diff)
	}
	if err := s.OpenParts(t.Context(), "contact-1", got); err != nil {
		t.Errorf("what is open already: %v", err)
	}
}

func TestWithoutKeysNothingPersonalPasses(t *testing.T) {
	srv := startServer(t)
	with := connect(t, srv)
	without, err := Open(t.Context(), Config{Socket: srv.socket, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	defer without.Close()
	rated := &eventpb.ContactRated{Reason: narrative("why", "s1")}
	if _, err := without.Append(t.Context(), "contact-1", NoStream(), meta(), Event{uuid.New(), rated}); err == nil {
		t.Error("a part was appended without keys")
	}
	mustAppend(t, without, "contact-1", NoStream(), &eventpb.ContactRated{Rating: "red"})
	mustAppend(t, with, "contact-1", Exactly(0), rated)
	if err := without.Read(context.Background(), "contact-1", 1, func(Recorded) error { return nil }); err == nil {
		t.Error("a part was read without keys")
	}
}
