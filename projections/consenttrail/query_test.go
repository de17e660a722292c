package consenttrail_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openmash/mash/projections/consenttrail"
	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/contact/authority"
	"github.com/openmash/mash/services/eventstore"
)

// The law of a projection: folding A and then B gives what folding both at once gives, in whatever parts.
func TestFoldingInPartsEqualsFoldingAtOnce(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		rapid.Check(t, func(rt *rapid.T) {
			batch := recordtest.Delivered(t, store, 1, recordtest.History(rt, 3, 80)...)
			recordtest.FoldsInParts(rt, ctx, db, consenttrail.New(), batch)
		})
	})
}

// folded gives the rows that the pure fold makes, and what the rules make of the same events.
func folded(t *rapid.T, batch []eventstore.Recorded) (all []*consenttrail.Override, rules map[string]authority.Override) {
	rules = map[string]authority.Override{}
	current := map[string]*consenttrail.Override{}
	states := map[string]contact.State{}
	for _, e := range batch {
		contactID, ok := strings.CutPrefix(e.Stream, "contact-")
		if !ok {
			continue
		}
		state, err := contact.Evolve(states[contactID], e.Message)
		if err != nil {
			t.Fatal(err)
		}
		states[contactID] = state
		for _, override := range []string{"o1", "o2", "o3"} {
			at := contactID + "/" + override
			current[at] = consenttrail.Apply(current[at], contactID, override, e)
		}
	}
	for contactID, state := range states {
		for _, o := range state.Authority.Overrides {
			rules[contactID+"/"+o.Proposed.GetOverrideId()] = o
		}
	}
	for _, o := range current {
		if o != nil {
			all = append(all, o)
		}
	}
	return all, rules
}

// Rows and rules see each override alike at every time.
func TestARowIsInForceWhenTheRulesSaySo(t *testing.T) {
	store := recordtest.Store(t)
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		all, rules := folded(rt, recordtest.Delivered(t, store, 1, recordtest.Authorities(rt, 2, 80)...))
		if len(all) != len(rules) {
			rt.Fatalf("%d rows of %d overrides", len(all), len(rules))
		}
		for _, o := range all {
			rule := rules[o.ID()]
			for range 4 {
				now := t0.Add(time.Duration(rapid.IntRange(0, 100).Draw(rt, "now")) * time.Hour)
				if got, want := o.Open(now), rule.InForce(now); got != want {
					rt.Fatalf("%s is open: %v, in force by the rules: %v", o.ID(), got, want)
				}
				if got, want := o.Expired(now), rule.Granted() && !rule.Ended && rule.Over(now); got != want {
					rt.Fatalf("%s is expired: %v, by the rules: %v", o.ID(), got, want)
				}
				seen[in(o, now)]++
			}
		}
	})
	if len(seen) < 6 {
		t.Errorf("overrides were seen in %d ways only: %v", len(seen), seen)
	}
}

func drawFilter(t *rapid.T) consenttrail.Filter {
	some := func(name string, from ...string) []string {
		if rapid.IntRange(0, 2).Draw(t, "drop") != 0 {
			return nil
		}
		return rapid.SliceOfN(rapid.SampledFrom(from), 0, 3).Draw(t, name)
	}
	flag := func(name string) *bool {
		return map[int]*bool{0: new(true), 1: new(false)}[rapid.IntRange(0, 5).Draw(t, name)]
	}
	f := consenttrail.Filter{
		Approvers: some("approvers", "manager-1", "nobody", ""), Reasons: some("reasons", "would-prejudice-protection", "cannot-be-given", "%"),
		// What is no id finds nothing, whatever it means to a database.
		Agencies: some("agencies", "kent-police", "kent-health", "KENT-POLICE", "kent-police|kent-health", "kent", "%", ""),
		Outcomes: some("outcomes", "proposed", "approved", "narrowed", "declined"),
		Open:     flag("open"), Expired: flag("expired"), ReviewedLate: flag("late"),
	}
	if rapid.IntRange(0, 3).Draw(t, "since") == 0 {
		f.Since = t0.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "minutes")) * time.Minute)
	}
	if rapid.IntRange(0, 3).Draw(t, "until") == 0 {
		f.Until = t0.Add(time.Duration(rapid.IntRange(5, 30).Draw(t, "minutes")) * time.Minute)
	}
	return f
}

