package triage_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/triage"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore"
)

// The law of a projection: folding A and then B gives what folding both at once gives, in whatever parts.
func TestFoldingInPartsEqualsFoldingAtOnce(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		rapid.Check(t, func(rt *rapid.T) {
			batch := recordtest.Delivered(t, store, 1, recordtest.History(rt, 5, 60)...)
			recordtest.FoldsInParts(rt, ctx, db, triage.New(), batch)
		})
	})
}

// folded gives the rows that the pure fold makes.
func folded(t *rapid.T, batch []eventstore.Recorded) []*triage.Row {
	current := map[string]*triage.Row{}
	for _, e := range batch {
		if len(e.Stream) < 8 || e.Stream[:8] != "contact-" {
			continue
		}
		row, err := triage.Apply(current[e.Stream], e)
		if err != nil {
			t.Fatal(err)
		}
		current[e.Stream] = row
	}
	return slices.Collect(maps.Values(current))
}

func inOrder(a, b *triage.Row) int {
	rank := func(r *triage.Row) int {
		if r.Urgent() {
			return 0
		}
		return 1
	}
	due := func(r *triage.Row) time.Time {
		if next := r.NextDue(); next != nil {
			return next.GetDueAt().AsTime()
		}
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), due(a).Compare(due(b)), a.ReceivedAt.Compare(b.ReceivedAt), cmp.Compare(a.Contact.ID, b.Contact.ID))
}

func drawFilter(t *rapid.T) triage.Filter {
	some := func(name string, from ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(from), 0, 3).Draw(t, name)
	}
	f := triage.Filter{
		States:  some("states", triage.Unrated, triage.Triaged, triage.Allocated, triage.Decided, triage.PassedAcross, triage.Duplicate),
		Ratings: some("ratings", "red", "amber", "green", "unrated"), Teams: some("teams", "front-door", "assessment", "nobody"),
		Workers: some("workers", "w1", "w2", "w3"), Agencies: some("agencies", "kent-police", "kent-health", "nobody"),
		WorkTypes: some("work types", "request-for-support", "missing-person"),
	}
	// Most filters of many fields fit nothing: keep a few fields.
	for _, field := range []*[]string{&f.States, &f.Ratings, &f.Teams, &f.Workers, &f.Agencies, &f.WorkTypes} {
		if rapid.IntRange(0, 2).Draw(t, "drop") != 0 {
			*field = nil
		}
	}
	switch rapid.IntRange(0, 3).Draw(t, "overdue") {
	case 0:
		f.Overdue = new(true)
	case 1:
		f.Overdue = new(false)
	}
	switch rapid.IntRange(0, 3).Draw(t, "waits") {
	case 0:
		f.WaitsForMeeting = new(true)
	case 1:
		f.WaitsForMeeting = new(false)
	}
	return f
}

// What the database answers, page by page, is what the filter says of the folded rows, in the order of the queue.
func TestPagesAreTheFilteredQueueInOrder(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		rapid.Check(t, func(rt *rapid.T) {
			batch := recordtest.Delivered(t, store, 1, recordtest.History(rt, 12, 60)...)
			recordtest.Refold(rt, ctx, db, triage.New(), batch, len(batch))
			all := folded(rt, batch)
			slices.SortFunc(all, inOrder)
			for range 5 {
				f, now := drawFilter(rt), t0.Add(time.Duration(rapid.IntRange(0, 40).Draw(rt, "now"))*time.Hour)
				var want []string
				for _, r := range all {
					if f.Matches(r, now) {
						want = append(want, r.Contact.ID)
					}
				}
				got := list(rt, ctx, db, f, rapid.IntRange(1, 7).Draw(rt, "page size"), now)
				if !slices.Equal(got, want) {
					rt.Fatalf("filter %+v at %v:\n got %v\nwant %v", f, now, got, want)
				}
			}
		})
	})
}

