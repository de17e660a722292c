package operatorapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	operatorpb "github.com/openmash/mash/proto/gen/mash/operator/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
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
	// Before anything is recorded: a retry on record whose bytes are gone could never be carried out.
	payload, header, err := s.Vault.Fetch(ctx, r.GetAgency(), id)
	if errors.Is(err, keys.ErrNotKept) {
		return nil, notKept()
	}
	if err != nil {
		return nil, translate(ctx, fmt.Errorf("fetch a quarantined message: %w", err))
	}
	if _, err := s.Casework.RetryQuarantined(ctx, quarantine.Retry{Agency: r.GetAgency(), ID: id}, origin(rpc.CallerFrom(ctx), r, id)); err != nil {
		return nil, translate(ctx, err)
	}
	subject, sent := original(item, header)
	if err := s.Bus.RepublishIn(ctx, r.GetAgency(), subject, sent, payload); err != nil {
		return nil, translate(ctx, fmt.Errorf("put a quarantined message back: %w", err))
	}
	if item, err = s.find(ctx, r.GetAgency(), id); err != nil {
		return nil, err
	}
	return &operatorpb.RetryQuarantinedResponse{Message: show(item)}, nil
}

// origin says who retries. The hash tells the same request from another one under a used id, or of another person.
func origin(caller rpc.Caller, r *operatorpb.RetryQuarantinedRequest, id string) casework.Origin {
	sum := sha256.Sum256([]byte(caller.Person + "\x00" + r.GetAgency() + "\x00" + id))
	request := canonical(r.GetRequestId())
	return casework.Origin{
		Actor: caller.Person, Role: string(caller.Role), Team: caller.Team, Agency: r.GetAgency(),
		RequestID: request, RequestHash: hex.EncodeToString(sum[:]), CorrelationID: id, CausationID: request,
	}
}

// original gives the subject and headers as the agency sent them.
func original(item quarantine.Item, header map[string][]string) (string, nats.Header) {
	subject := bus.InSubject(item.Quarantined.GetAgency(), item.Quarantined.GetKind())
	sent := make(nats.Header, len(header))
	for name, values := range header {
		if name == bus.HeaderSubject {
			if len(values) == 1 {
				subject = values[0]
			}
			continue
		}
		sent[name] = values
	}
	return subject, sent
}

func notKept() error {
	return &domain.Refusal{
		Reason: "PAYLOAD_NOT_KEPT", Message: "the message's bytes are not in the vault",
		Advice: "ask the agency to send it again with a new id",
	}
}
