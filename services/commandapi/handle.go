package commandapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"google.golang.org/protobuf/proto"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/rpc"
)

// asked is what every command's request has, request what one has that is about a contact on record.
type (
	asked interface {
		proto.Message
		GetContext() *commandpb.CommandContext
	}
	request interface {
		asked
		GetContactId() string
	}
)

func (s *service) handle(ctx context.Context, r request, c contact.Command) (*commandpb.CommandResult, error) {
	result, _, err := s.handleAll(ctx, r, c)
	return result, err
}

// handleAll is handle, and gives the events that the request made, the first time it came.
func (s *service) handleAll(ctx context.Context, r request, c contact.Command) (*commandpb.CommandResult, []proto.Message, error) {
	if scoped, ok := r.(interface{ GetScope() *commandpb.Scope }); ok {
		if err := registered("scope.agencies", scoped.GetScope().GetAgencies(), s.agencies, "is no agency of the registry"); err != nil {
			return nil, nil, err
		}
	}
	id := canonical(r.GetContactId())
	o := origin(rpc.CallerFrom(ctx), r, id)
	result, err := s.casework.HandleContact(ctx, id, c, o, r.GetContext().ExpectedRevision)
	if err != nil {
		return nil, nil, translate(ctx, err, resourceContact)
	}
	return resultOf(result), result.Events, nil
}

func resultOf(r casework.Result) *commandpb.CommandResult {
	return &commandpb.CommandResult{Revision: r.Revision, Position: r.Position, Repeated: r.Repeated, EventId: r.EventID.String()}
}

// origin says who asks. About is the uuid of what the request is about.
func origin(caller rpc.Caller, r asked, about string) casework.Origin {
	id := canonical(r.GetContext().GetRequestId())
	return casework.Origin{
		Actor: caller.Person, Role: string(caller.Role), Team: caller.Team,
		RequestID: id, RequestHash: hash(caller, r),
		// What belongs to one contact is one correspondence; what caused this event is the request.
		CorrelationID: about, CausationID: id,
		SeenRevision: r.GetContext().ExpectedRevision,
	}
}

// hash tells a request sent again from another one under a used id: SHA-256, in hex, of the person, the request's type
// and its deterministic bytes. expected_revision is left out: a caller whose answer was lost may have looked at the
// contact meanwhile, and what they ask for is the same. The person is in it, as a command is also whose it is: another
// person's copy of it must not be answered as if they had given it.
func hash(caller rpc.Caller, r asked) string {
	bare := proto.Clone(r).(asked)
	bare.GetContext().ExpectedRevision = nil
	// Marshal fails only for invalid UTF-8, which gRPC has refused before.
	raw, _ := proto.MarshalOptions{Deterministic: true}.Marshal(bare)
	h := sha256.New()
	h.Write([]byte(caller.Person + "\x00" + string(bare.ProtoReflect().Descriptor().FullName()) + "\x00"))
	h.Write(raw)
	return hex.EncodeToString(h.Sum(nil))
}

// canonical writes a validated UUID in the one form that names streams: validation accepts both cases.
func canonical(uuid string) string { return strings.ToLower(uuid) }

// What a request is about, as an answer names it that there is none.
const (
	resourceContact = "contact"
	resourceMeeting = "strategy meeting"
)

// translate says which of rpc's errors casework's are. Refusals and the ends of a context pass: rpc knows them. Casework's
// word on all others is that they may be tried again.
func translate(ctx context.Context, err error, resource string) error {
	if conflict, ok := errors.AsType[*casework.ConflictError](err); ok {
		return rpc.RevisionChanged(conflict.Expected, conflict.Actual)
	}
	if _, ok := errors.AsType[*casework.ReusedError](err); ok {
		return rpc.RequestReused()
	}
	if errors.Is(err, casework.ErrNotFound) {
		return rpc.NotFound(resource)
	}
	if refusal, ok := errors.AsType[*domain.Refusal](err); ok {
		if refusal.Reason == contact.ReasonNotReceived {
			return rpc.NotFound(resourceContact)
		}
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err() // the store's client has errors of its own for a call that ran out of time
	}
	return rpc.Unavailable(err)
}
