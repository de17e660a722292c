package strategymeetings_test

import (
	"context"
	"testing"
	"time"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/strategymeetings"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// A page of 10,000 meetings, some years of a county. The goal is 10 ms. The absence report is over all of them.
func BenchmarkPage(b *testing.B) {
	recordtest.Benchmark(b, benchmarkPages)
}

func benchmarkPages(b *testing.B, db *rows.DB) {
	store, ctx := recordtest.Store(b), b.Context()
	const meetings = 10_000
	var written []recordtest.Written
	for n := range meetings {
		written = append(written, kentMeeting(n)...)
	}
	recordtest.Refold(b, ctx, db, strategymeetings.New(), recordtest.Delivered(b, store, 1, written...), 4096)
	recordtest.Analyse(b, db)
	now := t0.Add(meetings * time.Hour)
	middle, err := strategymeetings.List(ctx, db, strategymeetings.Filter{}, nil, meetings/2, now)
	if err != nil {
		b.Fatal(err)
	}
	measure := func(name string, read func(context.Context) error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := read(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, bc := range []struct {
		name  string
		f     strategymeetings.Filter
		after *strategymeetings.Cursor
	}{
		{"first", strategymeetings.Filter{}, nil},
		{"middle", strategymeetings.Filter{}, middle.Next},
		{"one team", strategymeetings.Filter{Teams: []string{"district-1"}}, nil},
		{"police invited", strategymeetings.Filter{Agencies: []string{"kent-police"}}, nil},
		{"without schools", strategymeetings.Filter{Without: "kent-schools"}, nil},
		{"of an agency", strategymeetings.Filter{Party: "kent-health"}, nil},
		{"one contact", strategymeetings.Filter{Contact: recordtest.ID(77)}, nil},
		{"overdue", strategymeetings.Filter{Overdue: new(true)}, nil},
		{"nothing overdue among the proposed", strategymeetings.Filter{States: []string{"proposed"}, Overdue: new(true)}, nil},
	} {
		measure(bc.name, func(ctx context.Context) error {
			_, err := strategymeetings.List(ctx, db, bc.f, bc.after, 50, now)
			return err
		})
	}
	measure("actions overdue", func(ctx context.Context) error {
		_, err := strategymeetings.Actions(ctx, db, strategymeetings.ActionFilter{States: []string{"overdue"}, Agencies: []string{"kent-health"}}, nil, 50, now)
		return err
	})
	measure("conferences due", func(ctx context.Context) error {
		_, err := strategymeetings.Conferences(ctx, db, strategymeetings.ConferenceFilter{}, nil, 50, now)
		return err
	})
	measure("absences of all", func(ctx context.Context) error {
		_, err := strategymeetings.Absences(ctx, db, t0, now, nil)
		return err
	})
}

// kentMeeting is one of many: every tenth is not held yet, every third starts enquiries, and schools come to every second.
func kentMeeting(n int) []recordtest.Written {
	id, at := recordtest.MeetingID(n), t0.Add(time.Duration(n)*time.Hour)
	all := recordtest.OfMeeting(id, recordtest.MeetingProposed(id, recordtest.ID(n), 2, func(e *eventpb.StrategyMeetingProposed) {
		if n%7 == 0 {
			e.OwnerTeam = "district-1"
		}
	}), recordtest.MeetingCalled(id, "meeting", at, append([]string{"kent-schools"}, three...)...))
	if n%10 == 0 {
		return all
	}
	there, absent, outcome := three, []string{"kent-schools"}, "assessment"
	if n%2 == 0 {
		there, absent = append([]string{"kent-schools"}, three...), nil
	}
	if n%3 == 0 {
		outcome = "section-47"
	}
	held := recordtest.MeetingConcluded(id, "meeting", at, there, absent, outcome, "assessment")
	held.Actions = []*eventpb.MeetingAction{recordtest.ToDo("x1", "kent-health", at.Add(time.Hour))}
	return append(all, recordtest.OfMeeting(id, held)...)
}
