package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// publishTimeout bounds a publish whose caller set no deadline: far above a slow disk's sync, and short enough for
// intake to hand a message back before it is delivered again.
const publishTimeout = 15 * time.Second

// Why the server refused to store a message.
var (
	// ErrFull: the stream holds as much as it may. Nothing is lost; try again when its reader has caught up.
	ErrFull = errors.New("stream is full")
	// ErrTooLarge: the message is larger than the stream takes. Trying again does not help.
	ErrTooLarge = errors.New("message is too large for its stream")
	// ErrWrongSequence: another writer has written to the stream since the sequence that was expected.
	ErrWrongSequence = errors.New("stream has moved past the expected sequence")
)

// PublishReceipt publishes a receipt or a rejection (kind) for the agency and returns when the server has stored it, which
// on RECEIPT is before it is synced. It may be called from many goroutines at once; past 256 in an account they wait.
func (b *Bus) PublishReceipt(ctx context.Context, agency, kind string, header nats.Header, data []byte) error {
	if kind != KindReceipt && kind != KindRejection {
		return fmt.Errorf("kind %q is neither receipt nor rejection", kind)
	}
	_, err := b.publish(ctx, agency, StreamReceipt, &nats.Msg{Subject: OutSubject(agency, kind), Header: header, Data: data})
	return err
}

// RepublishIn puts a message back on the agency's IN as if the agency had sent it again: for a quarantined message that
// an operator retries.
func (b *Bus) RepublishIn(ctx context.Context, agency, subject string, header nats.Header, data []byte) error {
	of, _, err := ParseInSubject(subject)
	if err != nil {
		return err
	}
	if of != agency {
		return fmt.Errorf("the subject is not %s's", agency)
	}
	_, err = b.publish(ctx, agency, StreamIn, &nats.Msg{Subject: subject, Header: header, Data: data})
	return err
}

func (b *Bus) publish(ctx context.Context, agency, stream string, msg *nats.Msg, opts ...jetstream.PublishOpt) (uint64, error) {
	l, err := b.link(agency)
	if err != nil {
		return 0, err
	}
	if _, has := ctx.Deadline(); !has {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, publishTimeout)
		defer cancel()
	}
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return 0, fmt.Errorf("publish on %s: %w", msg.Subject, ctx.Err())
	}
	// The caller's headers are not ours to add to.
	msg.Header = cloneHeader(msg.Header)
	ack, err := l.js.PublishMsg(ctx, msg, append(opts, jetstream.WithExpectStream(stream))...)
	if err != nil {
		return 0, fmt.Errorf("publish on %s: %w", msg.Subject, refusal(err))
	}
	return ack.Sequence, nil
}

func cloneHeader(h nats.Header) nats.Header {
	c := make(nats.Header, len(h)+2)
	for name, values := range h {
		c[name] = values
	}
	return c
}

// refusal names what the server said, where callers act on it.
func refusal(err error) error {
	var api *jetstream.APIError
	switch {
	case errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	case !errors.As(err, &api):
		return err
	}
	switch api.ErrorCode {
	case jetstream.JSErrCodeStreamMessageExceedsMaximum:
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	case jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant, errCodeWrongLastID:
		return fmt.Errorf("%w: %w", ErrWrongSequence, err)
	case errCodeInsufficientResources:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case errCodeStoreFailed:
		// The same code stands for a broken disk.
		if strings.Contains(api.Description, "maximum bytes exceeded") {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
	}
	return err
}

// Error codes of the server that the client has no name for.
const (
	errCodeInsufficientResources jetstream.ErrorCode = 10023
	errCodeWrongLastID           jetstream.ErrorCode = 10070
	errCodeStoreFailed           jetstream.ErrorCode = 10077
)
