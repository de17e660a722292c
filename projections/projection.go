package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/eventstore"
)

// Projection is one read model: a fold from events to rows. It holds no state of its own between batches that a rollback or
// another runner could make wrong.
type Projection interface {
	// Name is the same for all versions, a lower-case word ("triage").
	Name() string
	// Version goes up when the same events give other rows, or rows in another form.
	Version() int
	// Schema declares the tables, whose names carry the version ([TableName]).
	Schema() []*rows.Table
	// Apply folds a batch, in the order of $all, into rows, through tx only. Folding a batch whole or in parts gives the same
	// rows. Parts of events that are about people are sealed. Events it has no use for it passes over by their stream; an event
	// of a stream that it does fold and does not understand is an [Unfoldable] error.
	Apply(ctx context.Context, tx *rows.Tx, batch []eventstore.Recorded) error
}

// TableName names a table of one version of a projection; part is empty when there is only one.
func TableName(projection string, version int, part string) string {
	name := fmt.Sprintf("%s_v%d", projection, version)
	if part != "" {
		name += "_" + part
	}
	return name
}

// Errors that a caller can tell apart with errors.Is.
var (
	// ErrRebuilding means that no version of the rows has caught up with the record yet. It passes by itself.
	ErrRebuilding = errors.New("read model is being rebuilt")
	// ErrSuperseded stops a runner whose version is older than the one that readers use.
	ErrSuperseded = errors.New("a newer version of the projection is in use")
)

// UnfoldableError stops a projection at an event. It holds ids only.
type UnfoldableError struct {
	Projection, Stream, Type string
	Revision                 uint64
	Err                      error
}

// Unfoldable makes the error for an event that a projection cannot fold.
func Unfoldable(projection string, e eventstore.Recorded, err error) error {
	return &UnfoldableError{Projection: projection, Stream: e.Stream, Type: e.Type, Revision: e.Revision, Err: err}
}

func (e *UnfoldableError) Error() string {
	return fmt.Sprintf("projection %s stops at %s, revision %d of %s: %v", e.Projection, e.Type, e.Revision, e.Stream, e.Err)
}

// Unwrap gives the reason.
func (e *UnfoldableError) Unwrap() error { return e.Err }

// known refuses a batch that holds an event this release does not know.
func known(p Projection, batch []eventstore.Recorded) error {
	for _, e := range batch {
		if e.Message == nil && !strings.HasPrefix(e.Type, "$") {
			return Unfoldable(p.Name(), e, eventstore.ErrUnknownEvent)
		}
	}
	return nil
}
