package auditapi

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore"
)

// recorded is an event as a read gives it: the message open, the bytes sealed.
func recorded(t *testing.T) eventstore.Recorded {
	t.Helper()
	sealed := &eventpb.ContactRated{Rating: "red", Reason: &eventpb.NarrativePart{Part: &eventpb.NarrativePart_Sealed{Sealed: &eventpb.Sealed{KeyId: "key-1"}}}}
	raw, err := proto.Marshal(sealed)
	if err != nil {
		t.Fatal(err)
	}
	open := &eventpb.ContactRated{Rating: "red", Reason: &eventpb.NarrativePart{Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: "Zebedee"}}}}
	return eventstore.Recorded{
		Type: "mash.event.v1.ContactRated", Message: open, Raw: raw, RawMetadata: []byte(`{"actor":"manager-1"}`),
		Metadata: eventstore.Metadata{RecordedAt: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)},
	}
}

// received gives an event as whoever asked for it reads it.
func received(t *testing.T, opened bool) *auditpb.RecordedEvent {
	t.Helper()
	d := &display{opened: opened, shapes: &shapes{}}
	bare, whole, err := d.encode(recorded(t))
	if err != nil || len(bare) == 0 || len(bare) >= len(whole) {
		t.Fatalf("%d bytes of %d without the data (%v)", len(bare), len(whole), err)
	}
	event := &auditpb.RecordedEvent{}
	if err := proto.Unmarshal(whole, event); err != nil || len(event.ProtoReflect().GetUnknown()) > 0 {
		t.Fatalf("%v, %d bytes of unknown fields", err, len(event.ProtoReflect().GetUnknown()))
	}
	if got := event.GetMetadata().GetFields()["actor"].GetStringValue(); got != "manager-1" {
		t.Errorf("actor %q, want manager-1", got)
	}
	return event
}

func TestPartsStaySealedForOneWhoMayNotReadACaseFile(t *testing.T) {
	shown := received(t, false)
	if text := shown.Data.String(); strings.Contains(text, "Zebedee") || !strings.Contains(text, "key-1") || !strings.Contains(text, "red") {
		t.Errorf("got %s, want the rating and a sealed reason", text)
	}
	if shown = received(t, true); !strings.Contains(shown.Data.String(), "Zebedee") {
		t.Errorf("opened: got %s, want the reason", shown.GetData())
	}
}

func TestUnreadableMetadataIsNotQuoted(t *testing.T) {
	e := recorded(t)
	e.RawMetadata = []byte(`Zebedee`)
	if _, _, err := (&display{opened: true, shapes: &shapes{}}).encode(e); err == nil || strings.Contains(err.Error(), "Zebedee") {
		t.Errorf("got %v, want an error without the text", err)
	}
}
