package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/quarantine"
)

// settle answers the sender and then acknowledges, in that order: an answer that fails is made again with the next delivery.
func (i *Intake) settle(ctx context.Context, d bus.Delivery, msg message, result casework.Result, err error) {
	outcome, err := i.answer(ctx, d, msg, result, asRejection(i.orGiveUp(d, err)))
	var settled error
	switch {
	case err != nil:
		outcome = "given-back"
		i.Logger.Warn("a message is given back", "agency", d.Agency, "kind", msg.kind, "sequence", d.Sequence, "delivery", d.NumDelivered, "error", err)
		settled = d.Nak(i.pause(d, err))
	case outcome == "rejected":
		settled = d.Term(outcome)
	default:
		settled = d.Ack()
	}
	if settled != nil {
		i.Logger.Warn("an acknowledgement failed; the message comes again", "agency", d.Agency, "sequence", d.Sequence, "error", settled)
	}
	i.handled.add(d.Agency, outcome)
}

// answer publishes what the sender is told: a receipt for what is on record, a rejection for what never will be. Any other error is returned.
func (i *Intake) answer(ctx context.Context, d bus.Delivery, msg message, result casework.Result, err error) (outcome string, _ error) {
	switch {
	case isRejection(err):
		return "rejected", i.quarantine(ctx, d, msg, err)
	case err != nil:
		return "", err
	}
	if err := i.release(ctx, d, msg); err != nil {
		return "", err
	}
	outcome = "recorded"
	if result.Repeated {
		outcome = "repeated"
	}
	return outcome, i.publish(ctx, msg, bus.KindReceipt, receipt(msg, result))
}

// release takes a retried message that is on record out of the vault. Whoever put it back could not: until now it could have been rejected
// again, and kept again while it was being deleted. It goes by the message itself, as anybody can set the header.
func (i *Intake) release(ctx context.Context, d bus.Delivery, msg message) error {
	if d.Header.Get(bus.HeaderRetried) == "" {
		return nil
	}
	if err := i.Vault.Discard(ctx, msg.agency, quarantineID(msg, sha256.Sum256(d.Data))); err != nil {
		return fmt.Errorf("discard a retried message: %w", err)
	}
	return nil
}

func quarantineID(msg message, sum [sha256.Size]byte) string {
	return quarantine.ID(msg.agency, msg.envelope.Source, msg.envelope.ID, sum[:]).String()
}

// quarantine keeps a rejected message and tells its sender why. Its id is made of the message, so that a redelivery finds the first one.
func (i *Intake) quarantine(ctx context.Context, d bus.Delivery, msg message, err error) error {
	var r *Rejected
	errors.As(err, &r)
	sum := sha256.Sum256(d.Data)
	id := quarantineID(msg, sum)
	kept, err := i.Vault.Keep(ctx, msg.agency, id, d.Data, withSubject(d))
	if err != nil {
		return fmt.Errorf("keep a rejected message: %w", err)
	}
	q := quarantine.Quarantine{
		Agency: msg.agency, Kind: msg.kind, Reason: r.Reason, SHA256: sum[:], Size: uint64(len(d.Data)), Kept: kept,
		MessageID: msg.envelope.ID, MessageSource: msg.envelope.Source,
	}
	for _, v := range r.Violations {
		q.Violations = append(q.Violations, &eventpb.Violation{Field: v.Field, Rule: v.Rule, Description: v.Description})
	}
	if _, err := i.Casework.QuarantineMessage(ctx, q, i.origin(msg, id)); err != nil {
		return fmt.Errorf("record a rejected message: %w", err)
	}
	return i.publish(ctx, msg, bus.KindRejection, rejection(msg, r, id))
}

// withSubject keeps the subject of a quarantined message beside its headers, so that it can be put back where it came from.
func withSubject(d bus.Delivery) map[string][]string {
	h := make(map[string][]string, len(d.Header)+1)
	for k, v := range d.Header {
		h[k] = v
	}
	h[bus.HeaderSubject] = []string{d.Subject}
	delete(h, bus.HeaderRetried)
	return h
}

func (i *Intake) publish(ctx context.Context, msg message, kind string, answer proto.Message) error {
	header, data, err := encodeAnswer(msg, kind, answer, i.Now())
	if err != nil {
		return err
	}
	if err := i.Bus.PublishReceipt(ctx, msg.agency, kind, header, data); err != nil {
		return fmt.Errorf("publish a %s: %w", kind, err)
	}
	return nil
}

// backoff is the pause before a message is tried again: from a fifth of a second to half a minute.
func backoff(delivered uint64) time.Duration {
	d := 200 * time.Millisecond
	for n := uint64(1); n < delivered && d < 30*time.Second; n++ {
		d *= 2
	}
	return min(d, 30*time.Second)
}
