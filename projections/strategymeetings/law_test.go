package strategymeetings_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/strategymeetings"
	"github.com/openmash/mash/services/eventstore"
)

// The law of a projection: folding A and then B gives what folding both at once gives, in whatever parts.
func TestFoldingInPartsEqualsFoldingAtOnce(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		shared := 0
		rapid.Check(t, func(rt *rapid.T) {
			batch := recordtest.Delivered(t, store, 1, recordtest.Meetings(rt, 5, 60)...)
			recordtest.FoldsInParts(rt, ctx, db, strategymeetings.New(), batch)
			for _, r := range folded(rt, batch) {
				shared += len(r.Carriers)
			}
		})
		if shared == 0 {
			t.Error("no meeting ever carried the enquiries of another")
		}
	})
}

// folded gives the rows that the pure fold makes, in the order of lists.
func folded(t *rapid.T, batch []eventstore.Recorded) []*strategymeetings.Row {
	m := strategymeetings.Meetings{}
	for _, e := range batch {
		if id, ok := strings.CutPrefix(e.Stream, "strategymeeting-"); ok {
			if _, err := m.Apply(id, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	return slices.SortedFunc(maps.Values(m), func(a, b *strategymeetings.Row) int {
		return cmp.Or(a.Stands().Compare(b.Stands()), cmp.Compare(a.ID, b.ID))
	})
}

func drawFilter(t *rapid.T) strategymeetings.Filter {
	some := func(name string, from ...string) []string {
		if rapid.IntRange(0, 2).Draw(t, "drop") != 0 {
			return nil
		}
		return rapid.SliceOfN(rapid.SampledFrom(from), 0, 3).Draw(t, name)
	}
	one := func(name string, from ...string) string {
		if rapid.IntRange(0, 4).Draw(t, "drop") != 0 {
			return ""
		}
		return rapid.SampledFrom(from).Draw(t, name)
	}
	agency := []string{"kent-council", "kent-health", "kent-police", "kent-schools", "nobody", "%"}
	f := strategymeetings.Filter{
		States: some("states", "proposed", "called", "concluded", "declined", "cancelled"), Teams: some("teams", "front-door", "district-1", "nobody"),
		Agencies: some("agencies", agency...), Contact: one("contact", recordtest.ID(0), recordtest.ID(1), recordtest.ID(9)),
		Without: one("without", agency...), Party: one("party", agency...),
		Overdue: map[int]*bool{0: new(true), 1: new(false)}[rapid.IntRange(0, 5).Draw(t, "overdue")],
	}
	if rapid.IntRange(0, 4).Draw(t, "since") == 0 {
		f.Since = hit(rapid.IntRange(-5, 20).Draw(t, "from"))
	}
	if rapid.IntRange(0, 4).Draw(t, "before") == 0 {
		f.Before = hit(rapid.IntRange(0, 40).Draw(t, "to"))
	}
	return f
}

// What the database answers, page by page, is what the filter says of the folded rows, in order.
func TestPagesAreTheFilteredMeetingsInOrder(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		found := 0
		rapid.Check(t, func(rt *rapid.T) {
			batch := recordtest.Delivered(t, store, 1, recordtest.Meetings(rt, 8, 90)...)
			recordtest.Refold(rt, ctx, db, strategymeetings.New(), batch, len(batch))
			all := folded(rt, batch)
			for range 5 {
				f, now := drawFilter(rt), hit(rapid.IntRange(0, 150).Draw(rt, "now"))
				var want []string
				for _, r := range all {
					if f.Matches(r, now) {
						want = append(want, r.ID)
					}
				}
				found += len(want)
				if got := list(rt, ctx, db, f, rapid.IntRange(1, 4).Draw(rt, "page size"), now); !slices.Equal(got, want) {
					rt.Fatalf("filter %+v at %v:\n got %v\nwant %v", f, now, got, want)
				}
			}
		})
		if found == 0 {
			t.Error("no filter ever fitted anything")
		}
	})
}

func list(t *rapid.T, ctx context.Context, db *rows.DB, f strategymeetings.Filter, size int, now time.Time) []string {
	return recordtest.Pages(t, size, func(after *strategymeetings.Cursor) (ids []string, next *strategymeetings.Cursor, err error) {
		page, err := strategymeetings.List(ctx, db, f, after, size, now)
		for _, r := range page.Rows {
			ids = append(ids, r.ID)
		}
		return ids, page.Next, err
	})
}

// Actions, conferences and absences are those of the folded rows, whatever order events came in.
func TestWhatIsDueIsOfTheFoldedRows(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		actions, conferences, absences := 0, 0, 0
		law := func(rt *rapid.T) {
			batch := recordtest.Delivered(t, store, 1, recordtest.Meetings(rt, 6, 90)...)
			recordtest.Refold(rt, ctx, db, strategymeetings.New(), batch, rapid.IntRange(1, 30).Draw(rt, "batch size"))
			all, now := folded(rt, batch), hit(rapid.IntRange(0, 60).Draw(rt, "now"))
			actions += checkActions(rt, ctx, db, all, now)
			conferences += checkConferences(rt, ctx, db, all, now)
			absences += checkAbsences(rt, ctx, db, all)
		}
		for range 10 { // chance may leave out what the law is about once
			if rapid.Check(t, law); actions > 0 && conferences > 0 && absences > 0 {
				break
			}
		}
		if actions == 0 || conferences == 0 || absences == 0 {
			t.Errorf("%d actions, %d conferences, %d absences were seen: too few to show anything", actions, conferences, absences)
		}
	})
}
