package triage

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
)

// Whatever is asked of the queue is read off an index: a column without one costs a walk through the year, and a condition that is not said in
// the words of a partial index does too. PostgreSQL chooses by what it has counted, so it is not asked.
func TestWhateverIsAskedIsReadOffAnIndex(t *testing.T) {
	ctx := t.Context()
	db, err := rows.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "rows.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	recordtest.Refold(t, ctx, db, New(), nil, 1)
	table := tableOf(version).Name
	if want := fmt.Sprintf("schools < %d", int64(never)); awaitsSchool != want {
		t.Fatalf("what awaits a school is %q, want %q", awaitsSchool, want)
	}
	for _, c := range []struct{ name, index, query string }{
		{"queue", "by_state", pageOf(Filter{})},
		{"worker", "by_worker", pageOf(Filter{Workers: []string{"w"}})},
		{"team", "by_team", pageOf(Filter{Teams: []string{"a", "b"}})},
		{"agency", "by_agency", pageOf(Filter{Agencies: []string{"a"}})},
		{"work type", "by_work_type", pageOf(Filter{WorkTypes: []string{"a"}})},
		{"rating", "by_rating", pageOf(Filter{Ratings: []string{"red"}})},
		{"waits for a meeting", "few_meeting", pageOf(Filter{WaitsForMeeting: new(true)})},
		{"overdue", "by_state", pageOf(Filter{Overdue: new(true)})},
		{"changes", "by_position", changesIn(table)},
		{"passing", "few_meeting", passingIn(table)},
		{"schools", "few_schools", schoolsIn(table)},
	} {
		plan := explain(t, db, c.query)
		if !strings.Contains(plan, table+"_"+c.index) || strings.Contains(plan, "SCAN "+table) {
			t.Errorf("%s is not read off the index %q:\n%s", c.name, c.index, plan)
		}
	}
}

func pageOf(f Filter) string {
	query, _ := f.query(version, Cursor{}, 50, recordtest.Monday)
	return query
}

func explain(t *testing.T, db *rows.DB, query string) string {
	t.Helper()
	var plan strings.Builder
	err := db.View(t.Context(), func(tx *rows.Tx) error {
		return tx.Each(t.Context(), func(r *sql.Rows) error {
			var id, parent, unused int
			var detail string
			err := r.Scan(&id, &parent, &unused, &detail)
			fmt.Fprintln(&plan, detail)
			return err
		}, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
