package consultations

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
)

// Filter says which consultations. Every list is "any of", an empty one means all; different fields are "and".
type Filter struct {
	// Since and Before bound when it was held: at or after the one, before the other; zero: unbounded.
	Since, Before time.Time
	// Agencies are the callers', GivenBy who gave the advice.
	Agencies, GivenBy []string
	// Followed asks whether a contact has named it; nil: either.
	Followed *bool
}

// Matches says whether a consultation fits the filter; List answers the same.
func (f Filter) Matches(r *Row) bool {
	held := r.HeldAt.UnixMicro()
	return (f.Since.IsZero() || held >= f.Since.UnixMicro()) && (f.Before.IsZero() || held < f.Before.UnixMicro()) &&
		(len(f.Agencies) == 0 || slices.Contains(f.Agencies, r.Agency)) && (len(f.GivenBy) == 0 || slices.Contains(f.GivenBy, r.GivenBy)) &&
		(f.Followed == nil || *f.Followed == (len(r.Contacts) > 0))
}

// Cursor is where a page ended: the place of its last consultation in the order.
type Cursor struct {
	Held int64
	ID   string
}

// Page is some consultations, the one that was held last first.
type Page struct {
	Rows []*Row
	// Next is where the next page begins, nil when there is none.
	Next *Cursor
	// Live says which rows were read and what they show.
	Live projections.Live
}

// List reads a page of at most limit consultations that follow the cursor (nil: from the beginning).
func List(ctx context.Context, db *rows.DB, f Filter, after *Cursor, limit int) (page Page, err error) {
	err = db.View(ctx, func(tx *rows.Tx) (err error) {
		if page.Live, err = projections.ReadLive(ctx, tx, Name); err != nil {
			return err
		}
		text, args := f.query(table(page.Live.Version).Name, after, limit)
		if err := tx.Each(ctx, func(r *sql.Rows) error {
			row, err := rows.ScanJSON[Row](r)
			page.Rows = append(page.Rows, row)
			return err
		}, text, args...); err != nil {
			return fmt.Errorf("read consultations: %w", err)
		}
		return nil
	})
	if err == nil && len(page.Rows) > limit {
		last := page.Rows[limit-1]
		page.Rows, page.Next = page.Rows[:limit], &Cursor{Held: last.HeldAt.UnixMicro(), ID: last.ID}
	}
	return page, err
}

// query asks for one row more than the page has: it tells whether there is a next one.
func (f Filter) query(table string, after *Cursor, limit int) (text string, args []any) {
	var where rows.Where
	if !f.Since.IsZero() {
		where.And("held >= ?", f.Since.UnixMicro())
	}
	if !f.Before.IsZero() {
		where.And("held < ?", f.Before.UnixMicro())
	}
	where.AnyOf("agency", f.Agencies)
	where.AnyOf("giver", f.GivenBy)
	if f.Followed != nil {
		where.And(map[bool]string{true: "followed > 0", false: "followed = 0"}[*f.Followed])
	}
	if after != nil {
		where.And("(held, id) < (?, ?)", after.Held, after.ID)
	}
	return "SELECT body FROM " + table + where.Clause() + " ORDER BY held DESC, id DESC LIMIT " + strconv.Itoa(limit+1), where.Args()
}
