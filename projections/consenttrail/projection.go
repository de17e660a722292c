package consenttrail

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

// Name is the projection's name; version goes up with every change of what Apply writes.
const (
	Name    = "consenttrail"
	version = 1
)

// never is a time that does not come, in microseconds since 1970.
const never = math.MaxInt64

// Projection fills the rows.
type Projection struct{ steps, overrides *rows.Table }

// New makes the projection.
func New() *Projection {
	steps, overrides := tables(version)
	return &Projection{steps: steps, overrides: overrides}
}

// Name, Version and Schema are those of a projections.Projection.
func (*Projection) Name() string            { return Name }
func (*Projection) Version() int            { return version }
func (p *Projection) Schema() []*rows.Table { return []*rows.Table{p.steps, p.overrides} }

func tables(version int) (steps, overrides *rows.Table) {
	steps = &rows.Table{
		Name: projections.TableName(Name, version, "steps"),
		Columns: []rows.Column{
			{Name: "contact", Type: rows.Text}, {Name: "revision", Type: rows.BigInt},
			{Name: "type", Type: rows.Text}, {Name: "data", Type: rows.Bytes}, {Name: "metadata", Type: rows.Bytes},
		},
		Key: 2,
	}
	overrides = &rows.Table{
		Name: projections.TableName(Name, version, "overrides"),
		Columns: []rows.Column{
			{Name: "id", Type: rows.Text}, {Name: "proposed", Type: rows.BigInt}, {Name: "approver", Type: rows.Text},
			{Name: "reason", Type: rows.Text}, {Name: "outcome", Type: rows.Text}, {Name: "agencies", Type: rows.Text},
			// granted is 1 while no review has ended what was granted; ends is 0 once the end is on record.
			{Name: "granted", Type: rows.BigInt}, {Name: "ends", Type: rows.BigInt},
			{Name: "late", Type: rows.BigInt}, {Name: "review_due", Type: rows.BigInt},
			{Name: "position", Type: rows.BigInt}, {Name: "body", Type: rows.Bytes},
		},
		Key:     1,
		Indexes: [][]string{{"proposed", "id"}, {"ends"}, {"review_due"}, {"position"}},
	}
	return steps, overrides
}

func (o *Override) columns() ([]any, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	return []any{
		o.ID(), o.ProposedAt.UnixMicro(), o.DecidedBy, o.ReasonCode, o.Outcome, fenced(o.covered()...),
		number(o.granted() && !o.Ended), o.until(), number(o.WasLate), o.reviewDue(), o.Position, body,
	}, nil
}

// fence stands around each entry of a list in one column; no id of an organisation has it.
const fence = "|"

func fenced(list ...string) string { return fence + strings.Join(list, fence) + fence }

func number(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// Apply copies the steps of the trails and folds the overrides that the batch is about, each written once.
func (p *Projection) Apply(ctx context.Context, tx *rows.Tx, batch []eventstore.Recorded) error {
	current, err := p.load(ctx, tx, batch)
	if err != nil {
		return err
	}
	var steps [][]any
	var changed []string
	for _, e := range batch {
		contactID, ok := strings.CutPrefix(e.Stream, contact.Stream(""))
		if !ok || e.Message == nil {
			continue
		}
		if step, ok := stepRow(contactID, e); ok {
			steps = append(steps, step)
		}
		for _, id := range about(e) {
			at := key(contactID, id)
			current[at] = Apply(current[at], contactID, id, e)
			if current[at] != nil && !slices.Contains(changed, at) {
				changed = append(changed, at)
			}
		}
	}
	if err := p.steps.Upsert(ctx, tx, steps); err != nil {
		return err
	}
	all := make([][]any, len(changed))
	for i, at := range changed {
		if all[i], err = current[at].columns(); err != nil {
			return fmt.Errorf("write override %s: %w", at, err)
		}
	}
	return p.overrides.Upsert(ctx, tx, all)
}

// stepRow is an event of a trail as it is kept. The receipt is kept too, without what it says: it tells that there is such a contact.
func stepRow(contactID string, e eventstore.Recorded) ([]any, bool) {
	data := e.Raw
	if _, first := e.Message.(*eventpb.ContactReceived); first {
		data = []byte{}
	} else if !isStep(e.Message) {
		return nil, false
	}
	return []any{contactID, int64(e.Revision), e.Type, data, e.RawMetadata}, true
}

// load reads the rows of the overrides that the batch is about.
func (p *Projection) load(ctx context.Context, tx *rows.Tx, batch []eventstore.Recorded) (map[string]*Override, error) {
	current := map[string]*Override{}
	var keys []any
	for _, e := range batch {
		contactID, ok := strings.CutPrefix(e.Stream, contact.Stream(""))
		if !ok {
			continue
		}
		for _, id := range about(e) {
			at := key(contactID, id)
			if _, asked := current[at]; !asked {
				current[at] = nil
				keys = append(keys, at)
			}
		}
	}
	err := p.overrides.GetMany(ctx, tx, []string{"body"}, keys, func(r *sql.Rows) error {
		o, err := rows.ScanJSON[Override](r)
		if err == nil {
			current[o.ID()] = o
		}
		return err
	})
	return current, err
}
