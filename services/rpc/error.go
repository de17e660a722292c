package rpc

import (
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
)

// Error is what a caller is answered when a call does not work. All of it is shown to the caller: it never holds what was
// sent, a person, or the text of a driver.
type Error struct {
	Code codes.Code
	// Reason is one of the published reasons, UPPER_SNAKE.
	Reason string
	// Message says what is wrong and what the caller can do.
	Message string
	// Violations are the fields that broke a rule.
	Violations []Violation
	// Metadata is the ErrorInfo's: facts for a program, such as the actual revision.
	Metadata map[string]string
	// Cause is for the log, never for the caller.
	Cause error
}

// Violation is one field that broke a rule.
type Violation struct {
	// Field is the path, for example "context.request_id" or "subjects[0].date_of_birth". Map keys are left out of it.
	Field string
	// Rule is the rule's id, for example "string.max_len" or "KEN-02".
	Rule string
	// Description says what is wrong, without the value.
	Description string
}

// Error gives code, reason and message, as they are shown to the caller.
func (e *Error) Error() string { return e.Code.String() + " " + e.Reason + ": " + e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// GRPCStatus makes gRPC send the error with one ErrorInfo, and a BadRequest when fields are named.
func (e *Error) GRPCStatus() *status.Status {
	info := &errdetails.ErrorInfo{Reason: e.Reason, Domain: Domain, Metadata: map[string]string{}}
	for k, v := range e.Metadata {
		info.Metadata[k] = v
	}
	details := []protoadapt.MessageV1{info}
	if len(e.Violations) > 0 {
		bad, rules := &errdetails.BadRequest{}, []string{}
		for _, v := range e.Violations {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field: v.Field, Description: v.Description, Reason: upperSnake(v.Rule),
			})
			rules = append(rules, v.Rule)
		}
		info.Metadata["rules"] = strings.Join(rules, ",")
		details = append(details, bad)
	}
	s := status.New(e.Code, e.Message)
	detailed, err := s.WithDetails(details...)
	if err != nil { // only for the code OK, which no Error has
		return s
	}
	return detailed
}

// upperSnake writes a rule's id as a reason: a field violation's reason is UPPER_SNAKE by the standard, while
// "string.max_len" and "KEN-02" are not.
func upperSnake(rule string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, rule)
}

// Invalid is INVALID_ARGUMENT with the fields that are wrong.
func Invalid(violations ...Violation) *Error {
	return &Error{
		Code: codes.InvalidArgument, Reason: ReasonInvalidFields, Violations: violations,
		Message: "the request breaks " + plural(len(violations), "rule") + "; see the field violations",
	}
}

// NotFound is NOT_FOUND for a kind of thing, such as "contact"; it does not repeat which.
func NotFound(resource string) *Error {
	return &Error{
		Code: codes.NotFound, Reason: ReasonNotFound, Message: "there is no such " + resource,
		Metadata: map[string]string{"resource": resource},
	}
}

// RevisionChanged is ABORTED: the caller decided on a revision that is no longer the last one.
func RevisionChanged(expected, actual uint64) *Error {
	return &Error{
		Code: codes.Aborted, Reason: ReasonRevisionChanged,
		Message: "it has changed since you looked; read it again and decide on what is there now",
		Metadata: map[string]string{
			"expected_revision": strconv.FormatUint(expected, 10), "actual_revision": strconv.FormatUint(actual, 10),
		},
	}
}

// RequestReused is ALREADY_EXISTS: the request id belongs to another request.
func RequestReused() *Error {
	return &Error{
		Code: codes.AlreadyExists, Reason: ReasonRequestReused,
		Message: "the request id was used for another request; make a new one",
	}
}

// BadPosition is INVALID_ARGUMENT: the field holds something that is not a position of the hub's.
func BadPosition(field string) *Error {
	return &Error{
		Code: codes.InvalidArgument, Reason: ReasonBadPosition, Message: "the position is not one that the hub has given",
		Violations: []Violation{{Field: field, Rule: "position", Description: "is not a position that the hub has given"}},
	}
}

// OtherStore is FAILED_PRECONDITION: the position belongs to another store or lies beyond this one's end, as after a
// restore. The caller drops it and reads afresh.
func OtherStore() *Error {
	return &Error{
		Code: codes.FailedPrecondition, Reason: ReasonOtherStore,
		Message: "the position is of another event store or beyond the end of this one; leave it out and read afresh",
	}
}

// SlowReader is RESOURCE_EXHAUSTED: the watch was read too slowly to be kept.
func SlowReader() *Error {
	return &Error{
		Code: codes.ResourceExhausted, Reason: ReasonSlowReader,
		Message: "the watch was read too slowly; resume from its last position",
	}
}

// Unavailable is UNAVAILABLE because of cause, which only the log sees. The same request may be tried again.
func Unavailable(cause error) *Error {
	return &Error{
		Code: codes.Unavailable, Reason: ReasonUnavailable, Cause: cause,
		Message: "a part of the hub does not answer; try the same request again",
	}
}

func stopping() *Error {
	return &Error{Code: codes.Unavailable, Reason: ReasonStopping, Message: "the server is stopping; try again or resume"}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
