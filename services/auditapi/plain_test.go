package auditapi

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore"
)

// throughText is the Struct that plain must give: that of the message's JSON.
func throughText(t *testing.T, m proto.Message) *structpb.Struct {
	t.Helper()
	text, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	s := &structpb.Struct{}
	if err := s.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	return s
}

func wantPlain(t *testing.T, name string, m proto.Message) {
	t.Helper()
	got, err := plain(m)
	if diff := cmp.Diff(throughText(t, m), got, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
	}
}

func plain(m proto.Message) (*structpb.Struct, error) {
	wire, err := proto.Marshal(m)
	if err != nil {
		return nil, err
	}
	of, err := (&shapes{}).of(m.ProtoReflect().Descriptor())
	if err != nil {
		return nil, err
	}
	encoded, err := of.appendPlain(nil, wire)
	if err != nil {
		return nil, err
	}
	s := &structpb.Struct{}
	return s, proto.Unmarshal(encoded, s)
}

func TestMetadataIsShownAsItIs(t *testing.T) {
	for _, text := range []string{
		`{"a":"ä","b":1.5,"c":true,"d":false,"e":null,"f":{"g":[]},"h":["x",{"y":[2,null]},""],"i":{}}`,
		`{"actor":"worker-1","empty":"","seenRevision":3,"huge":18446744073709551615}`, // the form that nearly all has
		`{"actor":"worker-1","later":1.5}`, `{"actor":"worker-1","later":true}`, `{"actor":"worker-1","later":-1}`,
		`{"actor":"\u0077","recordedAt":"2026-03-09T10:30:00Z"}`, `{ "actor": "worker-1" }`, `{}`, "{\"actor\":\"\xff\"}",
	} {
		encoded, err := appendMetadata(nil, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, want := &structpb.Struct{}, &structpb.Struct{}
		if err := errors.Join(proto.Unmarshal(encoded, got), want.UnmarshalJSON([]byte(strings.ToValidUTF8(text, "\uFFFD")))); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s: -want +got:\n%s", text, diff)
		}
	}
}

// The numbers under which events and their Structs go onto the wire are those of the schema.
func TestFieldsOfAnswersAreThoseOfTheirSchema(t *testing.T) {
	for _, tc := range []struct {
		of     proto.Message
		field  protoreflect.Name
		number protowire.Number
	}{
		{&auditpb.RecordedEvent{}, "data", dataField},
		{&auditpb.RecordedEvent{}, "metadata", metadataField},
		{&auditpb.ListEventsResponse{}, "events", listedField},
		{&auditpb.ReplayContactResponse{}, "events", eventsField},
		{&auditpb.ReplayConsentDecisionResponse{}, "decision", decisionField},
		{&auditpb.ReplayConsentDecisionResponse{}, "before", beforeField},
		{&auditpb.ReplayConsentDecisionResponse{}, "unseen", unseenField},
		{&auditpb.ReplayConsentDecisionResponse{}, "because", becauseField},
		{&auditpb.ReplayConsentDecisionResponse{}, "since", sinceField},
	} {
		of := tc.of.ProtoReflect().Descriptor()
		if got := of.Fields().ByName(tc.field).Number(); got != tc.number {
			t.Errorf("%s of %s is field %d, want %d", tc.field, of.Name(), got, tc.number)
		}
	}
}

// A field of an event that is of a new kind is a field that a replay could not show.
func TestEveryEventCanBeShown(t *testing.T) {
	for _, name := range eventstore.EventTypes() {
		m, err := eventstore.NewMessage(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&shapes{}).of(m.ProtoReflect().Descriptor()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (&shapes{}).of((&auditpb.RecordedEvent{}).ProtoReflect().Descriptor()); err == nil {
		t.Error("a Struct, which has a form of its own, is not refused")
	}
}

// Every released stored form of every event is shown as its JSON would be.
func TestEventsAreShownAsTheirJSON(t *testing.T) {
	files, err := filepath.Glob("../eventstore/testdata/events/v1/*.binpb")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d stored forms (%v)", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".binpb")
		if i := strings.IndexByte(name, '~'); i > 0 {
			name = name[:i]
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := eventstore.NewMessage(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := proto.Unmarshal(data, m); err != nil {
			t.Fatal(err)
		}
		wantPlain(t, name, m)
	}
}

// What few events hold: numbers of 64 bits, absent and present zeros, bytes, lists between other fields, times of every precision, and what is
// long enough for a length of two bytes or three.
func TestOtherKindsAreShownAsTheirJSON(t *testing.T) {
	for name, m := range map[string]proto.Message{
		"empty":  &eventpb.ContactReceived{},
		"uint64": &auditpb.Standing{Kind: "consent", Revision: 1 << 60},
		"millis": timestamps(time.Unix(5, 120_000_000)),
		"micros": timestamps(time.Unix(5, 120_001_000)),
		"nanos":  timestamps(time.Unix(5, 1)),
		"year 1": timestamps(time.Time{}),
		"bytes":  &eventpb.Sealed{Ciphertext: []byte{0, 255, 254}},
		"lists":  &eventpb.Scope{Subjects: []string{"s1", "", "s2"}, Purposes: []string{"p"}, Categories: []string{"c", "d"}},
		"127":    &eventpb.ContactRated{Rating: strings.Repeat("x", 127)},
		"128":    &eventpb.ContactRated{Rating: strings.Repeat("x", 128)},
	} {
		wantPlain(t, name, m)
	}
	wantPlain(t, "long", &eventpb.ContactRated{Reason: &eventpb.NarrativePart{Part: &eventpb.NarrativePart_Open{
		Open: &eventpb.Narrative{Text: strings.Repeat("x", 70_000)}}}})
	bad := timestamps(time.Unix(0, 0))
	bad.RatedAt.Nanos = -1
	if _, err := plain(bad); err == nil {
		t.Error("a time that is none was shown")
	}
	later, earlier := &eventpb.ContactRated{Rating: "red"}, &eventpb.ContactAllocated{}
	later.ProtoReflect().SetUnknown(protowire.AppendString(protowire.AppendTag(nil, 999, protowire.BytesType), "of a later release"))
	if got, err := plain(later); err != nil || len(got.GetFields()) != 1 {
		t.Errorf("with a field of a later release: %v, %v", got, err)
	}
	of, err := (&shapes{}).of(earlier.ProtoReflect().Descriptor())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := of.appendPlain(nil, []byte{0x0a, 0xff}); err == nil {
		t.Error("half a message was shown")
	}
}

func timestamps(at time.Time) *eventpb.ContactRated {
	return &eventpb.ContactRated{RatedAt: timestamppb.New(at)}
}
