package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/domain/consultation"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

// Config holds the parts that an outbox works with; all but Logger and NoteEvery are required.
type Config struct {
	Store    *eventstore.Store
	Bus      *bus.Bus
	Registry *agencies.Registry
	// Now is the hub's clock: whether a consent or override is still in force when a message goes out is asked of it.
	Now func() time.Time
	// NoteEvery is how many messages are published between two notes of a cursor at most; 0 is 100.
	NoteEvery int
	Logger    *slog.Logger
}

// Outbox publishes for all agencies of the registry.
type Outbox struct {
	Config
	shelf    *shelf
	messages *prometheus.CounterVec
}

// New prepares an outbox; Run starts it.
func New(c Config) *Outbox {
	if c.NoteEvery <= 0 {
		c.NoteEvery = 100
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Outbox{Config: c, shelf: newShelf(), messages: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "mash_outbox_messages_total", Help: "Messages for agencies, by outcome: published, found (in OUT already), withheld, refused.",
	}, []string{"agency", "outcome"})}
}

// Collectors are the metrics of this package, for the registry of the hub.
func (o *Outbox) Collectors() []prometheus.Collector { return []prometheus.Collector{o.messages} }

// Run publishes until ctx ends, then notes how far it has got and returns nil. It fails when going on makes no sense for one agency: its
// cursor is of another store or beyond this one's end, or the record holds what this release does not know.
func (o *Outbox) Run(ctx context.Context) error {
	var feeds []*feed
	for _, a := range o.Registry.All() {
		f := o.feed(a)
		if err := f.retry(ctx, f.resume); err != nil {
			return unlessEnded(ctx, err)
		}
		feeds = append(feeds, f)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, f := range feeds {
		group.Go(func() error { return f.run(ctx) })
	}
	group.Go(func() error { return unlessEnded(ctx, o.read(ctx, feeds)) })
	return group.Wait()
}

// read follows the record once for all agencies, from where the first of them was.
func (o *Outbox) read(ctx context.Context, feeds []*feed) error {
	from := slices.MinFunc(feeds, func(a, b *feed) int { return a.from.Compare(b.from) }).from
	return o.Store.Subscribe(ctx, eventstore.Subscription{
		After: from, Sealed: true, Prefixes: []string{contact.Stream(""), meetingStream, consultation.Stream("")},
		Handle: func(_ context.Context, b eventstore.Batch) error {
			for _, f := range feeds {
				f.take(b)
			}
			return nil
		},
	})
}

func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("outbox: %w", err)
}
