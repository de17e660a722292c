package reference_test

import (
	"slices"
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/reference"
)

func TestAContactStandsOnceUnderAReference(t *testing.T) {
	d := reference.Decider()
	state := d.Initial()
	for _, contact := range []string{"a", "b", "a"} {
		events, err := d.Decide(reference.Record{Now: time.Unix(1, 0), Agency: "kent-police", ContactID: contact}, state)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if state, err = d.Evolve(state, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := []string{"a", "b"}; !slices.Equal(state.Contacts, want) {
		t.Errorf("contacts are %v, want %v", state.Contacts, want)
	}
}

func TestNoAgencyFindsAnothersContacts(t *testing.T) {
	if a, b := reference.Value("kent", "police-1"), reference.Value("kent-police", "-1"); a == b {
		t.Errorf("two agencies' references are both %q", a)
	}
}

func TestAnEventOfAnotherStreamIsRefused(t *testing.T) {
	if _, err := reference.Evolve(reference.Initial(), &eventpb.OpenCaseRecorded{}); err == nil {
		t.Error("an event about a case was folded into a reference")
	}
}
