package strategymeetings

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
)

// Cursor is where a page ended: the place of its last row in the order.
type Cursor struct {
	At int64
	ID string
}

// Page is some meetings, in the order in which they stand.
type Page struct {
	Rows []*Row
	// Next is where the next page begins, nil when there is none.
	Next *Cursor
	// Live says which rows were read and what they show.
	Live projections.Live
}

// List reads a page of at most limit meetings that follow the cursor (nil: from the beginning).
func List(ctx context.Context, db *rows.DB, f Filter, after *Cursor, limit int, now time.Time) (Page, error) {
	// One more than asked for tells whether there is a next page.
	found, live, err := read(ctx, db, func(t tables) (string, []any) { return f.query(t, after, limit+1, now) })
	page := Page{Rows: found, Live: live}
	if err == nil && len(found) > limit {
		last := found[limit-1]
		page.Rows, page.Next = found[:limit], &Cursor{At: last.Stands().UnixMicro(), ID: last.ID}
	}
	return page, err
}

// Changes reads meetings that show events after the ordinal, in the order of these, with what the read model shows in all. It reads
// limit of them at the most, and then those that show the same event as the last one: meetings share enquiries. Rows are never removed, so one that has left a filter is among them.
func Changes(ctx context.Context, db *rows.DB, after int64, limit int) ([]*Row, projections.Live, error) {
	return read(ctx, db, func(t tables) (string, []any) {
		table := t.meetings.Name
		return "SELECT body FROM " + table + " WHERE position > ? AND position <= (SELECT MAX(position) FROM (SELECT position FROM " + table +
			" WHERE position > ? ORDER BY position LIMIT " + strconv.Itoa(limit) + ") AS first) ORDER BY position, id", []any{after, after}
	})
}

// Passing reads the meetings whose due time, or that of an open action of theirs, is at or after from and before to: those of which
// something is overdue at to and was not at from.
func Passing(ctx context.Context, db *rows.DB, from, to time.Time) ([]*Row, projections.Live, error) {
	a, b := from.UnixMicro(), to.UnixMicro()
	return read(ctx, db, func(t tables) (string, []any) {
		return "SELECT body FROM " + t.meetings.Name + " WHERE id IN (SELECT id FROM " + t.meetings.Name + " WHERE due >= ? AND due < ?" +
			" UNION SELECT meeting FROM " + t.actions.Name + " WHERE state = ? AND due >= ? AND due < ?) ORDER BY id", []any{a, b, Open, a, b}
	})
}

func read(ctx context.Context, db *rows.DB, query func(tables) (string, []any)) (found []*Row, live projections.Live, err error) {
	live, err = view(ctx, db, func(tx *rows.Tx, t tables) error {
		text, args := query(t)
		return tx.Each(ctx, func(r *sql.Rows) error {
			row, err := rows.ScanJSON[Row](r)
			found = append(found, row)
			return err
		}, text, args...)
	})
	return found, live, err
}

// view reads from the live version of the tables.
func view(ctx context.Context, db *rows.DB, fn func(*rows.Tx, tables) error) (live projections.Live, err error) {
	err = db.View(ctx, func(tx *rows.Tx) (err error) {
		if live, err = projections.ReadLive(ctx, tx, Name); err != nil {
			return err
		}
		if err := fn(tx, tablesOf(live.Version)); err != nil {
			return fmt.Errorf("read strategy meetings: %w", err)
		}
		return nil
	})
	return live, err
}

// manyValues: above so many values of a column, one walk that looks at each row is cheaper than as many walks side by side.
const manyValues = 8

// A walk is an order in which meetings can be read off an index: those with one value each of some columns.
type walk struct {
	// along is a table that has a row for each meeting; meetings itself where it is empty.
	along string
	where string
	args  []any
}

