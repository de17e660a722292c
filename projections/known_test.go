package projections

import (
	"context"
	"errors"
	"testing"

	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/eventstore"
)

type blank struct{}

func (blank) Name() string                                                 { return "blank" }
func (blank) Version() int                                                 { return 1 }
func (blank) Schema() []*rows.Table                                        { return nil }
func (blank) Apply(context.Context, *rows.Tx, []eventstore.Recorded) error { return nil }

func TestUnknownEventsAreNeverSkipped(t *testing.T) {
	err := known(blank{}, []eventstore.Recorded{{Type: "$metadata"}, {Stream: "contact-1", Revision: 7, Type: "mash.event.v9.Later"}})
	unfoldable, ok := errors.AsType[*UnfoldableError](err)
	if !ok || !errors.Is(err, eventstore.ErrUnknownEvent) || unfoldable.Revision != 7 {
		t.Errorf("got %v, want the unknown event of revision 7", err)
	}
	if err := known(blank{}, []eventstore.Recorded{{Type: "$metadata"}}); err != nil {
		t.Errorf("an event of the store itself: %v", err)
	}
}
