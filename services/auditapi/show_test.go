package auditapi

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

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

func TestPartsStaySealedForOneWhoMayNotReadACaseFile(t *testing.T) {
	shown, err := show(recorded(t), false)
	if err != nil {
		t.Fatal(err)
	}
	if text := shown.Data.String(); strings.Contains(text, "Zebedee") || !strings.Contains(text, "key-1") || !strings.Contains(text, "red") {
		t.Errorf("got %s, want the rating and a sealed reason", text)
	}
	if shown, err = show(recorded(t), true); err != nil || !strings.Contains(shown.Data.String(), "Zebedee") {
		t.Errorf("opened: got %s, %v, want the reason", shown.GetData(), err)
	}
}

func TestUnreadableMetadataIsNotQuoted(t *testing.T) {
	e := recorded(t)
	e.RawMetadata = []byte(`Zebedee`)
	if _, err := show(e, true); err == nil || strings.Contains(err.Error(), "Zebedee") {
		t.Errorf("got %v, want an error without the text", err)
	}
}
