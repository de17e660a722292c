package strategymeetings

import (
	"context"
	"database/sql"
	"strings"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// Name is the projection's name; version goes up with every change of what Apply writes.
const (
	Name    = "strategymeetings"
	version = 1
)

// Projection fills the rows.
type Projection struct{ tables tables }

// New makes the projection.
func New() *Projection { return &Projection{tables: tablesOf(version)} }

// Name, Version and Schema are those of a projections.Projection.
func (*Projection) Name() string            { return Name }
func (*Projection) Version() int            { return version }
func (p *Projection) Schema() []*rows.Table { return p.tables.all() }

// Apply copies the events of meetings and folds their rows, each written once.
func (p *Projection) Apply(ctx context.Context, tx *rows.Tx, batch []eventstore.Recorded) error {
	meetings, err := p.load(ctx, tx, batch)
	if err != nil {
		return err
	}
	var events [][]any
	var changed []string
	seen := map[string]bool{}
	for _, e := range batch {
		id, ok := meetingID(e)
		if !ok {
			continue
		}
		events = append(events, []any{id, int64(e.Revision), e.Type, e.Raw, e.RawMetadata})
		ids, err := meetings.Apply(id, e)
		if err != nil {
			return projections.Unfoldable(Name, e, err)
		}
		for _, id := range ids {
			if !seen[id] {
				seen[id] = true
				changed = append(changed, id)
			}
		}
	}
	if err := p.tables.events.Upsert(ctx, tx, events); err != nil {
		return err
	}
	return p.tables.write(ctx, tx, meetings, changed)
}

// load reads the rows of the meetings that the batch is about, and of those that share enquiries with them.
func (p *Projection) load(ctx context.Context, tx *rows.Tx, batch []eventstore.Recorded) (Meetings, error) {
	found, asked := Meetings{}, map[string]bool{}
	get := func(ids []string) error {
		var keys []any
		for _, id := range ids {
			if !asked[id] {
				asked[id] = true
				keys = append(keys, id)
			}
		}
		return p.tables.meetings.GetMany(ctx, tx, []string{"body"}, keys, func(r *sql.Rows) error {
			row, err := rows.ScanJSON[Row](r)
			if err == nil {
				found[row.ID] = row
			}
			return err
		})
	}
	var ids []string
	for _, e := range batch {
		if id, ok := meetingID(e); ok && e.Revision > 0 {
			ids = append(ids, id)
		}
		ids = append(ids, starters(e.Message)...)
	}
	if err := get(ids); err != nil {
		return nil, err
	}
	ids = nil
	for _, r := range found {
		ids = append(ids, r.Carriers...)
	}
	return found, get(ids)
}

// meetingID gives the meeting whose stream an event is of.
func meetingID(e eventstore.Recorded) (string, bool) {
	id, ok := strings.CutPrefix(e.Stream, strategymeeting.Stream(""))
	return id, ok && e.Message != nil
}
