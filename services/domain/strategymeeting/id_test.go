package strategymeeting_test

import (
	"testing"

	"github.com/openmash/mash/services/domain/strategymeeting"
)

// Ids are part of the stored form: these have to stay what they are, or a proposal
// that is sent again after an upgrade becomes a second meeting.
func TestIDsStayWhatTheyAre(t *testing.T) {
	id := strategymeeting.ID("request-1")
	for got, want := range map[string]string{
		id.String():                         "a5770789-4f78-56e1-a2cb-ac71bcbbf34e",
		strategymeeting.Stream(id.String()): "strategymeeting-" + id.String(),
		strategymeeting.ChildID(19):         "s20",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if other := strategymeeting.ID("request-2"); other == id {
		t.Errorf("two proposals have the id %s", id)
	}
}