func list(t *rapid.T, ctx context.Context, db *rows.DB, f triage.Filter, size int, now time.Time) []string {
	return recordtest.Pages(t, size, func(after *triage.Cursor) (ids []string, next *triage.Cursor, err error) {
		page, err := triage.List(ctx, db, f, after, size, now)
		for _, r := range page.Rows {
			ids = append(ids, r.Contact.ID)
		}
		return ids, page.Next, err
	})
}

func TestKEN10_UrgentFirst(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		// In the order in which the queue must show them; each would be elsewhere by its due time or receipt alone.
		var written []recordtest.Written
		for n, c := range []struct {
			received time.Time
			urgent   bool
			rating   string
			rated    time.Time
		}{
			{t0.Add(3 * time.Hour), false, "red", t0.Add(5 * time.Hour)}, // due at 6
			{t0.Add(2 * time.Hour), true, "", time.Time{}},               // urgent by its sender, due at 26
			{t0.Add(2 * time.Hour), true, "green", t0},                   // no longer urgent, overdue since 1
			{t0, false, "amber", t0.Add(time.Hour)},                      // due at 2
			{t0, false, "", time.Time{}},                                 // due at 24
			{t0.Add(time.Hour), false, "", time.Time{}},                  // due at 25
		} {
			id := recordtest.ID(n)
			received := recordtest.Received(id, c.received, 1)
			received.Urgent = c.urgent
			written = append(written, recordtest.Of(id, received)...)
			if c.rating != "" {
				written = append(written, recordtest.Of(id, recordtest.Triaged(id, c.rating, c.rated))...)
			}
		}
		recordtest.Refold(t, ctx, db, triage.New(), recordtest.Delivered(t, store, 1, written...), 100)
		page, err := triage.List(ctx, db, triage.Filter{}, nil, 50, t0)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for n, r := range page.Rows {
			got, want = append(got, r.Contact.ID), append(want, recordtest.ID(n))
		}
		if len(got) != 6 || !slices.Equal(got, want) {
			t.Errorf("\n got %v\nwant %v", got, want)
		}
	})
}

func TestChangesAndPassing(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		var written []recordtest.Written
		for n := range 5 {
			written = append(written, recordtest.Of(recordtest.ID(n), recordtest.Received(recordtest.ID(n), hit(n), 1))...)
		}
		// Contact 0 changes last: it moves to the end of the changes, and is due at 11.
		written = append(written, recordtest.Of(recordtest.ID(0), recordtest.Triaged(recordtest.ID(0), "red", hit(10)))...)
		recordtest.Refold(t, ctx, db, triage.New(), recordtest.Delivered(t, store, 1, written...), 100)
		check := func(what string, got []*triage.Row, err error, want ...int) {
			t.Helper()
			var ids, wanted []string
			for _, r := range got {
				ids = append(ids, r.Contact.ID)
			}
			for _, n := range want {
				wanted = append(wanted, recordtest.ID(n))
			}
			if err != nil || !slices.Equal(ids, wanted) {
				t.Errorf("%s:\n got %v, %v\nwant %v", what, ids, err, wanted)
			}
		}
		changes, live, err := triage.Changes(ctx, db, 2, 3)
		check("3 changes after position 2", changes, err, 2, 3, 4)
		if live.Ordinal != 1 || live.Store != "test" {
			t.Errorf("changes as of %+v, want the checkpoint's position", live)
		}
		changes, _, err = triage.Changes(ctx, db, 5, 10)
		check("changes after position 5", changes, err, 0)
		passing, _, err := triage.Passing(ctx, db, hit(11), hit(26))
		check("passing their due times", passing, err, 0, 1)
	})
}

