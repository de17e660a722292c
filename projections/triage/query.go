package triage

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
)

// Filter says which rows. Every list is "any of", an empty one means all; different fields are "and".
type Filter struct {
	// States empty means those of the queue.
	States []string
	// Ratings are "red", "amber", "green" and "unrated".
	Ratings                             []string
	Teams, Workers, Agencies, WorkTypes []string
	// Overdue true: only rows whose next due time has passed; false: only others; nil: both.
	Overdue *bool
	// WaitsForMeeting true: only rows that wait for a strategy meeting before their decision (KEN-23); false: only others; nil: both.
	WaitsForMeeting *bool
}

// Matches says whether a row fits the filter now; the queries below answer the same.
func (f Filter) Matches(r *Row, now time.Time) bool {
	return slices.Contains(f.states(), r.State()) &&
		anyOf(f.ratings(), r.Contact.Rating) && anyOf(f.Teams, r.Contact.Team) && anyOf(f.Workers, r.Contact.Worker) &&
		f.CouldMatch(r) && (f.Overdue == nil || *f.Overdue == r.Overdue(now)) &&
		(f.WaitsForMeeting == nil || *f.WaitsForMeeting == r.WaitsForMeeting())
}

// CouldMatch says whether the row fits, fitted or may come to fit: whether what never changes about it fits.
func (f Filter) CouldMatch(r *Row) bool {
	return anyOf(f.Agencies, r.Agency) && anyOf(f.WorkTypes, r.WorkType)
}

func anyOf(wanted []string, got string) bool { return len(wanted) == 0 || slices.Contains(wanted, got) }

func (f Filter) states() []string {
	if len(f.States) == 0 {
		return inQueue
	}
	states := slices.Clone(f.States)
	slices.Sort(states)
	return slices.Compact(states)
}

// ratings has the empty rating for "unrated", as rows do.
func (f Filter) ratings() []string {
	ratings := slices.Clone(f.Ratings)
	if i := slices.Index(ratings, Unrated); i >= 0 {
		ratings[i] = ""
	}
	return ratings
}

// Cursor is where a page ended: the place of its last row in the order. Without an id it is the beginning of a rank.
type Cursor struct {
	Rank, Due, Received int64
	ID                  string
}

// Page is some rows of the queue, in order.
type Page struct {
	Rows []*Row
	// Next is where the next page begins, nil when there is none.
	Next *Cursor
	// Live says which rows were read and what they show.
	Live projections.Live
}

// List reads a page of at most limit rows that follow the cursor (nil: from the beginning).
func List(ctx context.Context, db *rows.DB, f Filter, after *Cursor, limit int, now time.Time) (Page, error) {
	var page Page
	err := db.View(ctx, func(tx *rows.Tx) (err error) {
		if page.Live, err = projections.ReadLive(ctx, tx, Name); err != nil {
			return err
		}
		from := Cursor{}
		if after != nil {
			from = *after
		}
		// Urgent rows first; one more than asked for tells whether there is a next page.
		for ; from.Rank <= 1 && len(page.Rows) <= limit; from = (Cursor{Rank: from.Rank + 1}) {
			query, args := f.query(page.Live.Version, from, limit+1, now)
			if err := each(ctx, tx, &page.Rows, query, args); err != nil {
				return fmt.Errorf("list the queue: %w", err)
			}
		}
		return nil
	})
	if err == nil && len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		last := page.Rows[limit-1]
		page.Next = &Cursor{Rank: last.rank(), Due: last.due(), Received: last.ReceivedAt.UnixMicro(), ID: last.Contact.ID}
	}
	return page, err
}

// Changes reads at most limit rows that show events after the ordinal, in the order of these, with what the read model shows in
// all. Rows are never removed, so a row that has left a filter is among them.
func Changes(ctx context.Context, db *rows.DB, after int64, limit int) ([]*Row, projections.Live, error) {
	return read(ctx, db, func(table string) (string, []any) {
		return changesIn(table), []any{after, int64(limit)}
	})
}

func changesIn(table string) string {
	return "SELECT body FROM " + table + " WHERE position > ? ORDER BY position LIMIT ?"
}

