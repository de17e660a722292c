package contact_test

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/worktime"
)

// Ids are part of the stored form: these have to stay what they are, or a message
// that is sent again after an upgrade becomes a second contact.
func TestIDsStayWhatTheyAre(t *testing.T) {
	id := contact.ID("kent-police", "urn:kent-police:niche", "m-1")
	for got, want := range map[string]string{
		id.String():                  "a3b0ac86-2fd1-52b9-819f-ce8b01efc2a6",
		contact.HubReference(id):     "MASH-MERA-S1HF",
		contact.Stream(id.String()):  "contact-a3b0ac86-2fd1-52b9-819f-ce8b01efc2a6",
		contact.Key("a", "s|1", "m"): "a|3:s|1|1:m",
		contact.SubjectID(19):        "s20",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// No agency can choose a source and an id that make another message's key.
func TestNoTwoMessagesShareAKey(t *testing.T) {
	seen := map[string][3]string{}
	for _, key := range [][3]string{{"a", "b", "c"}, {"a", "b|1:c", ""}, {"a", "", "b|1:c"}, {"a", "1:b", "c"}, {"a", "b", "c|"}, {"ab", "", "c"}} {
		id := contact.ID(key[0], key[1], key[2]).String()
		if twin, ok := seen[id]; ok {
			t.Errorf("%q and %q have one id", twin, key)
		}
		seen[id] = key
	}
}

func TestHubReferenceCanBeReadOut(t *testing.T) {
	form := regexp.MustCompile(`^MASH-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`)
	for _, m := range []string{"m-1", "m-2", "m-3"} {
		if got := contact.HubReference(contact.ID("a", "s", m)); !form.MatchString(got) {
			t.Errorf("got %s", got)
		}
	}
}

// A year whose bank holidays nobody knows is no rule's no: it must not be told
// to a sender as their fault.
func TestAYearBeyondTheBankHolidaysIsAnError(t *testing.T) {
	late := time.Date(2031, 3, 3, 10, 0, 0, 0, time.UTC)
	_, err := contact.Decide(contact.Under(whole(), contact.Setting{Now: late, Profile: profile(t)}), contact.Initial())
	if _, ok := errors.AsType[*worktime.CoverageError](err); !ok {
		t.Errorf("got %v, want a CoverageError", err)
	}
}

func TestAMatchForNobodyIsAnError(t *testing.T) {
	c := whole()
	if err := addMatch(&c, "s2; on upn; case c-1; team t"); err != nil {
		t.Fatal(err)
	}
	events, err := contact.Decide(contact.Under(c, contact.Setting{Now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), Profile: profile(t)}), contact.Initial())
	if err == nil {
		t.Errorf("got %d events, want an error: a child who is not there would leave the queue", len(events))
	}
}

// A profile that lacks what the rules ask for is an error, never a guess.
func TestWithoutAProfileNothingIsDecided(t *testing.T) {
	_, err := contact.Decide(contact.Under(whole(), contact.Setting{Now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), Profile: practice.Profile{}}), contact.Initial())
	if err == nil {
		t.Error("decided under no profile")
	}
}
