package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Behind says behind what a message of OUT is to be stored: it is not if the stream's last message is another one.
type Behind struct {
	// Sequence is the last one's; 0 for a stream that never had any.
	Sequence uint64
	// ID is the last one's ce-id; empty: not asked for. A message that follows one which is not stored yet names it: by
	// the sequence alone it would also follow what another outbox stored in that one's place.
	ID string
}

// A Publication is a message on its way into OUT. Whoever started it waits for it, or a place for another is lost.
type Publication struct {
	subject string
	future  jetstream.PubAckFuture
	landed  func() // gives the place back
}

// StartOut publishes one message of the OUT stream and does not wait until it is stored. It is stored only behind what it
// names, and Wait fails with ErrWrongSequence otherwise: the fence between two outboxes. Messages that are started one
// after the other by one goroutine reach the stream in that order.
func (b *Bus) StartOut(ctx context.Context, agency, kind string, header nats.Header, data []byte, behind Behind) (*Publication, error) {
	if !slices.Contains(OutKinds(), kind) {
		return nil, fmt.Errorf("kind %q is not one of OUT's: %v", kind, OutKinds())
	}
	l, err := b.link(agency)
	if err != nil {
		return nil, err
	}
	msg := &nats.Msg{Subject: OutSubject(agency, kind), Header: cloneHeader(header), Data: data}
	opts := []jetstream.PublishOpt{jetstream.WithExpectStream(StreamOut), jetstream.WithExpectLastSequence(behind.Sequence)}
	if id := header.Get(HeaderID); id != "" {
		opts = append(opts, jetstream.WithMsgID(id))
	}
	if behind.ID != "" {
		opts = append(opts, jetstream.WithExpectLastMsgID(behind.ID))
	}
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("publish on %s: %w", msg.Subject, ctx.Err())
	}
	landed := sync.OnceFunc(func() { <-l.slots })
	future, err := l.js.PublishMsgAsync(msg, opts...)
	if err != nil {
		landed()
		return nil, fmt.Errorf("publish on %s: %w", msg.Subject, refusal(err))
	}
	return &Publication{subject: msg.Subject, future: future, landed: landed}, nil
}

// Wait returns when the message is stored, with its sequence, or why it is not. After an error that is none of this
// package's it may be stored nevertheless, or still come to be.
func (p *Publication) Wait(ctx context.Context) (uint64, error) {
	defer p.landed()
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	var err error
	select {
	case ack := <-p.future.Ok():
		if !ack.Duplicate {
			return ack.Sequence, nil
		}
		err = fmt.Errorf("%w: the message is there already", ErrWrongSequence)
	case err = <-p.future.Err():
		err = refusal(err)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		err = errors.New("no answer")
	}
	return 0, fmt.Errorf("publish on %s: %w", p.subject, err)
}
