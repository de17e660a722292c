package operatorapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"google.golang.org/grpc/codes"

	operatorpb "github.com/openmash/mash/proto/gen/mash/operator/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/quarantine"
	"github.com/openmash/mash/services/keys"
	"github.com/openmash/mash/services/rpc"
)

func (s *quarantines) RetryQuarantined(ctx context.Context, r *operatorpb.RetryQuarantinedRequest) (*operatorpb.RetryQuarantinedResponse, error) {
	id := canonical(r.GetQuarantineId())
	item, err := s.find(ctx, r.GetAgency(), id)
	if err != nil {
		return nil, err
	}
	// Before anything is recorded: a retry on record whose bytes are gone could never be carried out. One that was carried
	// out is found by its request's id, and there is nothing left to do.
	payload, header, err := s.Vault.Fetch(ctx, r.GetAgency(), id)
	held := err == nil
	if err != nil && !errors.Is(err, keys.ErrNotKept) {
		return nil, translate(ctx, fmt.Errorf("fetch a quarantined message: %w", err))
	}
	subject, sent := original(item, header)
	if of, _, err := bus.ParseInSubject(subject); held && (err != nil || of != r.GetAgency()) {
		return nil, noWayBack()
	}
	retry := quarantine.Retry{Agency: r.GetAgency(), ID: id, Held: held}
	if _, err := s.Casework.RetryQuarantined(ctx, retry, origin(rpc.CallerFrom(ctx), "", r, id)); err != nil {
		return nil, translate(ctx, err)
	}
	if held {
		if err := s.Bus.RepublishIn(ctx, r.GetAgency(), subject, sent, payload); err != nil {
			return nil, translate(ctx, fmt.Errorf("put a quarantined message back: %w", err))
		}
	}
	if item, err = s.find(ctx, r.GetAgency(), id); err != nil {
		return nil, err
	}
	return &operatorpb.RetryQuarantinedResponse{Message: show(item)}, nil
}

// ReasonNoWayBack: the message came on a subject that is none of its agency's, on which nothing can be put back; its sender has to send it
// again. FAILED_PRECONDITION.
const ReasonNoWayBack = "NO_WAY_BACK"

func noWayBack() error {
	return &rpc.Error{
		Code: codes.FailedPrecondition, Reason: ReasonNoWayBack,
		Message: "the message came on a subject that is none of its agency's: its sender has to send it again, on mash.in.<agency>.<kind>.v1",
	}
}

// DiscardQuarantined records it before the bytes are deleted, and deletes them also where it was on record: the first time
// may have ended between the two.
func (s *quarantines) DiscardQuarantined(ctx context.Context, r *operatorpb.DiscardQuarantinedRequest) (*operatorpb.DiscardQuarantinedResponse, error) {
	id := canonical(r.GetQuarantineId())
	if _, err := s.find(ctx, r.GetAgency(), id); err != nil {
		return nil, err
	}
	discard := quarantine.Discard{Agency: r.GetAgency(), ID: id}
	if _, err := s.Casework.DiscardQuarantined(ctx, discard, origin(rpc.CallerFrom(ctx), "discard", r, id)); err != nil {
		return nil, translate(ctx, err)
	}
	if err := s.Vault.Discard(ctx, r.GetAgency(), id); err != nil {
		return nil, translate(ctx, fmt.Errorf("discard a quarantined message: %w", err))
	}
	item, err := s.find(ctx, r.GetAgency(), id)
	if err != nil {
		return nil, err
	}
	return &operatorpb.DiscardQuarantinedResponse{Message: show(item)}, nil
}

// order is a request to do something with one message.
type order interface {
	GetAgency() string
	GetRequestId() string
}

// origin says who asks. The hash tells the same request from another one under a used id, of another verb (empty for a
// retry, whose hashes are on record without one) or of another person.
func origin(caller rpc.Caller, verb string, r order, id string) casework.Origin {
	text := caller.Person + "\x00" + r.GetAgency() + "\x00" + id
	if verb != "" {
		text += "\x00" + verb
	}
	sum := sha256.Sum256([]byte(text))
	request := canonical(r.GetRequestId())
	return casework.Origin{
		Actor: caller.Person, Role: string(caller.Role), Team: caller.Team, Agency: r.GetAgency(),
		RequestID: request, RequestHash: hex.EncodeToString(sum[:]), CorrelationID: id, CausationID: request,
	}
}

// original gives the subject and headers as the agency sent them, marked as put back.
func original(item item, header map[string][]string) (string, nats.Header) {
	subject := bus.InSubject(item.Quarantined.GetAgency(), item.Quarantined.GetKind())
	sent := make(nats.Header, len(header)+1)
	for name, values := range header {
		if name == bus.HeaderSubject {
			if len(values) == 1 {
				subject = values[0]
			}
			continue
		}
		sent[name] = values
	}
	sent[bus.HeaderRetried] = []string{item.Quarantined.GetQuarantineId()}
	return subject, sent
}
