package consultations_test

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openmash/mash/projections/consultations"
	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/eventstore"
)

// The law of a projection: folding A and then B gives what folding both at once gives, in whatever parts.
func TestFoldingInPartsEqualsFoldingAtOnce(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		rapid.Check(t, func(rt *rapid.T) {
			batch := recordtest.Delivered(t, store, 1, recordtest.Consultations(rt, 60)...)
			recordtest.FoldsInParts(rt, ctx, db, consultations.New(), batch)
		})
	})
}

// folded gives the rows that the pure fold makes, in the order of lists.
func folded(t *rapid.T, batch []eventstore.Recorded) (all []*consultations.Row) {
	current := map[string]*consultations.Row{}
	for _, e := range batch {
		if e.Stream == "quarantine-kent-police" {
			continue
		}
		row, err := consultations.Apply(current[e.Stream], e)
		if err != nil {
			t.Fatal(err)
		}
		current[e.Stream] = row
	}
	for _, r := range current {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *consultations.Row) int {
		return cmp.Or(b.HeldAt.Compare(a.HeldAt), cmp.Compare(b.ID, a.ID))
	})
	return all
}

func drawFilter(t *rapid.T) consultations.Filter {
	some := func(name string, from ...string) []string {
		if rapid.IntRange(0, 2).Draw(t, "drop") != 0 {
			return nil
		}
		return rapid.SliceOfN(rapid.SampledFrom(from), 0, 3).Draw(t, name)
	}
	at := func(name string) time.Time {
		if rapid.IntRange(0, 2).Draw(t, "drop") != 0 {
			return time.Time{}
		}
		return recordtest.Monday.Add(time.Duration(rapid.IntRange(-9, 10).Draw(t, name)) * time.Hour)
	}
	return consultations.Filter{
		Since: at("since"), Before: at("before"), Agencies: some("agencies", "kent-police", "kent-health", "nobody", "%", ""),
		GivenBy: some("givers", "worker-1", "senior-1", "nobody"), Followed: map[int]*bool{0: new(true), 1: new(false)}[rapid.IntRange(0, 5).Draw(t, "followed")],
	}
}

// What the database answers, page by page, is what the filter says of the folded rows, the one held last first.
func TestKEN12_PagesAreTheFilteredConsultationsNewestFirst(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		found := 0
		rapid.Check(t, func(rt *rapid.T) {
			batch := recordtest.Delivered(t, store, 1, recordtest.Consultations(rt, 60)...)
			recordtest.Refold(rt, ctx, db, consultations.New(), batch, len(batch))
			all := folded(rt, batch)
			for range 5 {
				f := drawFilter(rt)
				var want []string
				for _, r := range all {
					if f.Matches(r) {
						want = append(want, r.Number)
					}
				}
				found += len(want)
				if got := list(rt, ctx, db, f, rapid.IntRange(1, 5).Draw(rt, "page size")); !slices.Equal(got, want) {
					rt.Fatalf("filter %+v:\n got %v\nwant %v", f, got, want)
				}
			}
		})
		if found == 0 {
			t.Error("no filter ever fitted anything")
		}
	})
}

func list(t *rapid.T, ctx context.Context, db *rows.DB, f consultations.Filter, size int) []string {
	return recordtest.Pages(t, size, func(after *consultations.Cursor) (ids []string, next *consultations.Cursor, err error) {
		page, err := consultations.List(ctx, db, f, after, size)
		for _, r := range page.Rows {
			ids = append(ids, r.Number)
		}
		return ids, page.Next, err
	})
}
