package casefile_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/openmash/mash/projections/casefile"
	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/domain/contact"
)

// A file is what the deciders make of the same events, with every event in its history and every part open.
func TestAFileIsWhatIsOnRecord(t *testing.T) {
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		store, db := recordtest.Store(t), open()
		ctx, runner := t.Context(), recordtest.Run(t, store, db, casefile.New())
		written := recordtest.Sample(1, 6, 80)
		last := recordtest.Append(t, store, written...)
		if err := runner.WaitFor(ctx, last); err != nil {
			t.Fatal(err)
		}
		want := map[string]contact.State{}
		events := map[string]int{}
		var duplicates []string
		for _, w := range written {
			id, ok := strings.CutPrefix(w.Stream, "contact-")
			if !ok {
				continue
			}
			state, err := contact.Evolve(want[id], w.Message)
			if err != nil {
				t.Fatal(err)
			}
			want[id] = state
			events[id]++
		}
		for id, state := range want {
			if state.DuplicateOf != "" {
				duplicates = append(duplicates, id)
			}
		}
		slices.Sort(duplicates)
		for id, state := range want {
			f, err := casefile.Get(ctx, db, store, id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(state, f.Contact, protocmp.Transform(), cmp.AllowUnexported(contact.Share{}, contact.Analysis{})); diff != "" {
				t.Errorf("contact %s (-want +got):\n%s", id, diff)
			}
			if len(f.History) != events[id] || f.Revision != uint64(events[id]-1) || f.Live.Ordinal != last.Ordinal() {
				t.Errorf("contact %s: %d steps at revision %d as of %d, want %d events as of %d", id, len(f.History), f.Revision, f.Live.Ordinal, events[id], last.Ordinal())
			}
			if f.Received.GetReason().GetOpen().GetText() != recordtest.Secret {
				t.Errorf("contact %s: its reason is not open", id)
			}
			if id == recordtest.ID(0) && !slices.Equal(f.Duplicates, duplicates) {
				t.Errorf("duplicates are %v, want %v", f.Duplicates, duplicates)
			}
		}
		if len(want) < 3 || len(duplicates) == 0 {
			t.Fatalf("the history has %d contacts and %d duplicates: too few to show anything", len(want), len(duplicates))
		}
		if _, err := casefile.Get(ctx, db, store, recordtest.ID(404)); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("a contact that is not there: %v", err)
		}
	})
}
