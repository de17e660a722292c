package consultations

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/domain/consultation"
	"github.com/openmash/mash/services/eventstore"
)

// Name is the projection's name; version goes up with every change of what Apply writes.
const (
	Name    = "consultations"
	version = 1
)

// Projection fills the rows.
type Projection struct{ table *rows.Table }

// New makes the projection.
func New() *Projection { return &Projection{table: table(version)} }

// Name, Version and Schema are those of a projections.Projection.
func (*Projection) Name() string            { return Name }
func (*Projection) Version() int            { return version }
func (p *Projection) Schema() []*rows.Table { return []*rows.Table{p.table} }

func table(version int) *rows.Table {
	return &rows.Table{
		Name: projections.TableName(Name, version, ""),
		Columns: []rows.Column{
			// held is in microseconds since 1970, followed the number of contacts that named it.
			{Name: "id", Type: rows.Text}, {Name: "held", Type: rows.BigInt}, {Name: "agency", Type: rows.Text},
			{Name: "giver", Type: rows.Text}, {Name: "followed", Type: rows.BigInt}, {Name: "body", Type: rows.Bytes},
		},
		Key:     1,
		Indexes: [][]string{{"held", "id"}, {"agency", "held", "id"}},
	}
}

// Apply folds the consultations that the batch is about, each written once.
func (p *Projection) Apply(ctx context.Context, tx *rows.Tx, batch []eventstore.Recorded) error {
	current, err := p.load(ctx, tx, batch)
	if err != nil {
		return err
	}
	changed := map[string]bool{}
	for _, e := range batch {
		id, ok := idOf(e)
		if !ok {
			continue
		}
		if current[id], err = Apply(current[id], e); err != nil {
			return projections.Unfoldable(Name, e, err)
		}
		changed[id] = true
	}
	var written [][]any
	for _, id := range slices.Sorted(maps.Keys(changed)) {
		r := current[id]
		body, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("write consultation %s: %w", id, err)
		}
		written = append(written, []any{id, r.HeldAt.UnixMicro(), r.Agency, r.GivenBy, int64(len(r.Contacts)), body})
	}
	return p.table.Upsert(ctx, tx, written)
}

// load reads the rows that the batch goes on with.
func (p *Projection) load(ctx context.Context, tx *rows.Tx, batch []eventstore.Recorded) (map[string]*Row, error) {
	current := map[string]*Row{}
	var keys []any
	for _, e := range batch {
		id, ok := idOf(e)
		if _, asked := current[id]; ok && !asked {
			current[id] = nil
			keys = append(keys, id)
		}
	}
	err := p.table.GetMany(ctx, tx, []string{"body"}, keys, func(r *sql.Rows) error {
		row, err := rows.ScanJSON[Row](r)
		if err == nil {
			current[row.ID] = row
		}
		return err
	})
	return current, err
}

// idOf gives the consultation whose stream an event is of.
func idOf(e eventstore.Recorded) (string, bool) {
	id, ok := strings.CutPrefix(e.Stream, consultation.Stream(""))
	return id, ok && e.Message != nil
}
