package triage_test

import (
	"testing"
	"time"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/triage"
)

// A page of the queue at a year of Kent, all of it in the queue. The goal is 10 ms.
func BenchmarkPage(b *testing.B) {
	recordtest.Benchmark(b, benchmarkPages)
}

func benchmarkPages(b *testing.B, db *rows.DB) {
	store, ctx := recordtest.Store(b), b.Context()
	const contacts = 83_000
	var written []recordtest.Written
	for n := range contacts {
		id, at := recordtest.ID(n), t0.Add(time.Duration(n)*6*time.Minute)
		written = append(written, recordtest.Of(id, recordtest.Received(id, at, 1))...)
		if n%3 > 0 {
			written = append(written, recordtest.Of(id, recordtest.Triaged(id, []string{"red", "amber", "green"}[n%10%3], at))...)
		}
		if n%3 > 1 {
			written = append(written, recordtest.Of(id, recordtest.AllocatedTo(id, "w"+id[:2], at))...)
		}
	}
	recordtest.Refold(b, ctx, db, triage.New(), recordtest.Delivered(b, store, 1, written...), 4096)
	recordtest.Analyse(b, db)
	middle, err := triage.List(ctx, db, triage.Filter{}, nil, contacts/2, t0)
	if err != nil {
		b.Fatal(err)
	}
	for _, bc := range []struct {
		name  string
		f     triage.Filter
		after *triage.Cursor
	}{
		{"first", triage.Filter{}, nil},
		{"middle", triage.Filter{}, middle.Next},
		{"one worker", triage.Filter{Workers: []string{"w0a"}}, nil},
		{"two teams", triage.Filter{Teams: []string{"assessment", "front-door"}}, nil},
		{"overdue", triage.Filter{Overdue: new(true)}, nil},
		{"waits for a meeting", triage.Filter{WaitsForMeeting: new(true)}, nil},
		{"duplicates", triage.Filter{States: []string{"duplicate"}}, nil},
		{"no such work type", triage.Filter{WorkTypes: []string{"nothing"}}, nil},
	} {
		b.Run(bc.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := triage.List(ctx, db, bc.f, bc.after, 50, t0.Add(90*24*time.Hour)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
