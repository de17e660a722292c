package simulation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// Verb is what the staff do.
type Verb string

// The verbs.
const (
	Triage   Verb = "triage"
	Rate     Verb = "rate"
	Allocate Verb = "allocate"
	Link     Verb = "link"
	Unlink   Verb = "unlink"
	// Converse and Consult write down what was said by telephone; the others are of strategy meetings.
	Converse        Verb = "record conversation"
	Consult         Verb = "give consultation"
	Propose         Verb = "propose meeting"
	CallMeeting     Verb = "call meeting"
	ConcludeMeeting Verb = "conclude meeting"
	// These are what a consent trail shows.
	RecordHolder    Verb = "record holder"
	RecordConsent   Verb = "record consent"
	ProposeOverride Verb = "propose override"
	DecideOverride  Verb = "decide override"
)

const (
	callTimeout = 20 * time.Second
	// patience is for how long a hub that does not answer is asked again: long enough for one that restarts.
	patience  = 60 * time.Second
	firstWait = 50 * time.Millisecond
	longWait  = 2 * time.Second
)

// calls are the staff's commands. Each has a request id that follows from what it does, so that it is done once.
type calls struct {
	client        commandpb.ContactCommandServiceClient
	consultations commandpb.ConsultationCommandServiceClient
	meetings      commandpb.StrategyMeetingCommandServiceClient
	authority     commandpb.AuthorityCommandServiceClient
	tally         *tally
	seed          uint64
}

func newCalls(o Options, t *tally) *calls {
	return &calls{
		client: commandpb.NewContactCommandServiceClient(o.Conn), consultations: commandpb.NewConsultationCommandServiceClient(o.Conn),
		meetings: commandpb.NewStrategyMeetingCommandServiceClient(o.Conn), authority: commandpb.NewAuthorityCommandServiceClient(o.Conn), tally: t, seed: o.Seed,
	}
}

var requestSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://openmash.example/simulation/request"))

// request is the command's context. What depends on what was seen in the queue says so by the revision.
func (c *calls) request(verb Verb, contactID string, saw *querypb.TriageQueueRow) *commandpb.CommandContext {
	id := uuid.NewSHA1(requestSpace, fmt.Appendf(nil, "%d|%s|%s", c.seed, verb, contactID))
	request := &commandpb.CommandContext{RequestId: id.String()}
	if saw != nil {
		revision := saw.GetRevision()
		request.ExpectedRevision = &revision
	}
	return request
}

// triage says what was seen by its revision: if somebody else was quicker, it is refused.
func (c *calls) triage(ctx context.Context, by Colleague, row *querypb.TriageQueueRow, j judgement) error {
	return c.act(ctx, Triage, by, j.rating, func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.client.TriageContact(ctx, &commandpb.TriageContactRequest{
			Context: c.request(Triage, row.GetContactId(), row), ContactId: row.GetContactId(), Rating: j.rating, Actions: j.actions, Directions: j.directions,
		})
		return resp.GetResult(), err
	})
}

// rate is decided on what was learnt since, whatever else happened to the contact: it expects no revision.
func (c *calls) rate(ctx context.Context, by Colleague, row *querypb.TriageQueueRow, j judgement) error {
	return c.act(ctx, Rate, by, j.second, func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.client.RateContact(ctx, &commandpb.RateContactRequest{
			Context: c.request(Rate, row.GetContactId(), nil), ContactId: row.GetContactId(), Rating: j.second, Reason: j.why,
		})
		return resp.GetResult(), err
	})
}

// allocate goes by the rating that was seen, so it says which revision that was.
func (c *calls) allocate(ctx context.Context, by Colleague, row *querypb.TriageQueueRow, worker string) error {
	return c.act(ctx, Allocate, by, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.client.AllocateContact(ctx, &commandpb.AllocateContactRequest{
			Context: c.request(Allocate, row.GetContactId(), row), ContactId: row.GetContactId(), Worker: worker,
		})
		return resp.GetResult(), err
	})
}

// link is decided on two texts, which do not change: it expects no revision.
func (c *calls) link(ctx context.Context, by Colleague, contactID, of string, inError bool) error {
	reason := "Two senders tell of the same incident: same children, same address, same evening."
	if inError {
		reason = "The same child and much the same words; taken to be one incident."
	}
	return c.act(ctx, Link, by, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.client.LinkDuplicate(ctx, &commandpb.LinkDuplicateRequest{
			Context: c.request(Link, contactID, nil), ContactId: contactID, DuplicateOf: of, Reason: reason,
		})
		return resp.GetResult(), err
	})
}

func (c *calls) unlink(ctx context.Context, by Colleague, contactID string) error {
	return c.act(ctx, Unlink, by, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.client.UnlinkDuplicate(ctx, &commandpb.UnlinkDuplicateRequest{
			Context: c.request(Unlink, contactID, nil), ContactId: contactID,
			Reason: "Read side by side they are about two days: the second is new and has to be looked at.",
		})
		return resp.GetResult(), err
	})
}

// act does a command as a member of staff and notes what came of it. A refusal is an answer, no error.
func (c *calls) act(ctx context.Context, verb Verb, by Colleague, rating string, call func(context.Context) (*commandpb.CommandResult, error)) error {
	begun := time.Now()
	var result *commandpb.CommandResult
	err := c.patiently(ctx, by, func(ctx context.Context) (err error) {
		result, err = call(ctx)
		return err
	})
	if reason, refused := refusal(err); refused {
		c.tally.refused(reason)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	c.tally.done(verb, rating, result.GetPosition(), result.GetRepeated(), time.Since(begun))
	return nil
}

// patiently calls with the token of a colleague, and again for a while if the hub does not answer. That is safe: a
// request id is done once.
func (c *calls) patiently(ctx context.Context, by Colleague, call func(context.Context) error) error {
	until := time.Now().Add(patience)
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		one, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+by.Token), callTimeout)
		err := call(one)
		cancel()
		if !away(err) || ctx.Err() != nil || time.Now().After(until) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// away says that the hub, or a part of it, did not answer.
func away(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted:
		return true
	default:
		return false
	}
}

// refusal tells a rule's no, or a change in between, from a fault, and gives its published reason.
func refusal(err error) (reason string, refused bool) {
	var s interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &s) {
		return "", false
	}
	switch s.GRPCStatus().Code() {
	case codes.FailedPrecondition, codes.Aborted, codes.PermissionDenied, codes.AlreadyExists, codes.NotFound, codes.InvalidArgument:
	default:
		return "", false
	}
	for _, detail := range s.GRPCStatus().Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason(), true
		}
	}
	return s.GRPCStatus().Code().String(), true
}
