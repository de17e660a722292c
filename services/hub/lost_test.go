package hub_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openmash/mash/services/hub"
	"github.com/openmash/mash/services/hubtest"
	"github.com/openmash/mash/services/keys"
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