// Passing reads the rows that show something else at to than at from though nothing has happened: those whose next due time, or the due time
// of a meeting that is awaited, is at or after from and before to.
func Passing(ctx context.Context, db *rows.DB, from, to time.Time) ([]*Row, projections.Live, error) {
	found, live, err := read(ctx, db, func(table string) (string, []any) {
		return passingIn(table), []any{
			Unrated, Triaged, Allocated, from.UnixMicro(), to.UnixMicro(), waits, beside, from.UnixMicro(),
		}
	})
	return slices.DeleteFunc(found, func(r *Row) bool { return !r.passes(from, to) }), live, err
}

// Nothing outside the queue is due; state and rank are named for the sake of the index. A meeting may be due whatever became of the contact, and
// one of two before the last: which of the few rows that await any has one within the time is looked at afterwards.
func passingIn(table string) string {
	return "SELECT body FROM " + table + " WHERE id IN (SELECT id FROM " + table + " WHERE state IN (?, ?, ?) AND rank IN (0, 1) AND due >= ? AND due < ?" +
		" UNION SELECT id FROM " + table + " WHERE " + awaitsMeeting + " AND meeting IN (?, ?) AND meeting_due >= ?) ORDER BY due, id"
}

func read(ctx context.Context, db *rows.DB, query func(table string) (string, []any)) (found []*Row, live projections.Live, err error) {
	err = db.View(ctx, func(tx *rows.Tx) (err error) {
		if live, err = projections.ReadLive(ctx, tx, Name); err != nil {
			return err
		}
		text, args := query(tableOf(live.Version).Name)
		if err := each(ctx, tx, &found, text, args); err != nil {
			return fmt.Errorf("read changes of the queue: %w", err)
		}
		return nil
	})
	return found, live, err
}

func each(ctx context.Context, tx *rows.Tx, into *[]*Row, query string, args []any) error {
	return tx.Each(ctx, func(r *sql.Rows) error {
		row, err := scan(r)
		*into = append(*into, row)
		return err
	}, query, args...)
}

// Above so many values of a column, a walk along the queue is cheaper than as many walks side by side.
const manyValues = 8

// query is a page within one rank: for each state (and each value of the narrowest filter) the first rows in order off an index,
// and of these the first. So the database reads what it answers and no more, whatever else is in the queue.
func (f Filter) query(version int, from Cursor, limit int, now time.Time) (string, []any) {
	table := tableOf(version).Name
	column, values, where := f.conditions(now)
	if from.ID != "" {
		where.And("(due, received, id) > (?, ?, ?)", from.Due, from.Received, from.ID)
	}
	var legs []string
	var all []any
	for _, state := range f.states() {
		for _, value := range values {
			var by rows.Where
			by.And("state = ? AND rank = ?", state, from.Rank)
			if column != "" {
				by.And(column+" = ?", value)
			}
			by.All(where)
			// A literal limit: PostgreSQL plans a parameter as a tenth of the table, and then sorts it.
			legs = append(legs, "SELECT * FROM (SELECT id, due, received FROM "+table+by.Clause()+
				" ORDER BY due, received, id LIMIT "+strconv.Itoa(limit)+") AS leg")
			all = append(all, by.Args()...)
		}
	}
	return "SELECT body FROM " + table + " WHERE id IN (SELECT id FROM (" + strings.Join(legs, " UNION ALL ") +
		") AS legs ORDER BY due, received, id LIMIT " + strconv.Itoa(limit) + ") ORDER BY due, received, id", all
}

// conditions chooses the column to walk by, and makes conditions of the rest.
func (f Filter) conditions(now time.Time) (column string, values []string, where rows.Where) {
	values = []string{""}
	var waiting []string
	if f.WaitsForMeeting != nil && *f.WaitsForMeeting {
		waiting = []string{waits}
		where.And(awaitsMeeting)
	}
	for _, c := range []struct {
		name   string
		wanted []string
	}{
		{"meeting", waiting}, {"worker", f.Workers}, {"team", f.Teams}, {"agency", f.Agencies}, {"work_type", f.WorkTypes}, {"rating", f.ratings()},
	} {
		switch {
		case len(c.wanted) == 0:
		case column == "" && len(c.wanted) <= manyValues:
			column, values = c.name, slices.Compact(slices.Sorted(slices.Values(c.wanted)))
		default:
			where.AnyOf(c.name, c.wanted)
		}
	}
	if f.WaitsForMeeting != nil && !*f.WaitsForMeeting {
		where.And("meeting <> ?", waits)
	}
	if f.Overdue != nil {
		where.And(map[bool]string{true: "due < ?", false: "due >= ?"}[*f.Overdue], now.UnixMicro())
	}
	return column, values, where
}
