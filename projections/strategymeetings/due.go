package strategymeetings

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
)

// DueCursor is where a page of what is due ended: Part is the action, or the kind of conference.
type DueCursor struct {
	Due           int64
	Meeting, Part string
}

// DuePage is some actions or conferences, the earliest due first.
type DuePage[R any] struct {
	Rows []R
	Next *DueCursor
	Live projections.Live
}

// ActionFilter says which actions. Every list is "any of", an empty one means all but for States.
type ActionFilter struct {
	Agencies []string
	// States are Open, "overdue" (open, and due before now), "completed" and "not-possible"; empty means open.
	States  []string
	Meeting string
}

// Overdue is the state to ask for what is open and was due before now.
const Overdue = "overdue"

// Actions reads a page of at most limit actions that follow the cursor (nil: from the beginning).
func Actions(ctx context.Context, db *rows.DB, f ActionFilter, after *DueCursor, limit int, now time.Time) (DuePage[MeetingAction], error) {
	states := f.States
	if len(states) == 0 {
		states = []string{Open}
	}
	var legs []rows.Where
	for _, agency := range anyValue(f.Agencies) {
		for _, state := range distinct(states) {
			var leg rows.Where
			if f.Meeting != "" {
				leg.And("meeting = ?", f.Meeting)
			}
			if agency != "" {
				leg.And("agency = ?", agency)
			}
			switch {
			case state != Overdue:
				leg.And("state = ?", state)
			case slices.Contains(states, Open):
				continue // it is among the open ones
			default:
				leg.And("state = ?", Open)
				leg.And("due < ?", now.UnixMicro())
			}
			legs = append(legs, leg)
		}
	}
	return readDue(ctx, db, func(t tables) (string, string) { return t.actions.Name, "action" }, legs, after, limit, func(a MeetingAction) DueCursor {
		return DueCursor{Due: micro(a.Due), Meeting: a.Meeting, Part: a.ID}
	})
}

// ConferenceFilter says which conferences, core groups and reviews of those that are due.
type ConferenceFilter struct {
	Kinds []string
	// Before is when they are due at the latest; zero: unbounded. Overdue as in Filter.
	Before  time.Time
	Overdue *bool
}

// Conferences reads a page of at most limit of what is due that follow the cursor (nil: from the beginning).
func Conferences(ctx context.Context, db *rows.DB, f ConferenceFilter, after *DueCursor, limit int, now time.Time) (DuePage[Conference], error) {
	var legs []rows.Where
	for _, kind := range anyValue(f.Kinds) {
		var leg rows.Where
		if kind != "" {
			leg.And("kind = ?", kind)
		}
		before := int64(never)
		if !f.Before.IsZero() {
			before = f.Before.UnixMicro()
		}
		switch {
		case f.Overdue == nil:
		case *f.Overdue:
			before = min(before, now.UnixMicro())
		default:
			leg.And("due >= ?", now.UnixMicro())
		}
		leg.And("due < ?", before)
		legs = append(legs, leg)
	}
	return readDue(ctx, db, func(t tables) (string, string) { return t.conferences.Name, "kind" }, legs, after, limit, func(c Conference) DueCursor {
		return DueCursor{Due: due(c.Clock), Meeting: c.Meeting, Part: c.Kind}
	})
}

// anyValue gives the values to walk by; one that is empty for all.
func anyValue(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return distinct(list)
}

// readDue reads the first rows of each leg, and of these the first. A leg is conditions of rows that can be read off an index in order.
func readDue[R any](ctx context.Context, db *rows.DB, from func(tables) (table, part string), legs []rows.Where, after *DueCursor, limit int,
	place func(R) DueCursor) (page DuePage[R], err error) {
	page.Live, err = view(ctx, db, func(tx *rows.Tx, t tables) error {
		table, part := from(t)
		order := "due, meeting, " + part
		var texts []string
		var args []any
		for _, leg := range legs {
			if after != nil {
				leg.And("("+order+") > (?, ?, ?)", after.Due, after.Meeting, after.Part)
			}
			texts = append(texts, "SELECT * FROM (SELECT "+order+", body FROM "+table+leg.Clause()+
				" ORDER BY "+order+" LIMIT "+strconv.Itoa(limit+1)+") AS leg")
			args = append(args, leg.Args()...)
		}
		return tx.Each(ctx, func(r *sql.Rows) error {
			row, err := rows.ScanJSON[R](r)
			if err == nil {
				page.Rows = append(page.Rows, *row)
			}
			return err
		}, "SELECT body FROM ("+strings.Join(texts, " UNION ALL ")+") AS legs ORDER BY "+order+" LIMIT "+strconv.Itoa(limit+1), args...)
	})
	if err == nil && len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		last := place(page.Rows[limit-1])
		page.Next = &last
	}
	return page, err
}
