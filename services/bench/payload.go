package bench

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/simulation/generator"
)

// A payload is a message ready to be published: nothing is made or encoded while the time is taken.
type payload struct {
	agency    string
	contactID string // that it will have; empty for an open case
	message   publisher.Message
	sameAs    string // the id of an earlier message that tells of the same thing; empty for most
}

// payloads encodes steps.
func payloads(steps iter.Seq[generator.Step]) ([]payload, error) {
	var all []payload
	for s := range steps {
		data, contentType, err := s.Encode()
		if err != nil {
			return nil, err
		}
		p := payload{agency: s.Agency, sameAs: s.SameAs, message: publisher.Message{
			Kind: s.Kind, ID: s.ID, Source: s.Source, Type: s.Type(), Time: s.At, ContentType: contentType, Data: data,
		}}
		if s.Kind == generator.KindContact {
			p.contactID = contact.ID(s.Agency, s.Source, s.ID).String()
		}
		all = append(all, p)
	}
	return all, nil
}

// contacts makes n contacts of the five agencies.
func contacts(n int) ([]payload, error) {
	g, err := generator.New(generator.Options{Seed: seed, Start: monday, Agencies: senders()})
	if err != nil {
		return nil, err
	}
	return payloads(g.Contacts(n))
}

// flood hands the items out in order, inFlight at a time, and returns when all are done or one has failed.
func flood[T any](ctx context.Context, items []T, send func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var all sync.WaitGroup
	for range inFlight {
		all.Go(func() {
			for ctx.Err() == nil {
				i := next.Add(1) - 1
				if i >= int64(len(items)) {
					return
				}
				if err := send(ctx, items[i]); err != nil {
					cancel(err)
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

var (
	errRejected  = errors.New("rejected")
	errNoReceipt = errors.New("no receipt came")
)

// patience is how long a message may wait for its receipt, and a contact to be seen, before it counts as lost.
const patience = 30 * time.Second

// publish sends a message and gives its receipt. A rejection is an error: every payload here is one that the rules take.
func publish(ctx context.Context, publishers map[string]*publisher.Publisher, p payload) (*intakepb.Receipt, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errNoReceipt)
	defer cancel()
	answer, err := publishers[p.agency].Send(ctx, p.message)
	if err != nil {
		return nil, fmt.Errorf("publish as %s: %w", p.agency, errors.Join(err, context.Cause(ctx)))
	}
	return receipt(answer)
}

func receipt(answer publisher.Answer) (*intakepb.Receipt, error) {
	if answer.Kind != publisher.KindReceipt {
		var why intakepb.Rejection
		err := decode(answer, &why)
		return nil, errors.Join(fmt.Errorf("%w: %s, %v", errRejected, why.GetReason(), why.GetViolations()), err)
	}
	var r intakepb.Receipt
	return &r, decode(answer, &r)
}

func decode(answer publisher.Answer, m proto.Message) error {
	unmarshal := proto.Unmarshal
	if answer.Header.Get("content-type") == "application/json" {
		unmarshal = protojson.Unmarshal
	}
	if err := unmarshal(answer.Data, m); err != nil {
		return fmt.Errorf("decode a %s: %w", answer.Kind, err)
	}
	return nil
}
