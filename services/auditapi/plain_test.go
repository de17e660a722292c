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
	"google.golang.org/protobuf/proto"
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
	encoded, err := appendPlain(nil, m.ProtoReflect())
	if err != nil {
		return nil, err
	}
	s := &structpb.Struct{}
	return s, proto.Unmarshal(encoded, s)
}

func TestMetadataIsShownAsItIs(t *testing.T) {
	const text = `{"a":"ä","b":1.5,"c":true,"d":false,"e":null,"f":{"g":[]},"h":["x",{"y":[2,null]},""],"i":{}}`
	encoded, err := appendJSON(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got, want := &structpb.Struct{}, &structpb.Struct{}
	if err := errors.Join(proto.Unmarshal(encoded, got), want.UnmarshalJSON([]byte(text))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The numbers under which an event's Structs go onto the wire are those of its schema.
func TestFieldsOfAnEventAreThoseOfItsSchema(t *testing.T) {
	fields := (&auditpb.RecordedEvent{}).ProtoReflect().Descriptor().Fields()
	if got := fields.ByName("data").Number(); got != dataField {
		t.Errorf("data is field %d, want %d", got, dataField)
	}
	if got := fields.ByName("metadata").Number(); got != metadataField {
		t.Errorf("metadata is field %d, want %d", got, metadataField)
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

// What no event holds today, and a message of the API does: numbers of 64 bits, absent and present zeros, bytes, times of every precision.
func TestOtherKindsAreShownAsTheirJSON(t *testing.T) {
	for name, m := range map[string]proto.Message{
		"empty":         &eventpb.ContactReceived{},
		"uint64":        &auditpb.RecordedEvent{Revision: 1 << 60, RecordedAt: timestamppb.New(time.Unix(1, 0))},
		"present zero":  &auditpb.ReplayConsentDecisionResponse{SeenRevision: proto.Uint64(0), HappenedBefore: []uint64{0, 7}},
		"millis":        timestamps(time.Unix(5, 120_000_000)),
		"micros":        timestamps(time.Unix(5, 120_001_000)),
		"nanos":         timestamps(time.Unix(5, 1)),
		"year 1":        timestamps(time.Time{}),
		"bytes":         &eventpb.Sealed{Ciphertext: []byte{0, 255, 254}},
		"a form of own": &auditpb.RecordedEvent{Metadata: &structpb.Struct{Fields: map[string]*structpb.Value{"a": structpb.NewNullValue()}}},
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
}

func timestamps(at time.Time) *eventpb.ContactRated {
	return &eventpb.ContactRated{RatedAt: timestamppb.New(at)}
}