// query is a page: for each walk the first rows in order, and of these the first. So the database reads what it answers, and what other
// conditions make it pass over on the way.
func (f Filter) query(t tables, after *Cursor, limit int, now time.Time) (string, []any) {
	walks, where := f.walks(t, now)
	var legs []string
	var all []any
	for _, w := range walks {
		// CROSS JOIN keeps SQLite at the order of the tables; to PostgreSQL it is any join.
		from, id, stands := t.meetings.Name+" AS m", "m.id", "m.stands"
		if w.along != "" {
			from, id, stands = w.along+" AS w CROSS JOIN "+t.meetings.Name+" AS m", "w.meeting", "w.stands"
		}
		var by rows.Where
		by.And(w.where, w.args...)
		by.All(where)
		if after != nil {
			by.And("("+stands+", "+id+") > (?, ?)", after.At, after.ID)
		}
		if w.along != "" {
			by.And("m.id = w.meeting")
		}
		// A literal limit: PostgreSQL plans a parameter as a tenth of the table, and then sorts it.
		legs = append(legs, "SELECT * FROM (SELECT "+id+" AS id, "+stands+" AS stands FROM "+from+by.Clause()+
			" ORDER BY "+stands+", "+id+" LIMIT "+strconv.Itoa(limit)+") AS leg")
		all = append(all, by.Args()...)
	}
	return "SELECT body FROM " + t.meetings.Name + " WHERE id IN (SELECT id FROM (" + strings.Join(legs, " UNION ") +
		") AS legs ORDER BY stands, id LIMIT " + strconv.Itoa(limit) + ") ORDER BY stands, id", all
}

// walks chooses what to walk along, and makes conditions of the rest.
func (f Filter) walks(t tables, now time.Time) (walks []walk, where rows.Where) {
	byState := true
	switch {
	case f.Contact != "":
		walks, byState = []walk{{t.contacts.Name, "w.contact = ?", []any{f.Contact}}}, false
	case f.Party != "":
		walks, byState = []walk{{t.parties.Name, "w.agency = ?", []any{f.Party}}}, false
	case f.Without != "":
		walks, byState = []walk{{t.parties.Name, "w.agency = ? AND w.absent = 1", []any{f.Without}}}, false
	case len(f.Agencies) > 0 && len(f.Agencies) <= manyValues:
		byState = false
		for _, a := range distinct(f.Agencies) {
			walks = append(walks, walk{t.parties.Name, "w.agency = ? AND w.invited = 1", []any{a}})
		}
	case len(f.Teams) > 0 && len(f.Teams) <= manyValues:
		for _, team := range distinct(f.Teams) {
			for _, state := range f.states() {
				walks = append(walks, walk{where: "m.team = ? AND m.state = ?", args: []any{team, state}})
			}
		}
	default:
		for _, state := range f.states() {
			walks = append(walks, walk{where: "m.state = ?", args: []any{state}})
		}
	}
	if !byState {
		where.AnyOf("m.state", f.states())
	}
	f.conditions(t, &where)
	if f.Overdue != nil {
		where.And(map[bool]string{true: "m.due < ?", false: "m.due >= ?"}[*f.Overdue], now.UnixMicro())
	}
	return walks, where
}

// conditions are those of all fields, also of the one that is walked along: to say it twice changes nothing.
func (f Filter) conditions(t tables, where *rows.Where) {
	// One of the agencies is a party of the meeting, of which that holds.
	party := func(condition string, agencies ...string) {
		var is rows.Where
		is.And(condition)
		is.AnyOf("p.agency", agencies)
		where.And("EXISTS (SELECT 1 FROM "+t.parties.Name+" AS p"+is.Clause()+")", is.Args()...)
	}
	where.AnyOf("m.team", f.Teams)
	if len(f.Agencies) > 0 {
		party("p.meeting = m.id AND p.invited = 1", f.Agencies...)
	}
	if f.Without != "" {
		party("p.meeting = m.id AND p.absent = 1", f.Without)
	}
	if f.Party != "" {
		party("p.meeting = m.id", f.Party)
	}
	if !f.Since.IsZero() {
		where.And("m.stands >= ?", f.Since.UnixMicro())
	}
	if !f.Before.IsZero() {
		where.And("m.stands < ?", f.Before.UnixMicro())
	}
}