// KEN-23: of the contacts that wait for meetings those are found whose meeting's due time has passed in between, the first of two or the last,
// also where the contact's own has not, and has left the queue; and none is found for a time at which nothing passes.
func TestKEN23_AMeetingsDueTimePasses(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		var written []recordtest.Written
		due := func(hours int) *eventpb.Clock { return recordtest.Clock("strategy-meeting", hit(hours)) }
		for n, events := range [][]proto.Message{
			{recordtest.Awaited(recordtest.ID(0), recordtest.MeetingID(0), "called", due(3)), recordtest.Awaited(recordtest.ID(0), recordtest.MeetingID(1), "called", due(9))},
			{recordtest.Awaited(recordtest.ID(1), recordtest.MeetingID(2), "proposed", nil)},
			{},
			{recordtest.Awaited(recordtest.ID(3), recordtest.MeetingID(3), "called", due(9)), recordtest.Across(recordtest.ID(3), t0)},
		} {
			id := recordtest.ID(n)
			written = append(written, recordtest.Of(id, append([]proto.Message{recordtest.Received(id, t0, 1)}, events...)...)...)
		}
		recordtest.Refold(t, ctx, db, triage.New(), recordtest.Delivered(t, store, 1, written...), 100)
		ids := func(found []*triage.Row, err error) (all []string) {
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range found {
				all = append(all, r.Contact.ID)
			}
			slices.Sort(all)
			return all
		}
		for _, tc := range []struct {
			from, to int
			want     []string
		}{
			{0, 3, nil}, {3, 4, []string{recordtest.ID(0)}}, {4, 9, nil}, {9, 10, []string{recordtest.ID(0), recordtest.ID(3)}}, {10, 24, nil},
		} {
			found, _, err := triage.Passing(ctx, db, hit(tc.from), hit(tc.to))
			if got := ids(found, err); !slices.Equal(got, tc.want) {
				t.Errorf("from %d h to %d h: got %v, want %v", tc.from, tc.to, got, tc.want)
			}
		}
		page, err := triage.List(ctx, db, triage.Filter{WaitsForMeeting: new(true)}, nil, 50, hit(3))
		if got := ids(page.Rows, err); !slices.Equal(got, []string{recordtest.ID(0), recordtest.ID(1)}) {
			t.Errorf("those that wait are %v, want the first two", got)
		}
	})
}

func BenchmarkApply(b *testing.B) {
	store, ctx := recordtest.Store(b), b.Context()
	batch := recordtest.Delivered(b, store, 1, kent(4000)...)
	for _, size := range []int{len(batch), 1000, 200} {
		b.Run(fmt.Sprint("batches of ", size), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				db := recordtest.SQLite(b)
				table := triage.New().Schema()[0]
				if err := db.Update(ctx, func(tx *rows.Tx) error { return table.Create(ctx, tx) }); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				recordtest.Fold(b, ctx, db, triage.New(), batch, size)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(batch)), "µs/event")
		})
	}
}

// kent gives contacts of six events each, a hundred under way at a time.
func kent(contacts int) []recordtest.Written {
	var all []recordtest.Written
	for n := range contacts + 100 {
		at := t0.Add(time.Duration(n) * 6 * time.Minute)
		event := func(age int, make func(id string) recordtest.Written) {
			if k := n - age; k >= 0 && k < contacts {
				all = append(all, make(recordtest.ID(k)))
			}
		}
		event(0, func(id string) recordtest.Written { return recordtest.Of(id, recordtest.Received(id, at, 2))[0] })
		event(10, func(id string) recordtest.Written { return recordtest.Of(id, recordtest.Triaged(id, "amber", at))[0] })
		event(20, func(id string) recordtest.Written { return recordtest.Of(id, recordtest.AllocatedTo(id, "w1", at))[0] })
		event(50, func(id string) recordtest.Written { return recordtest.Of(id, recordtest.Rated(id, "green", at))[0] })
		event(90, func(id string) recordtest.Written { return recordtest.Of(id, recordtest.AllocatedTo(id, "w2", at))[0] })
		event(99, func(id string) recordtest.Written {
			return recordtest.Of(id, recordtest.Linked(id, recordtest.ID(0), at))[0]
		})
	}
	return all
}
