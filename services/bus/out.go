package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Sent is a message that lies in an agency's OUT stream.
type Sent struct {
	// Sequence is its place in OUT.
	Sequence uint64
	// Subject, Header and Data are as they were published.
	Subject string
	Header  nats.Header
	Data    []byte
}

// OutSince calls fn for each message of an agency's OUT after a sequence, in order, and returns the stream's last
// sequence: what the next StartOut has to name. Messages that have aged out are left out, and last counts them. A
// stream that lost its disk ends before the sequence asked for; then fn is not called.
func (b *Bus) OutSince(ctx context.Context, agency string, after uint64, fn func(Sent)) (last uint64, err error) {
	l, err := b.link(agency)
	if err != nil {
		return 0, err
	}
	stream, err := l.js.Stream(ctx, StreamOut)
	if err != nil {
		return 0, fmt.Errorf("read OUT of %s: %w", agency, err)
	}
	state := stream.CachedInfo().State
	for n := max(after+1, state.FirstSeq); n <= state.LastSeq; n++ {
		msg, err := stream.GetMsg(ctx, n)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("read message %d of OUT of %s: %w", n, agency, err)
		}
		fn(Sent{Sequence: msg.Sequence, Subject: msg.Subject, Header: msg.Header, Data: msg.Data})
	}
	return state.LastSeq, nil
}
