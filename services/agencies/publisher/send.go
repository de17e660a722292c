package publisher

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

// A Pending is a message that was sent and has no answer yet.
type Pending struct {
	p       *Publisher
	key     string
	token   string
	subject string
	msg     *nats.Msg
	resend  *time.Timer

	once   sync.Once
	done   chan struct{}
	answer Answer
	err    error
}

// Send publishes one message and waits for the hub's receipt or rejection, sending the message again while neither
// comes. When ctx ends first, the message may still be on record: send it again later, unchanged.
func (p *Publisher) Send(ctx context.Context, m Message) (Answer, error) {
	w, err := p.SendAsync(ctx, m)
	if err != nil {
		return Answer{}, err
	}
	return w.Answer(ctx)
}

// SendAsync publishes one message and returns at once, or when one of the places of MaxInFlight is free. The place is
// taken until the answer comes, or until Answer has given up waiting for it.
func (p *Publisher) SendAsync(ctx context.Context, m Message) (*Pending, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("send: no place among %d messages in flight: %w", cap(p.slots), ctx.Err())
	}
	w := &Pending{
		p: p, key: m.key(), token: nuid.Next(), subject: "mash.in." + p.opts.Agency + "." + m.Kind + ".v1",
		done: make(chan struct{}),
	}
	w.msg = &nats.Msg{Subject: w.subject, Reply: p.acks + w.token, Header: m.header(), Data: m.Data}
	if err := p.register(w); err != nil {
		<-p.slots
		return nil, fmt.Errorf("send: %w", err)
	}
	w.publish()
	return w, nil
}

// publish hands the message to the connection. What fails for now, as a full buffer while the hub is away, is left to
// the timer.
func (w *Pending) publish() {
	err := w.p.nc.PublishMsg(w.msg)
	switch {
	case err == nil:
	case errors.Is(err, nats.ErrMaxPayload):
		w.settle(Answer{}, fmt.Errorf("%w: %w", ErrRefused, err))
	case errors.Is(err, nats.ErrConnectionClosed):
		w.settle(Answer{}, ErrClosed)
	default:
		w.p.log.Warn("not sent, will be sent again", "error", err)
	}
}

func (p *Publisher) register(w *Pending) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isClosed {
		return ErrClosed
	}
	if p.waiting[w.key] != nil {
		return ErrInFlight
	}
	p.waiting[w.key] = w
	w.resend = time.AfterFunc(p.opts.ResendAfter, w.again)
	return nil
}

// again sends the message once more and sets the timer anew, unless the answer has come in between.
func (w *Pending) again() {
	w.p.mu.Lock()
	current := w.p.waiting[w.key] == w
	if current {
		w.resend.Reset(w.p.opts.ResendAfter)
	}
	w.p.mu.Unlock()
	if !current {
		return
	}
	w.p.log.Info("no receipt yet, sending again")
	w.publish()
}

// Done is closed when the answer is there.
func (w *Pending) Done() <-chan struct{} { return w.done }

// Answer waits for the answer. When ctx ends first the message is given up: it is not sent again, and its answer, should
// it come, is nobody's.
func (w *Pending) Answer(ctx context.Context) (Answer, error) {
	select {
	case <-w.done:
	case <-ctx.Done():
		w.settle(Answer{}, fmt.Errorf("no answer from the hub: %w", ctx.Err()))
		<-w.done
	}
	return w.answer, w.err
}

// settle ends the wait with an answer or an error; the first one counts.
func (w *Pending) settle(a Answer, err error) {
	w.p.mu.Lock()
	if w.p.waiting[w.key] == w {
		delete(w.p.waiting, w.key)
	}
	w.p.mu.Unlock()
	w.finish(a, err)
}

func (w *Pending) finish(a Answer, err error) {
	w.once.Do(func() {
		w.resend.Stop()
		w.answer, w.err = a, err
		close(w.done)
		<-w.p.slots
	})
}
