package triage_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/triage"
	"github.com/openmash/mash/services/domain/contact"
)

// KEN-20: over random histories the list has every contact with an open notification, once, in the order of their due times, whatever the pages.
func TestKEN20_EveryOpenNotificationIsListed(t *testing.T) {
	store := recordtest.Store(t)
	listed := 0
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		rapid.Check(t, func(rt *rapid.T) {
			batch := recordtest.Delivered(t, store, 1, recordtest.History(rt, 5, 60)...)
			recordtest.Refold(rt, ctx, db, triage.New(), batch, 7)
			states := map[string]contact.State{}
			for _, e := range batch {
				if id, ok := strings.CutPrefix(e.Stream, contact.Stream("")); ok {
					state, err := contact.Evolve(states[id], e.Message)
					if err != nil {
						rt.Fatal(err)
					}
					states[id] = state
				}
			}
			want := 0
			for _, s := range states {
				if slices.ContainsFunc(s.Encompass, contact.Notification.Open) {
					want++
				}
			}
			after, last, got := triage.SchoolsCursor{}, int64(0), map[string]bool{}
			for limit := rapid.IntRange(1, 3).Draw(rt, "page"); ; {
				found, next, _, err := triage.Schools(ctx, db, after, limit)
				if err != nil {
					rt.Fatal(err)
				}
				for _, r := range found {
					if r.SchoolsDue() < last || got[r.Contact.ID] || !slices.ContainsFunc(states[r.Contact.ID].Encompass, contact.Notification.Open) {
						rt.Fatalf("%s is listed out of order, twice, or has nothing open", r.Contact.ID)
					}
					last, got[r.Contact.ID] = r.SchoolsDue(), true
				}
				if next == nil {
					break
				}
				after = *next
			}
			if listed += len(got); len(got) != want {
				rt.Fatalf("%d contacts are listed, want %d", len(got), want)
			}
		})
	})
	if listed == 0 {
		t.Error("the random histories had no notification open")
	}
}
