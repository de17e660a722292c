package consultations_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openmash/mash/projections/consultations"
	"github.com/openmash/mash/projections/recordtest"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore"
)

func TestKEN12_ARowSaysWhoWasAdvisedAndWhatFollowed(t *testing.T) {
	store := recordtest.Store(t)
	batch := recordtest.Delivered(t, store, 7, recordtest.Consulted(1, "kent-schools", "worker-1", recordtest.Monday),
		recordtest.Followed(1, "a"), recordtest.Followed(1, "b"), recordtest.Followed(1, "a"))
	var row *consultations.Row
	for i, e := range batch {
		before := row
		next, err := consultations.Apply(row, e)
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && len(before.Contacts) != min(i-1, 2) {
			t.Errorf("event %d changed the row before it: %v", i, before.Contacts)
		}
		row = next
	}
	want := &consultations.Row{
		ID: row.ID, Number: recordtest.Number(1), Agency: "kent-schools", Reference: "DSL-7", Channel: "telephone", Lead: "is-lead", GivenBy: "worker-1",
		Role: "social-worker", Recommendation: "request-for-support", HeldAt: recordtest.Monday, RecordedAt: recordtest.Monday,
		Contacts: []string{"a", "b"}, Revision: 3, Position: 10,
	}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Errorf("the row (-want +got):\n%s", diff)
	}
}

// A row that left an event out would be wrong and look right.
func TestWhatDoesNotFollowOnIsAnError(t *testing.T) {
	store := recordtest.Store(t)
	batch := recordtest.Delivered(t, store, 1, recordtest.Consulted(1, "kent-schools", "worker-1", recordtest.Monday), recordtest.Followed(1, "a"), recordtest.Followed(1, "b"))
	given, err := consultations.Apply(nil, batch[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		prev *consultations.Row
		e    eventstore.Recorded
	}{
		"named before it was given": {nil, batch[1]},
		"given twice":               {given, batch[0]},
		"one left out":              {given, batch[2]},
		"of another stream":         {given, eventstore.Recorded{Message: &eventpb.ContactRated{}, Revision: 1}},
	} {
		if _, err := consultations.Apply(c.prev, c.e); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestARebuildEqualsTheLiveRows(t *testing.T) {
	var written []recordtest.Written
	for n := range 30 {
		written = append(written, recordtest.Consulted(n, "kent-schools", "worker-1", recordtest.Monday), recordtest.Written{Stream: "quarantine-kent-police", Message: recordtest.Retried()})
		if n%3 == 0 {
			written = append(written, recordtest.Followed(n/2, recordtest.ID(n)))
		}
	}
	if n := recordtest.Rebuilds(t, consultations.New(), slices.Clone(written)); n != 30 {
		t.Errorf("%d rows of 30 consultations", n)
	}
}
