package hub_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/hub"
	"github.com/openmash/mash/services/hubtest"
	"github.com/openmash/mash/services/keys"
	"github.com/openmash/mash/services/process"
)

// A hub whose key database or whose record was lost does not start as if nothing had happened. With new keys nothing on record could be read and
// no child be matched with an open case; with a new record nobody would look for the old one.
func TestAHubThatLostItsKeysOrItsRecordSaysSo(t *testing.T) {
	h := hubtest.Start(t)
	accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-police")))
	h.Stop()
	aside := t.TempDir()
	for _, lost := range []string{"keys", "eventstore"} {
		if err := os.Rename(filepath.Join(h.Config.Data, lost), filepath.Join(aside, lost)); err != nil {
			t.Fatal(err)
		}
		again, err := hub.Start(t.Context(), h.Config)
		if err == nil {
			err = again.Stop()
			t.Errorf("without %s it starts (%v)", lost, err)
		} else if !errors.Is(err, keys.ErrOtherRecord) || !strings.Contains(err.Error(), "restore") {
			t.Errorf("without %s: %v; want %v and what to do", lost, err, keys.ErrOtherRecord)
		}
		if err := errors.Join(os.RemoveAll(filepath.Join(h.Config.Data, lost)), os.Rename(filepath.Join(aside, lost), filepath.Join(h.Config.Data, lost))); err != nil {
			t.Fatal(err)
		}
	}
	h.Restart()
	if row := onlyRow(t, h, ""); row.GetAgency() != "kent-police" {
		t.Errorf("with both back the queue shows %v", row)
	}
}

// A hub that never received a contact has noted how far its clocks are all the same, and nothing of it is sealed: nothing is lost with its keys. So
// stands a hub of an earlier release, too, whose keys name no record yet.
func TestAHubWithNothingSealedTakesNewKeys(t *testing.T) {
	h := hubtest.Start(t)
	noteClocks(t, h)
	h.Stop()
	if err := os.RemoveAll(filepath.Join(h.Config.Data, "keys")); err != nil {
		t.Fatal(err)
	}
	h.Restart()
	accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-police")))
}

// noteClocks appends what a hub notes when it ends after a while.
func noteClocks(t *testing.T, h *hubtest.Hub) {
	t.Helper()
	s, err := eventstore.Open(t.Context(), eventstore.Config{Socket: strings.TrimPrefix(h.Addresses().EventStore, "unix:"), Now: h.Config.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var first eventstore.Position
	if err := s.ReadAll(t.Context(), first, func(r eventstore.Recorded) error { first = r.Position; return nil }); err != nil {
		t.Fatal(err)
	}
	note := eventstore.Event{ID: uuid.New(), Message: &eventpb.ProcessAdvanced{Position: first.Token(), NotedAt: timestamppb.New(hubtest.Monday)}}
	if _, err := s.Append(t.Context(), process.Stream, eventstore.AnyRevision(), eventstore.Metadata{Actor: "hub:process", RecordedAt: hubtest.Monday}, note); err != nil {
		t.Fatal(err)
	}
}

// What is quarantined is in the vault of the key database that is lost, and nowhere else.
func TestAHubThatLostItsVaultSaysSo(t *testing.T) {
	h := hubtest.Start(t)
	rejected(t, send(t, h.Publisher("kent-police"), "contact", "m-1", contact("kent-health")))
	h.Stop()
	if err := os.RemoveAll(filepath.Join(h.Config.Data, "keys")); err != nil {
		t.Fatal(err)
	}
	again, err := hub.Start(t.Context(), h.Config)
	if err == nil {
		err = again.Stop()
		t.Fatalf("it starts (%v)", err)
	}
	if !errors.Is(err, keys.ErrOtherRecord) {
		t.Errorf("got %v, want %v", err, keys.ErrOtherRecord)
	}
}
