package rpc

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/openmash/mash/services/domain"
)

// FromError says what a caller is answered for err; nil for nil. It is the only mapping: interceptors apply it to
// whatever a handler returns. It knows this package's *[Error], a rule's *[domain.Refusal], the ends of a context and
// the statuses gRPC makes itself; anything else is a defect, INTERNAL, and keeps its text to itself.
func FromError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if r, ok := errors.AsType[*domain.Refusal](err); ok {
		return fromRefusal(r)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return deadline(err)
	case errors.Is(err, context.Canceled):
		return cancelled(err)
	}
	// Only a bare status is gRPC's own (a message above the size limit, a broken stream, the event store's client does not
	// come here unwrapped: the API packages translate it). A wrapped one is a driver's, and its text stays inside.
	if s, ok := err.(interface{ GRPCStatus() *status.Status }); ok {
		return fromTransport(err, s.GRPCStatus().Code())
	}
	return internal(err)
}

func fromRefusal(r *domain.Refusal) *Error {
	e := &Error{Code: codes.FailedPrecondition, Reason: r.Reason, Message: r.Message}
	if r.Advice != "" {
		e.Message = strings.TrimPrefix(e.Message+"; "+r.Advice, "; ")
	}
	if r.Rule != "" {
		e.Metadata = map[string]string{"rule": r.Rule}
	}
	for _, f := range r.Fields {
		e.Violations = append(e.Violations, Violation{Field: f.Field, Rule: f.Rule, Description: f.Description})
	}
	switch {
	case isRoleRefusal(r.Reason):
		e.Code = codes.PermissionDenied
	case len(r.Fields) > 0:
		e.Code = codes.InvalidArgument
	}
	return e
}

// isRoleRefusal tells a no to the caller from a no to the command: another person, or the same one at another hour, may.
func isRoleRefusal(reason string) bool {
	return strings.HasSuffix(reason, "NOT_PERMITTED") || reason == "ONLY_OUT_OF_HOURS" || reason == "ONLY_IN_HOURS"
}

func deadline(cause error) *Error {
	return &Error{
		Code: codes.DeadlineExceeded, Reason: ReasonDeadline, Cause: cause,
		Message: "the call's time ran out before the answer was known; ask again with the same request id",
	}
}

func cancelled(cause error) *Error {
	return &Error{Code: codes.Canceled, Reason: ReasonCancelled, Message: "the caller gave up", Cause: cause}
}

// fromTransport keeps the code of a status that gRPC made while it read or wrote a message, and not its text, which may
// quote what it could not parse.
func fromTransport(cause error, code codes.Code) *Error {
	switch code {
	case codes.DeadlineExceeded:
		return deadline(cause)
	case codes.Canceled:
		return cancelled(cause)
	case codes.OK, codes.Unknown, codes.Internal, codes.DataLoss:
		return internal(cause)
	}
	return &Error{Code: code, Reason: ReasonTransport, Message: "gRPC refused the call: " + code.String(), Cause: cause}
}

func internal(cause error) *Error {
	return &Error{
		Code: codes.Internal, Reason: ReasonInternal, Cause: cause,
		Message:  "something is wrong inside the hub; give its operators the incident's id",
		Metadata: map[string]string{"incident": uuid.NewString()},
	}
}
