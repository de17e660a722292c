package consenttrail_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/projections/consenttrail"
	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore"
)

func get(t *testing.T, db *rows.DB, store *eventstore.Store, contactID string) consenttrail.Trail {
	t.Helper()
	trail, err := consenttrail.Get(t.Context(), db, store, contactID)
	if err != nil {
		t.Fatal(err)
	}
	return trail
}

// The trail has the steps of what allowed sharing, open, in their order; what was shared is not among what it opens.
func TestATrailHasWhatAllowedSharing(t *testing.T) {
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		store, db := recordtest.Store(t), open()
		runner := recordtest.Run(t, store, db, consenttrail.New())
		bare := recordtest.ID(2)
		last := recordtest.Append(t, store, append(recordtest.Of(id,
			recordtest.Received(id, t0, 1), recordtest.Holder(id, "p1"), recordtest.Triaged(id, "amber", hit(1)),
			recordtest.Said(id, "c1", "p1", "given", hit(1)), recordtest.Asked(id, "r1", hit(9), "c1"), recordtest.Told(id, "i1", "r1", hit(2)),
			recordtest.TakenBack(id, "c1", hit(3)), recordtest.Cancelled(id, "r1"),
		), recordtest.Of(bare, recordtest.Received(bare, t0, 1))...)...)
		if err := runner.WaitFor(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		trail := get(t, db, store, id)
		var types []string
		for _, e := range trail.Steps {
			types = append(types, strings.TrimPrefix(e.Type, "mash.event.v1."))
			opened := strings.Contains(text(t, e.Message), recordtest.Secret)
			if _, shared := e.Message.(*eventpb.InformationShared); opened == shared && !strings.HasSuffix(e.Type, "Cancelled") {
				t.Errorf("%s: opened: %v", e.Type, opened)
			}
		}
		want := []string{"HolderRecorded", "ConsentRecorded", "InformationRequested", "InformationShared", "ConsentWithdrawn", "InformationRequestCancelled"}
		if !slices.Equal(types, want) {
			t.Errorf("\n got %v\nwant %v", types, want)
		}
		if e := trail.Steps[1]; e.Revision != 3 || e.Metadata.Actor != "person-1" || trail.Live.Ordinal != last.Ordinal() {
			t.Errorf("revision %d by %q as of %d", e.Revision, e.Metadata.Actor, trail.Live.Ordinal)
		}
		if empty := get(t, db, store, bare); len(empty.Steps) != 0 {
			t.Errorf("a contact of which nothing was said has %d steps", len(empty.Steps))
		}
		if _, err := consenttrail.Get(t.Context(), db, store, recordtest.ID(404)); !errors.Is(err, consenttrail.ErrNotFound) {
			t.Errorf("a contact that is not there: %v", err)
		}
	})
}

func text(t *testing.T, m proto.Message) string {
	t.Helper()
	b, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Rows that were folded live, in whatever batches came, are those of a rebuild, and nothing in the database's files is plaintext.
func TestARebuildEqualsTheLiveRows(t *testing.T) {
	written := recordtest.Sample(1, 6, 150)
	n := recordtest.Rebuilds(t, consenttrail.New(), written)
	kinds := map[string]bool{}
	for _, w := range written {
		kinds[string(w.Message.ProtoReflect().Descriptor().Name())] = true
	}
	if n < 20 || len(kinds) < 15 {
		t.Errorf("%d rows of %v: too little to show anything", n, slices.Sorted(maps.Keys(kinds)))
	}
}
