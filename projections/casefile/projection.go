package casefile

import (
	"context"
	"maps"
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
	Name    = "casefile"
	version = 1
)

// Projection fills the rows.
type Projection struct{ events, links *rows.Table }

// New makes the projection.
func New() *Projection {
	events, links := tables(version)
	return &Projection{events: events, links: links}
}

// Name, Version and Schema are those of a projections.Projection.
func (*Projection) Name() string            { return Name }
func (*Projection) Version() int            { return version }
func (p *Projection) Schema() []*rows.Table { return []*rows.Table{p.events, p.links} }

func tables(version int) (events, links *rows.Table) {
	events = &rows.Table{
		Name: projections.TableName(Name, version, "events"),
		Columns: []rows.Column{
			{Name: "contact", Type: rows.Text}, {Name: "revision", Type: rows.BigInt},
			{Name: "type", Type: rows.Text}, {Name: "data", Type: rows.Bytes}, {Name: "metadata", Type: rows.Bytes},
			{Name: "position", Type: rows.BigInt},
		},
		Key: 2,
	}
	links = &rows.Table{
		Name: projections.TableName(Name, version, "links"),
		// An undone link stays as a row with an empty duplicate_of.
		Columns: []rows.Column{{Name: "contact", Type: rows.Text}, {Name: "duplicate_of", Type: rows.Text}},
		Key:     1,
		Indexes: [][]string{{"duplicate_of", "contact"}},
	}
	return events, links
}

// Apply copies the events of contacts, and keeps the last link of each. What an event means is found out when a file is read, so
// there is none that it could not fold; one this release does not know has stopped the runner before.
func (p *Projection) Apply(ctx context.Context, tx *rows.Tx, batch []eventstore.Recorded) error {
	var events [][]any
	links := map[string]string{}
	for _, e := range batch {
		id, ok := strings.CutPrefix(e.Stream, contact.Stream(""))
		if !ok || e.Message == nil {
			continue
		}
		events = append(events, []any{id, int64(e.Revision), e.Type, e.Raw, e.RawMetadata, e.Position.Ordinal()})
		switch m := e.Message.(type) {
		case *eventpb.ContactLinkedAsDuplicate:
			links[id] = m.GetDuplicateOf()
		case *eventpb.ContactUnlinked:
			links[id] = ""
		}
	}
	if err := p.events.Upsert(ctx, tx, events); err != nil {
		return err
	}
	var changed [][]any
	for _, id := range slices.Sorted(maps.Keys(links)) {
		changed = append(changed, []any{id, links[id]})
	}
	return p.links.Upsert(ctx, tx, changed)
}
