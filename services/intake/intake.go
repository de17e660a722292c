package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"buf.build/go/protovalidate"

	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/practice"
)

// Vault keeps the bytes of messages that were rejected, sealed and within a quota per agency.
type Vault interface {
	// Keep stores a payload and its headers; kept is false when the agency's quota is used up. The same id again changes nothing.
	Keep(ctx context.Context, agency, id string, payload []byte, header map[string][]string) (kept bool, err error)
	// Discard deletes it, which gives its room back; discarding what is not there is no error.
	Discard(ctx context.Context, agency, id string) error
}

// Config holds the parts that intake works with; all but Logger and InFlight are required.
type Config struct {
	Bus      *bus.Bus
	Registry *agencies.Registry
	Casework *casework.Service
	Vault    Vault
	Profile  practice.Profile
	// Now is the hub's clock. The time of a sender is never used for it.
	Now func() time.Time
	// InFlight is the number of messages of one agency that are handled at once; 0 is 256.
	InFlight int
	Logger   *slog.Logger
}

// Intake handles the inbound streams of all agencies.
type Intake struct {
	Config
	validator protovalidate.Validator
	handled   counters
}

// New prepares an intake; Run starts it.
func New(c Config) (*Intake, error) {
	if c.InFlight == 0 {
		c.InFlight = 256
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	v, err := newValidator()
	if err != nil {
		return nil, fmt.Errorf("prepare validation rules: %w", err)
	}
	return &Intake{Config: c, validator: v, handled: newCounters()}, nil
}

// Run handles messages until ctx ends. It then takes no more, finishes those it has begun, and returns. What was not begun stays queued.
func (i *Intake) Run(ctx context.Context) error {
	var lanes []*lanes
	var stops []func()
	drain := func() {
		var all sync.WaitGroup
		for n := range stops {
			all.Go(func() { stops[n](); lanes[n].wait() })
		}
		all.Wait()
	}
	// Work that was begun is finished: it must not end half way when ctx does.
	work := context.WithoutCancel(ctx)
	for _, a := range i.Registry.All() {
		l := newLanes(func(d bus.Delivery) { i.handle(work, d) })
		stop, err := i.Bus.Subscribe(a.ID, i.InFlight, func(d bus.Delivery) { l.add(laneKey(d), d) })
		if err != nil {
			drain()
			return fmt.Errorf("take messages of %s: %w", a.ID, err)
		}
		lanes, stops = append(lanes, l), append(stops, stop)
	}
	<-ctx.Done()
	drain()
	return nil
}

// handle is the way of one message: verify, validate, translate, command, settle.
func (i *Intake) handle(ctx context.Context, d bus.Delivery) {
	ctx, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	defer i.recoverFrom(ctx, d)

	msg, err := i.verify(d)
	if err == nil {
		err = i.validate(msg)
	}
	var result casework.Result
	if err == nil {
		var command command
		if command, err = i.translate(msg); err == nil {
			result, err = command(ctx)
		}
	}
	i.settle(ctx, d, msg, result, err)
}

// handleTimeout bounds the handling of one message, so that a store that does not answer frees the lane. It is below the redelivery time of
// the bus: a message is never handled twice at once.
const handleTimeout = 20 * time.Second

// recoverFrom gives back a message whose handling panicked. It is our fault and not the sender's: the message is kept, others go on, and
// only after maxPanics deliveries is it quarantined.
func (i *Intake) recoverFrom(ctx context.Context, d bus.Delivery) {
	p := recover()
	if p == nil {
		return
	}
	// Neither the panic's text nor its stack's arguments are logged: they may hold what the message says.
	i.Logger.Error("handling a message panicked", "agency", d.Agency, "sequence", d.Sequence, "delivery", d.NumDelivered, "at", panicSite())
	if d.NumDelivered < maxPanics {
		d.Nak(backoff(d.NumDelivered))
		return
	}
	msg, _ := open(d)
	i.settle(ctx, d, msg, casework.Result{}, errCannotProcess)
}

const maxPanics = 5

var errCannotProcess = reject(ReasonCannotProcess, "the hub could not process this message", "nothing: the hub's operators have been told and will retry it")

// isRejection tells what can never be accepted from what cannot be done just now.
func isRejection(err error) bool {
	var r *Rejected
	return errors.As(err, &r)
}
