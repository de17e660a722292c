package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/encoding/protojson"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/eventstore"
)

// A stretch is what is measured in one go.
type stretch struct {
	name     string
	agencies []string
	courses  []*course
	events   int // that each contact has
	schedule []time.Duration
}

// stretches are requests spread over four agencies, all to one, and spread and about contacts that have many events, of which there are
// fewer, so that each is asked about several times.
func (c *caseRun) stretches(round uint64) ([]stretch, error) {
	all := []stretch{
		{name: warmingUp, agencies: asked[:], events: consented},
		{name: "", agencies: asked[:], events: consented},
		{name: ", all for one agency", agencies: asked[:1], events: consented},
		{name: fmt.Sprintf(", contacts of %d events", c.events), agencies: asked[:], events: whole(c.events)},
	}
	total := 0
	for i := range all {
		end := c.settle + c.watch
		if all[i].name == warmingUp {
			end = c.settle
		}
		all[i].schedule = arrivals(c.rate, end, rand.New(rand.NewPCG(seed, round*10+uint64(i))))
		total += len(all[i].schedule)
	}
	courses, err := newCourses(total, func(int) time.Time { return lately })
	for i := range all {
		n := len(all[i].schedule)
		if all[i].events > consented {
			n = c.long
			all[i].schedule = all[i].schedule[:min(len(all[i].schedule), n*len(asked)*(len(categories)-1))]
		}
		all[i].courses, courses = courses[:n], courses[n:]
	}
	return all, err
}

// deliveries measures how long it takes from the acknowledged append of a request for information until the agency has the message.
func (c *caseRun) deliveries(ctx context.Context, round uint64) error {
	all, err := c.stretches(round)
	if err != nil {
		return err
	}
	writing := func(ctx context.Context, store *eventstore.Store) error {
		for _, st := range all {
			if err := write(ctx, store, c.profile, st.courses, st.events, 10); err != nil {
				return err
			}
		}
		return nil
	}
	return c.withContacts(ctx, "outbox", writing, func(ctx context.Context, s *site) error {
		store, err := s.openStore(ctx)
		if err != nil {
			return err
		}
		service := c.service(s, store, 0)
		for _, st := range all {
			watch := startWatch()
			took, err := c.deliver(ctx, s, service, st)
			if err != nil {
				return fmt.Errorf("from the record to the agency%s: %w", st.name, err)
			}
			if st.name == warmingUp {
				continue
			}
			c.recordCPU(deliveredP50+st.name+": processor's time each", watch, len(st.schedule))
			c.record(deliveredP50+st.name, "ms", milliseconds(quantile(took, 0.5)))
			c.record(deliveredP99+st.name, "ms", milliseconds(quantile(took, 0.99)))
		}
		return nil
	})
}

const (
	deliveredP50 = "event recorded to message with the agency, p50"
	// warmingUp is the stretch that waits until the outbox, which finds a record full of questions that were answered, has passed them.
	warmingUp = ", while it warms up"
	// passing is how long that may take.
	passing = 5 * time.Minute
)

// A delivery is one request on its way.
type delivery struct {
	recorded, received time.Time
}

// A desk is where deliveries meet: what was recorded, and what came.
type desk struct {
	mu   sync.Mutex
	all  map[string]*delivery // by contact, request and agency
	left int
	done chan struct{}
}

func (d *desk) note(contactID, requestID, agency string, set func(*delivery)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := contactID + "/" + requestID + "/" + agency
	if d.all[key] == nil {
		d.all[key] = &delivery{}
	}
	set(d.all[key])
	if whole := d.all[key]; !whole.recorded.IsZero() && !whole.received.IsZero() {
		if d.left--; d.left == 0 {
			close(d.done)
		}
	}
}

// deliver records each request when it is due, whatever became of those before it, and waits until all have come.
func (c *caseRun) deliver(ctx context.Context, s *site, service *casework.Service, st stretch) ([]time.Duration, error) {
	d := &desk{all: map[string]*delivery{}, left: len(st.schedule), done: make(chan struct{})}
	stop, err := s.receive(ctx, st.agencies, d)
	if err != nil {
		return nil, err
	}
	defer stop()
	asking, asks := errgroup.WithContext(ctx)
	begun := time.Now()
	for i, at := range st.schedule {
		if err := sleepUntil(ctx, begun.Add(at)); err != nil {
			return nil, err
		}
		turn := i / len(st.courses)
		agency, category := st.agencies[(i+turn)%len(st.agencies)], categories[1+turn/len(st.agencies)]
		asking.Go(func() error { return askNow(asks, service, st.courses[i%len(st.courses)], agency, category, d) })
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, passing, errors.New("not every message came in time"))
	defer cancel()
	select {
	case <-d.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if st.name == warmingUp {
		return nil, nil
	}
	return d.took(begun.Add(c.settle)), nil
}

// took gives how long those took that were recorded after a time.
func (d *desk) took(after time.Time) (took []time.Duration) {
	for _, one := range d.all {
		if one.recorded.After(after) {
			took = append(took, max(0, one.received.Sub(one.recorded)))
		}
	}
	return took
}

func askNow(ctx context.Context, service *casework.Service, course *course, agency, category string, d *desk) error {
	m := move{access.SocialWorker, "worker-1", ask(agency, category)}
	result, err := service.HandleContact(ctx, course.id, m.command, m.origin(), nil)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, e := range result.Events {
		if e, ok := e.(*eventpb.InformationRequested); ok {
			d.note(course.id, e.GetRequestId(), agency, func(one *delivery) { one.recorded = now })
		}
	}
	return nil
}

// receive takes messages as each of the agencies, with its own credentials, until stop is called.
func (s *site) receive(ctx context.Context, agencies []string, d *desk) (stop func(), err error) {
	streams, err := s.streams(agencies)
	if err != nil {
		return nil, err
	}
	var all []jetstream.ConsumeContext
	stop = func() {
		for _, c := range all {
			c.Stop()
			<-c.Closed()
		}
	}
	for agency, js := range streams {
		consumer, err := js.Consumer(ctx, bus.StreamOut, bus.ConsumerOut)
		if err == nil {
			var consuming jetstream.ConsumeContext
			if consuming, err = consumer.Consume(func(m jetstream.Msg) { d.take(agency, m) }); err == nil {
				all = append(all, consuming)
			}
		}
		if err != nil {
			stop()
			return nil, fmt.Errorf("receive as %s: %w", agency, err)
		}
	}
	return stop, nil
}

// take notes a message of OUT. One that is not of this measurement, or cannot be read, is not waited for either.
func (d *desk) take(agency string, m jetstream.Msg) {
	now := time.Now()
	var request intakepb.InformationRequest
	if protojson.Unmarshal(m.Data(), &request) == nil && request.GetNotice() == "request" {
		d.note(request.GetContactId(), request.GetRequestId(), agency, func(one *delivery) { one.received = now })
	}
	_ = m.Ack() // one that is lost brings the message again, which says nothing new
}
