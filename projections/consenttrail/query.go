package consenttrail

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

// Filter says which overrides. Every list is "any of", an empty one means all; different fields are "and".
type Filter struct {
	// Since and Until bound the time of the proposal: at or after the one, before the other; zero: unbounded.
	Since, Until time.Time
	// Approvers are who decided; Agencies are what it covers.
	Approvers, Reasons, Agencies, Outcomes []string
	// Open, Expired and ReviewedLate are asked at the time of the query; nil: either.
	Open, Expired, ReviewedLate *bool
}

// Matches says whether an override fits the filter now; the queries below answer the same.
func (f Filter) Matches(o *Override, now time.Time) bool {
	return f.CouldMatch(o) && anyOf(f.Approvers, o.DecidedBy) && anyOf(f.Outcomes, o.Outcome) &&
		(len(f.Agencies) == 0 || slices.ContainsFunc(o.covered(), func(a string) bool { return slices.Contains(f.Agencies, a) })) &&
		same(f.Open, o.Open(now)) && same(f.Expired, o.Expired(now)) && same(f.ReviewedLate, o.ReviewedLate(now))
}

// CouldMatch says whether the override fits, fitted or may come to fit: whether what never changes about it fits.
func (f Filter) CouldMatch(o *Override) bool {
	proposed := o.ProposedAt.UnixMicro()
	return anyOf(f.Reasons, o.ReasonCode) && (f.Since.IsZero() || proposed >= f.Since.UnixMicro()) && (f.Until.IsZero() || proposed < f.Until.UnixMicro())
}

func anyOf(wanted []string, got string) bool { return len(wanted) == 0 || slices.Contains(wanted, got) }

func same(wanted *bool, got bool) bool { return wanted == nil || *wanted == got }

// Cursor is where a page ended: the place of its last override in the order.
type Cursor struct {
	Proposed int64
	ID       string
}

// Page is some overrides, latest proposal first.
type Page struct {
	Overrides []*Override
	// Next is where the next page begins, nil when there is none.
	Next *Cursor
	// Live says which rows were read and what they show.
	Live projections.Live
}

// List reads a page of at most limit overrides that follow the cursor (nil: from the beginning).
func List(ctx context.Context, db *rows.DB, f Filter, after *Cursor, limit int, now time.Time) (Page, error) {
	where := f.conditions(now)
	if after != nil {
		where.And("(proposed, id) < (?, ?)", after.Proposed, after.ID)
	}
	// One more than asked for tells whether there is a next page.
	text := where.Clause() + " ORDER BY proposed DESC, id DESC LIMIT " + strconv.Itoa(limit+1)
	found, live, err := query(ctx, db, func(string) string { return text }, where.Args())
	page := Page{Overrides: found, Live: live}
	if err == nil && len(found) > limit {
		last := found[limit-1]
		page.Overrides, page.Next = found[:limit], &Cursor{Proposed: last.ProposedAt.UnixMicro(), ID: last.ID()}
	}
	return page, err
}

// Changes reads overrides that show events after the ordinal, in the order of these, with what the read model shows in all. It reads
// limit of them at the most, and then those that show the same event as the last one: a request may rest on several. Rows are never
// removed, so one that has left a filter is among them.
func Changes(ctx context.Context, db *rows.DB, after int64, limit int) ([]*Override, projections.Live, error) {
	return query(ctx, db, func(table string) string {
		return " WHERE position > ? AND position <= (SELECT MAX(position) FROM (SELECT position FROM " + table +
			" WHERE position > ? ORDER BY position LIMIT " + strconv.Itoa(limit) + ") AS first) ORDER BY position, id"
	}, []any{after, after})
}

// Passing reads the overrides whose end is after from and not after to, or whose review came to be overdue between: those that are
// expired or reviewed late at to and were not at from.
func Passing(ctx context.Context, db *rows.DB, from, to time.Time) ([]*Override, projections.Live, error) {
	a, b := from.UnixMicro(), to.UnixMicro()
	return query(ctx, db, func(string) string {
		return " WHERE (ends > ? AND ends <= ?) OR (review_due >= ? AND review_due < ?) ORDER BY id"
	}, []any{a, b, a, b})
}

func query(ctx context.Context, db *rows.DB, text func(table string) string, args []any) (found []*Override, live projections.Live, err error) {
	err = db.View(ctx, func(tx *rows.Tx) (err error) {
		if live, err = projections.ReadLive(ctx, tx, Name); err != nil {
			return err
		}
		_, table := tables(live.Version)
		if err := tx.Each(ctx, func(r *sql.Rows) error {
			o, err := rows.ScanJSON[Override](r)
			found = append(found, o)
			return err
		}, "SELECT body FROM "+table.Name+text(table.Name), args...); err != nil {
			return fmt.Errorf("read overrides: %w", err)
		}
		return nil
	})
	return found, live, err
}

func (f Filter) conditions(now time.Time) (where rows.Where) {
	if !f.Since.IsZero() {
		where.And("proposed >= ?", f.Since.UnixMicro())
	}
	if !f.Until.IsZero() {
		where.And("proposed < ?", f.Until.UnixMicro())
	}
	where.AnyOf("approver", f.Approvers)
	where.AnyOf("reason", f.Reasons)
	where.AnyOf("outcome", f.Outcomes)
	if len(f.Agencies) > 0 {
		// In place of LIKE, which is not the same in both databases and has characters of its own: what is in the list can be cut out of it.
		one := "replace(agencies, ?, '') <> agencies"
		condition, parts := "1 = 0", []any(nil)
		for _, a := range f.Agencies {
			if a != "" && !strings.Contains(a, fence) { // what is no id would be cut out across entries
				condition, parts = condition+" OR "+one, append(parts, fenced(a))
			}
		}
		where.And("("+condition+")", parts...)
	}
	at := now.UnixMicro()
	either(&where, f.Open, "(granted = 1 AND ends > ?)", at)
	either(&where, f.Expired, "(granted = 1 AND ends <= ?)", at)
	either(&where, f.ReviewedLate, "(late = 1 OR review_due < ?)", at)
	return where
}

func either(where *rows.Where, wanted *bool, condition string, at int64) {
	switch {
	case wanted == nil:
	case *wanted:
		where.And(condition, at)
	default:
		where.And("NOT "+condition, at)
	}
}
