package triage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

// Name is the projection's name; version goes up with every change of fold, codec or columns.
const (
	Name    = "triage"
	version = 7
)

// Projection fills the rows.
type Projection struct{ table *rows.Table }

// New makes the projection.
func New() *Projection { return &Projection{table: tableOf(version)} }

// Name, Version and Schema are those of a projections.Projection.
func (*Projection) Name() string            { return Name }
func (*Projection) Version() int            { return version }
func (p *Projection) Schema() []*rows.Table { return []*rows.Table{p.table} }

// The conditions of the indexes that hold few rows, said by the queries that read off them.
const (
	awaitsMeeting = "meeting <> ''"
	awaitsSchool  = "schools < 9223372036854775807" // never
)

func tableOf(version int) *rows.Table {
	return &rows.Table{
		Name: projections.TableName(Name, version, ""),
		Columns: []rows.Column{
			{Name: "id", Type: rows.Text},
			{Name: "state", Type: rows.Text}, {Name: "rank", Type: rows.BigInt}, {Name: "due", Type: rows.BigInt}, {Name: "received", Type: rows.BigInt},
			{Name: "rating", Type: rows.Text}, {Name: "team", Type: rows.Text}, {Name: "worker", Type: rows.Text},
			{Name: "agency", Type: rows.Text}, {Name: "work_type", Type: rows.Text},
			{Name: "meeting", Type: rows.Text}, {Name: "meeting_due", Type: rows.BigInt},
			{Name: "schools", Type: rows.BigInt}, {Name: "position", Type: rows.BigInt}, {Name: "body", Type: rows.Bytes},
		},
		Key: 1,
		Indexes: [][]string{
			// One for each column to walk by. None on the due time alone: PostgreSQL would walk all of it for want of rare states.
			{"state", "rank", "due", "received", "id"},
			{"worker", "state", "rank", "due", "received", "id"},
			{"team", "state", "rank", "due", "received", "id"},
			{"agency", "state", "rank", "due", "received", "id"},
			{"work_type", "state", "rank", "due", "received", "id"},
			{"rating", "state", "rank", "due", "received", "id"},
			{"position"},
		},
		// What few contacts have.
		Partial: []rows.Partial{
			{Columns: []string{"meeting", "state", "rank", "due", "received", "id"}, Where: awaitsMeeting},
			{Columns: []string{"schools", "id"}, Where: awaitsSchool},
		},
	}
}

func (r *Row) columns() ([]any, error) {
	body, err := r.marshal()
	if err != nil {
		return nil, err
	}
	return []any{
		r.Contact.ID, r.State(), r.rank(), r.due(), r.ReceivedAt.UnixMicro(),
		r.Contact.Rating, r.Contact.Team, r.Contact.Worker, r.Agency, r.WorkType, r.meeting(), r.meetingDue(), r.SchoolsDue(), r.Position, body,
	}, nil
}

// Apply folds a batch: it reads the rows it needs at once, folds in memory, and writes each changed row once.
func (p *Projection) Apply(ctx context.Context, tx *rows.Tx, batch []eventstore.Recorded) error {
	current, err := p.load(ctx, tx, batch)
	if err != nil {
		return err
	}
	var changed []string
	seen := make(map[string]bool, len(batch)/4)
	for _, e := range batch {
		id, ok := contactID(e)
		if !ok {
			continue
		}
		row, err := Apply(current[id], e)
		if err == nil && row.Contact.ID != id {
			err = fmt.Errorf("an event of contact %s in the stream of another", row.Contact.ID)
		}
		if err != nil {
			return projections.Unfoldable(Name, e, err)
		}
		current[id] = row
		if !seen[id] {
			seen[id] = true
			changed = append(changed, id)
		}
	}
	all := make([][]any, len(changed))
	for i, id := range changed {
		if all[i], err = current[id].columns(); err != nil {
			return fmt.Errorf("write the row of contact %s: %w", id, err)
		}
	}
	return p.table.Upsert(ctx, tx, all)
}

// load reads the rows of the contacts that the batch goes on with. A contact that begins in it has none.
func (p *Projection) load(ctx context.Context, tx *rows.Tx, batch []eventstore.Recorded) (map[string]*Row, error) {
	current := make(map[string]*Row, len(batch)/4)
	var keys []any
	for _, e := range batch {
		id, ok := contactID(e)
		if _, known := current[id]; !ok || known {
			continue
		}
		current[id] = nil
		if e.Revision > 0 {
			keys = append(keys, id)
		}
	}
	err := p.table.GetMany(ctx, tx, []string{"body"}, keys, func(r *sql.Rows) error {
		row, err := scan(r)
		if err == nil {
			current[row.Contact.ID] = row
		}
		return err
	})
	return current, err
}

func scan(r *sql.Rows) (*Row, error) {
	var body sql.RawBytes
	if err := r.Scan(&body); err != nil {
		return nil, err
	}
	return unmarshal(body)
}

// contactID gives the contact whose stream an event is of.
func contactID(e eventstore.Recorded) (string, bool) {
	id, ok := strings.CutPrefix(e.Stream, contact.Stream(""))
	return id, ok && e.Message != nil
}
