package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// pullExpiry and pullHeartbeat are how a lost pull request is noticed: no sign of the server in two heartbeats.
	pullExpiry    = 30 * time.Second
	pullHeartbeat = 5 * time.Second
	// resumeWait is the pause before a subscription that was ended by the server is made again.
	resumeWait = 500 * time.Millisecond
)

// A Delivery is one message of an agency's IN. Whoever was handed it settles it exactly once, with Ack, AckSync, Nak or
// Term; until then it takes one of the places that Subscribe was given. Unsettled for a minute, it is delivered again.
type Delivery struct {
	Agency  string
	Subject string
	Header  nats.Header
	Data    []byte
	// Sequence is the message's place in IN. After a restore of the server's disk it can name another message.
	Sequence uint64
	// NumDelivered counts the deliveries of this message, this one included, since the nats-server was started.
	NumDelivered uint64
	// Timestamp is when the server took the message.
	Timestamp time.Time

	msg     jetstream.Msg
	release func()
}

// Ack says that the message is on record and can go. The server does not answer: if the word is lost, the message comes again.
func (d Delivery) Ack() error { return d.settle(d.msg.Ack()) }

// AckSync is Ack, and waits for the server's answer or the end of ctx.
func (d Delivery) AckSync(ctx context.Context) error { return d.settle(d.msg.DoubleAck(ctx)) }

// Nak hands the message back, to come again after delay; zero is at once. A restart of the nats-server cuts the delay short.
func (d Delivery) Nak(delay time.Duration) error { return d.settle(d.msg.NakWithDelay(delay)) }

// Term says that the message will never be accepted and was kept elsewhere. The reason goes into an advisory of the
// server, so it names no one.
func (d Delivery) Term(reason string) error { return d.settle(d.msg.TermWithReason(reason)) }

// InProgress asks for another minute. It does not settle.
func (d Delivery) InProgress() error { return d.msg.InProgress() }

func (d Delivery) settle(err error) error {
	d.release()
	if err != nil {
		return fmt.Errorf("settle message %d of %s: %w", d.Sequence, d.Agency, err)
	}
	return nil
}

// Subscribe hands the messages of an agency's IN to handle, one call at a time and in order, and at most maxInFlight
// unsettled at once. Handle may pass a Delivery on to be settled later.
//
// Stop takes no more messages, gives back those that were fetched and not yet handed over, and returns when the call of
// handle that may be running has returned. What was handed over can still be settled, until the Bus is closed.
func (b *Bus) Subscribe(agency string, maxInFlight int, handle func(Delivery)) (stop func(), err error) {
	l, err := b.link(agency)
	if err != nil {
		return nil, err
	}
	if maxInFlight < 1 {
		return nil, fmt.Errorf("subscribe to %s: %d messages in flight, want at least 1", agency, maxInFlight)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &receiver{
		link: l, handle: handle, ensure: func(ctx context.Context) error { return b.ensure(ctx, l) },
		log: b.log.With("agency", agency), slots: make(chan struct{}, maxInFlight),
	}
	// The first try is the caller's, so that a stream that is not there is an error and not a line in the log.
	consuming, err := r.consume(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("subscribe to %s: %w", agency, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.run(ctx, consuming)
	}()
	return func() { cancel(); <-done }, nil
}

// A receiver is one subscription.
type receiver struct {
	link   *link
	handle func(Delivery)
	ensure func(context.Context) error
	log    *slog.Logger
	slots  chan struct{}
}

// run keeps the subscription going until ctx ends. The client resumes by itself after a lost connection, but not when
// the server says that the consumer is gone, as one that lost its disk does: then streams and consumers are made again.
func (r *receiver) run(ctx context.Context, consuming jetstream.ConsumeContext) {
	for {
		select {
		case <-ctx.Done():
			consuming.Drain()
			<-consuming.Closed()
			return
		case <-consuming.Closed():
		}
		for consuming = nil; consuming == nil; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(resumeWait):
			}
			err := r.ensure(ctx)
			if err == nil {
				consuming, err = r.consume(ctx)
			}
			if err != nil && ctx.Err() == nil {
				r.log.Error("cannot resume reading IN", "error", err)
			}
		}
	}
}

func (r *receiver) consume(ctx context.Context) (jetstream.ConsumeContext, error) {
	consumer, err := r.link.js.Consumer(ctx, StreamIn, ConsumerIntake)
	if err != nil {
		return nil, err
	}
	return consumer.Consume(func(msg jetstream.Msg) { r.deliver(ctx, msg) },
		jetstream.PullMaxMessages(cap(r.slots)),
		jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullHeartbeat),
		jetstream.ConsumeErrHandler(func(c jetstream.ConsumeContext, err error) {
			r.log.Warn("reading IN", "error", err)
			// Without a consumer there is nobody to answer; the client would ask for ever.
			if errors.Is(err, nats.ErrNoResponders) {
				c.Stop()
			}
		}))
}

func (r *receiver) deliver(ctx context.Context, msg jetstream.Msg) {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		r.giveBack(msg)
		return
	}
	// Both may have been ready, and Go picks either.
	if ctx.Err() != nil {
		<-r.slots
		r.giveBack(msg)
		return
	}
	meta, err := msg.Metadata()
	if err != nil {
		<-r.slots
		r.log.Error("message of IN without a delivery's metadata", "error", err)
		return
	}
	var once sync.Once
	r.handle(Delivery{
		Agency: r.link.agency, Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data(),
		Sequence: meta.Sequence.Stream, NumDelivered: meta.NumDelivered, Timestamp: meta.Timestamp,
		msg: msg, release: func() { once.Do(func() { <-r.slots }) },
	})
}

// giveBack lets another runner have the message now, and not after ackWait.
func (r *receiver) giveBack(msg jetstream.Msg) {
	if err := msg.Nak(); err != nil {
		r.log.Warn("message not given back; it comes again after its wait", "error", err)
	}
}
