package strategymeetings_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/strategymeetings"
)

// A dueItem is an action or a conference, in a form that sorts as lists do.
type dueItem struct {
	due           int64
	meeting, part string
}

func inOrder(items []dueItem) []dueItem {
	slices.SortFunc(items, func(a, b dueItem) int {
		return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.meeting, b.meeting), cmp.Compare(a.part, b.part))
	})
	return items
}

func checkActions(t *rapid.T, ctx context.Context, db *rows.DB, all []*strategymeetings.Row, now time.Time) int {
	f := strategymeetings.ActionFilter{
		States:   rapid.SliceOfN(rapid.SampledFrom([]string{"open", "overdue", "completed", "not-possible"}), 0, 3).Draw(t, "states"),
		Agencies: rapid.SliceOfN(rapid.SampledFrom([]string{"kent-health", "kent-police", "kent-council"}), 0, 2).Draw(t, "agencies"),
	}
	if len(all) > 0 && rapid.Bool().Draw(t, "of one meeting") {
		f.Meeting = all[0].ID
	}
	states := f.States
	if len(states) == 0 {
		states = []string{"open"}
	}
	var want []dueItem
	for _, r := range all {
		for _, a := range r.Actions {
			asked := slices.Contains(states, a.State) || slices.Contains(states, "overdue") && a.Overdue(now)
			if asked && (len(f.Agencies) == 0 || slices.Contains(f.Agencies, a.Agency)) && (f.Meeting == "" || f.Meeting == r.ID) {
				want = append(want, dueItem{a.Due.UnixMicro(), r.ID, a.ID})
			}
		}
	}
	got := recordtest.Pages(t, 2, func(after *strategymeetings.DueCursor) (found []dueItem, next *strategymeetings.DueCursor, err error) {
		page, err := strategymeetings.Actions(ctx, db, f, after, 2, now)
		for _, a := range page.Rows {
			found = append(found, dueItem{a.Due.UnixMicro(), a.Meeting, a.ID})
		}
		return found, page.Next, err
	})
	if !slices.Equal(got, inOrder(want)) {
		t.Fatalf("actions %+v:\n got %v\nwant %v", f, got, want)
	}
	return len(got)
}

func checkConferences(t *rapid.T, ctx context.Context, db *rows.DB, all []*strategymeetings.Row, now time.Time) int {
	f := strategymeetings.ConferenceFilter{
		Kinds:   rapid.SliceOfN(rapid.SampledFrom([]string{"conference", "core-group", "review"}), 0, 2).Draw(t, "kinds"),
		Overdue: map[int]*bool{0: new(true), 1: new(false)}[rapid.IntRange(0, 3).Draw(t, "overdue")],
	}
	if rapid.IntRange(0, 3).Draw(t, "before") == 0 {
		f.Before = day(rapid.IntRange(0, 40).Draw(t, "to"))
	}
	var want []dueItem
	add := func(meeting, kind string, due time.Time) {
		if (len(f.Kinds) == 0 || slices.Contains(f.Kinds, kind)) && (f.Overdue == nil || *f.Overdue == due.Before(now)) && (f.Before.IsZero() || due.Before(f.Before)) {
			want = append(want, dueItem{due.UnixMicro(), meeting, kind})
		}
	}
	for _, r := range all {
		first := time.Time{}
		for _, q := range r.Enquiries {
			waits := q.Conference != nil && q.HeldAt.IsZero() && (q.Ended == "" || q.Ended == "conference")
			if waits && q.Starter == r.ID && (first.IsZero() || q.Conference.Due.Before(first)) {
				first = q.Conference.Due
			}
		}
		if !first.IsZero() {
			add(r.ID, "conference", first)
		}
		if r.CoreGroup != nil {
			add(r.ID, "core-group", r.CoreGroup.Due)
		}
		if r.Review != nil {
			add(r.ID, "review", r.Review.Due)
		}
	}
	got := recordtest.Pages(t, 2, func(after *strategymeetings.DueCursor) (found []dueItem, next *strategymeetings.DueCursor, err error) {
		page, err := strategymeetings.Conferences(ctx, db, f, after, 2, now)
		for _, c := range page.Rows {
			if len(c.Children) == 0 {
				t.Fatalf("a %s of no child", c.Kind)
			}
			found = append(found, dueItem{c.Clock.Due.UnixMicro(), c.Meeting, c.Kind})
		}
		return found, page.Next, err
	})
	if !slices.Equal(got, inOrder(want)) {
		t.Fatalf("conferences %+v:\n got %v\nwant %v", f, got, want)
	}
	return len(got)
}

func checkAbsences(t *rapid.T, ctx context.Context, db *rows.DB, all []*strategymeetings.Row) (absent int) {
	since, before := hit(rapid.IntRange(-5, 10).Draw(t, "since")), hit(rapid.IntRange(0, 60).Draw(t, "before"))
	agencies := rapid.SliceOfN(rapid.SampledFrom([]string{"kent-health", "kent-police"}), 0, 2).Draw(t, "of")
	want, held := map[string][5]uint32{}, uint32(0)
	for _, r := range all {
		if r.State != "concluded" || r.HeldAt.Before(since) || !r.HeldAt.Before(before) {
			continue
		}
		held++
		for _, p := range r.Parties {
			if !p.Invited || len(agencies) > 0 && !slices.Contains(agencies, p.Agency) {
				continue
			}
			n := want[p.Agency]
			n[0]++
			switch {
			case p.Present:
				n[1]++
			case p.Apologies:
				n[2]++
			default:
				n[4]++
			}
			if !p.Present && p.Wrote {
				n[3]++
			}
			want[p.Agency] = n
		}
	}
	report, err := strategymeetings.Absences(ctx, db, since, before, agencies)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][5]uint32{}
	for i, a := range report.Agencies {
		got[a.Agency] = [5]uint32{a.Invited, a.Attended, a.Apologies, a.Contributed, a.Unexplained}
		missed := a.Invited - a.Attended
		if len(a.Meetings) != int(missed) || i > 0 && missed > report.Agencies[i-1].Invited-report.Agencies[i-1].Attended {
			t.Fatalf("%+v has missed %d, and is number %d", a, missed, i)
		}
		absent += int(missed)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || report.Meetings != held {
		t.Fatalf("%d meetings, %v; want %d, %v", report.Meetings, got, held, want)
	}
	return absent
}
