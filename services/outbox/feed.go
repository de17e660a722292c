package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/eventstore"
)

// A feed is one agency's part of an outbox. It is used by one goroutine; the reader of the record reaches it through its inbox.
type feed struct {
	*Outbox
	agency agencies.Agency
	log    *slog.Logger
	inbox  *inbox

	// from is where the last outbox of this agency noted that it was, position up to where everything is published by now.
	from, position eventstore.Position
	// last is OUT's last sequence, as far as it is known here.
	last uint64
	// held are the messages of OUT, by ce-id, whose events were not met yet, or not told in full: published before a crash, by another outbox
	// that is ahead, or by this one before another message of the same event.
	held map[string]uint64
	noted
}

func (o *Outbox) feed(a agencies.Agency) *feed {
	return &feed{Outbox: o, agency: a, log: o.Logger.With("agency", a.ID), inbox: newInbox(), held: map[string]uint64{}}
}

const (
	minPause = 100 * time.Millisecond
	maxPause = 30 * time.Second
)

// take puts into the inbox what a batch has for the agency.
func (f *feed) take(b eventstore.Batch) {
	var jobs []job
	for _, r := range b.Events {
		if r.Position.Compare(f.from) <= 0 {
			continue
		}
		if all := noticesFor(f.agency.ID, r.Message); len(all) > 0 {
			r.Message, r.Raw, r.RawMetadata = nil, nil, nil
			jobs = append(jobs, job{r, all})
		}
	}
	f.inbox.add(jobs, b.Position, len(b.Events))
}

// run publishes until ctx ends, which is no error, or an event cannot be made a message by this release.
func (f *feed) run(ctx context.Context) error {
	err := f.retry(ctx, f.look)
	for err == nil {
		if err = f.drain(ctx); err != nil {
			break
		}
		select {
		case <-f.inbox.wake:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	f.noteLast(context.WithoutCancel(ctx))
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("outbox of %s: %w", f.agency.ID, err)
}

// drain publishes all that is in the inbox.
func (f *feed) drain(ctx context.Context) error {
	for {
		jobs := f.inbox.next(window)
		if len(jobs) == 0 {
			break
		}
		if err := f.deliver(ctx, jobs); err != nil {
			return err
		}
	}
	if reached, passed, ok := f.inbox.idle(); ok && reached.Compare(f.position) > 0 {
		f.position, f.passed = reached, f.passed+passed
		f.noteSometimes(ctx)
	}
	return nil
}

// window bounds the events of which an agency's messages are on their way at once.
const window = 64

// deliver has in OUT, once and in order, all that the jobs have the agency told. An event counts as met when all its messages are there.
func (f *feed) deliver(ctx context.Context, jobs []job) error {
	return f.retry(ctx, func(ctx context.Context) error {
		flights, err := f.launch(ctx, jobs)
		landed, failed := f.land(ctx, flights)
		if n := f.settle(jobs, flights[:landed]); n > 0 {
			f.position = jobs[n-1].event.Position
			jobs = jobs[n:]
			f.noteSometimes(ctx)
		}
		if failed != nil {
			return f.unstored(ctx, failed)
		}
		return err
	})
}

// look reads what was added to OUT since we last knew.
func (f *feed) look(ctx context.Context) error {
	last, err := f.Bus.OutSince(ctx, f.agency.ID, f.last, func(m bus.Sent) {
		if e, err := bus.DecodeEnvelope(m.Header); err == nil {
			f.held[e.ID] = m.Sequence
		}
	})
	if err != nil {
		return errors.Join(errLater, err)
	}
	if last < f.last {
		f.log.Error("OUT ends before what was published to it: the agency may have lost messages", "had", f.last, "has", last)
	}
	f.last = last
	return nil
}

var (
	// errLater marks what may work after a pause, errAgain what may work at once.
	errLater = errors.New("try again later")
	errAgain = errors.New("try again")
)

// retry does something until it works, fails for good, or ctx ends.
func (f *feed) retry(ctx context.Context, do func(context.Context) error) error {
	for wait := minPause; ; wait = min(2*wait, maxPause) {
		err := do(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errAgain):
			wait = minPause
			continue
		case !errors.Is(err, errLater) && !errors.Is(err, eventstore.ErrUnavailable):
			return err
		}
		f.log.Warn("the outbox waits", "wait", wait, "error", err)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// space is the namespace of the ids of messages. It is part of what agencies know them by.
var space = uuid.MustParse("5b6f52f4-7f0a-5d2e-9a3d-6f7574626f78")

// messageID is the same for the same part of the same event whenever and by whomever it is published. Part tells apart what one event has one
// agency told; it is empty where that is one thing.
func messageID(event uuid.UUID, agency, part string) string {
	name := event.String() + "|" + agency
	if part != "" {
		name += "|" + part
	}
	return uuid.NewSHA1(space, []byte(name)).String()
}
