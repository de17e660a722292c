package strategymeetings

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
)

// tables are what the rows of a meeting are written to: itself, and what lists of something else walk along. Times are microseconds since
// 1970; stands, in all of them, is the meeting's place in lists.
type tables struct{ events, meetings, parties, contacts, actions, conferences *rows.Table }

func (t tables) all() []*rows.Table {
	return []*rows.Table{t.events, t.meetings, t.parties, t.contacts, t.actions, t.conferences}
}

func tablesOf(version int) tables {
	text := func(names ...string) (all []rows.Column) {
		for _, n := range names {
			all = append(all, rows.Column{Name: n, Type: rows.Text})
		}
		return all
	}
	numbers := func(all []rows.Column, names ...string) []rows.Column {
		for _, n := range names {
			all = append(all, rows.Column{Name: n, Type: rows.BigInt})
		}
		return all
	}
	body := func(all []rows.Column) []rows.Column { return append(all, rows.Column{Name: "body", Type: rows.Bytes}) }
	name := func(part string) string { return projections.TableName(Name, version, part) }
	return tables{
		events: &rows.Table{
			Name: name("events"), Key: 2, Columns: []rows.Column{
				{Name: "meeting", Type: rows.Text}, {Name: "revision", Type: rows.BigInt},
				{Name: "type", Type: rows.Text}, {Name: "data", Type: rows.Bytes}, {Name: "metadata", Type: rows.Bytes},
			},
		},
		meetings: &rows.Table{
			Name: name("meetings"), Key: 1, Columns: body(numbers(text("id", "state", "team"), "stands", "due", "position")),
			Indexes: [][]string{{"state", "stands", "id"}, {"team", "state", "stands", "id"}, {"due"}, {"position"}},
		},
		// held is when a meeting was held that the agency was invited to, else never.
		parties: &rows.Table{
			Name: name("parties"), Key: 2,
			Columns: numbers(text("meeting", "agency", "sector"), "stands", "held", "invited", "present", "absent", "apologies", "wrote"),
			Indexes: [][]string{{"agency", "stands", "meeting"}, {"held"}},
		},
		contacts: &rows.Table{
			Name: name("contacts"), Key: 2, Columns: numbers(text("meeting", "contact"), "stands"), Indexes: [][]string{{"contact", "stands", "meeting"}},
		},
		actions: &rows.Table{
			Name: name("actions"), Key: 2, Columns: body(numbers(text("meeting", "action", "agency", "state"), "due")),
			Indexes: [][]string{{"state", "due", "meeting", "action"}, {"agency", "state", "due", "meeting", "action"}},
		},
		// due is never once nothing is.
		conferences: &rows.Table{
			Name: name("conferences"), Key: 2, Columns: body(numbers(text("meeting", "kind"), "due")),
			Indexes: [][]string{{"due", "meeting", "kind"}, {"kind", "due", "meeting"}},
		},
	}
}

// write writes the rows of meetings to all tables. Nothing is ever taken out of them: what is no longer so says so.
func (t tables) write(ctx context.Context, tx *rows.Tx, all Meetings, changed []string) error {
	var meetings, parties, contacts, actions, conferences [][]any
	for _, id := range changed {
		r := all[id]
		own, err := r.columns()
		if err != nil {
			return fmt.Errorf("write the row of meeting %s: %w", id, err)
		}
		meetings = append(meetings, own)
		parties = append(parties, r.partyRows()...)
		contacts = append(contacts, r.contactRows()...)
		for _, a := range r.Actions {
			body, err := json.Marshal(MeetingAction{Meeting: id, Reference: r.Reference, Action: a})
			if err != nil {
				return fmt.Errorf("write an action of meeting %s: %w", id, err)
			}
			actions = append(actions, []any{id, a.ID, a.Agency, a.State, micro(a.Due), body})
		}
		due, err := r.conferenceRows()
		if err != nil {
			return fmt.Errorf("write what is due of meeting %s: %w", id, err)
		}
		conferences = append(conferences, due...)
	}
	for _, w := range []struct {
		table *rows.Table
		rows  [][]any
	}{{t.meetings, meetings}, {t.parties, parties}, {t.contacts, contacts}, {t.actions, actions}, {t.conferences, conferences}} {
		if err := w.table.Upsert(ctx, tx, w.rows); err != nil {
			return err
		}
	}
	return nil
}

func (r *Row) columns() ([]any, error) {
	body, err := json.Marshal(r)
	return []any{r.ID, r.State, r.OwnerTeam, r.Stands().UnixMicro(), r.due(), r.Position, body}, err
}

func (r *Row) partyRows() (all [][]any) {
	for _, p := range r.Parties {
		held := int64(never)
		if r.State == Concluded && p.Invited {
			held = micro(r.HeldAt)
		}
		all = append(all, []any{
			r.ID, p.Agency, p.Sector, r.Stands().UnixMicro(), held, number(p.Invited), number(p.Present), number(p.Absent), number(p.Apologies), number(p.Wrote),
		})
	}
	return all
}

func (r *Row) contactRows() (all [][]any) {
	var seen []string
	for _, c := range r.Children {
		if c.Contact != "" && !slices.Contains(seen, c.Contact) {
			seen = append(seen, c.Contact)
			all = append(all, []any{r.ID, c.Contact, r.Stands().UnixMicro()})
		}
	}
	return all
}

// MeetingAction is an action, and the meeting it is of.
type MeetingAction struct {
	Meeting, Reference string
	Action
}

// The kinds of what follows from enquiries.
const (
	conference = "conference"
	coreGroup  = "core-group"
	review     = "review"
)

// Conference is a conference, core group or review of a meeting's children; the Clock is nil once none is due.
type Conference struct {
	Meeting, Reference, Kind, OwnerTeam string
	Children                            []string
	Clock                               *Clock `json:",omitempty"`
}

// conferenceRows are written for every meeting, due or not, so that one which is no longer due is not left behind.
func (r *Row) conferenceRows() (all [][]any, err error) {
	first := Conference{Kind: conference}
	for _, q := range r.Enquiries {
		if q.Starter != r.ID || !q.awaits() {
			continue
		}
		first.Children = append(first.Children, q.StarterChild)
		if first.Clock == nil || q.Conference.Due.Before(first.Clock.Due) {
			first.Clock = q.Conference
		}
	}
	for _, c := range []Conference{
		first, {Kind: coreGroup, Children: r.OnPlan, Clock: r.CoreGroup}, {Kind: review, Children: r.OnPlan, Clock: r.Review},
	} {
		c.Meeting, c.Reference, c.OwnerTeam = r.ID, r.Reference, r.OwnerTeam
		body, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		all = append(all, []any{r.ID, c.Kind, due(c.Clock), body})
	}
	return all, nil
}

// Overdue says whether it is due and that has passed.
func (c Conference) Overdue(now time.Time) bool { return due(c.Clock) < now.UnixMicro() }

func number(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