// What the database answers, page by page, is what the filter says of the folded rows, latest proposal first.
func TestPagesAreTheFilteredOverridesInOrder(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		found := 0
		rapid.Check(t, func(rt *rapid.T) {
			batch := recordtest.Delivered(t, store, 1, recordtest.Authorities(rt, 6, 90)...)
			recordtest.Refold(rt, ctx, db, consenttrail.New(), batch, len(batch))
			all, _ := folded(rt, batch)
			slices.SortFunc(all, func(a, b *consenttrail.Override) int {
				return cmp.Or(b.ProposedAt.Compare(a.ProposedAt), cmp.Compare(b.ID(), a.ID()))
			})
			for range 5 {
				f, now := drawFilter(rt), t0.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "now"))*time.Hour)
				var want []string
				for _, o := range all {
					if f.Matches(o, now) {
						want = append(want, o.ID())
					}
				}
				found += len(want)
				if got := list(rt, ctx, db, f, rapid.IntRange(1, 5).Draw(rt, "page size"), now); !slices.Equal(got, want) {
					rt.Fatalf("filter %+v at %v:\n got %v\nwant %v", f, now, got, want)
				}
			}
		})
		if found == 0 {
			t.Error("no filter ever fitted anything")
		}
	})
}

func list(t *rapid.T, ctx context.Context, db *rows.DB, f consenttrail.Filter, size int, now time.Time) []string {
	return recordtest.Pages(t, size, func(after *consenttrail.Cursor) (ids []string, next *consenttrail.Cursor, err error) {
		page, err := consenttrail.List(ctx, db, f, after, size, now)
		for _, o := range page.Overrides {
			ids = append(ids, o.ID())
		}
		return ids, page.Next, err
	})
}

// From one look at the changes to the next nothing is missed, also where one request changes several rows; and what changes with the
// clock alone is told.
func TestChangesAndPassing(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		recordtest.Refold(t, ctx, db, consenttrail.New(), recordtest.Delivered(t, store, 1, recordtest.Of(id,
			recordtest.Received(id, t0, 1),
			recordtest.Proposed(id, "o1", both), recordtest.Proposed(id, "o2", both), recordtest.Proposed(id, "o3", both),
			recordtest.Approved(id, "o1", "approved", both, hit(48), hit(24)), recordtest.Approved(id, "o2", "approved", both, hit(72), hit(30)),
			recordtest.Asked(id, "r1", hit(9), "o1", "o2"),
		)...), 3)
		check := func(what string, got []*consenttrail.Override, err error, want ...string) {
			t.Helper()
			var ids []string
			for _, o := range got {
				ids = append(ids, o.OverrideID)
			}
			if err != nil || !slices.Equal(ids, want) {
				t.Errorf("%s: got %v, %v, want %v", what, ids, err, want)
			}
		}
		changes, _, err := consenttrail.Changes(ctx, db, 0, 1)
		check("the first change", changes, err, "o3")
		changes, _, err = consenttrail.Changes(ctx, db, changes[0].Position, 1)
		check("one change, of two rows", changes, err, "o1", "o2")
		changes, _, err = consenttrail.Changes(ctx, db, changes[0].Position, 1)
		check("no more", changes, err)
		passing, _, err := consenttrail.Passing(ctx, db, hit(24), hit(30))
		check("the review of o1 came to be overdue", passing, err, "o1")
		passing, _, err = consenttrail.Passing(ctx, db, hit(40), hit(48))
		check("o1 ended", passing, err, "o1")
		passing, _, err = consenttrail.Passing(ctx, db, hit(48), hit(71))
		check("nothing passed", passing, err)
	})
}
