package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/openmash/mash/services/keys"
)

// Errors that a caller can tell apart with errors.Is.
var (
	// ErrNoStream means that a stream was never written, or was deleted.
	ErrNoStream = errors.New("no such stream")
	// ErrUnavailable means that the store did not answer in time or not at all. Whether an append took effect is not
	// known; the same append with the same event ids may be tried again.
	ErrUnavailable = errors.New("event store is unavailable")
	// ErrDenied means that the store refused our credentials.
	ErrDenied = errors.New("event store refused access")
	// ErrTooLarge means that the events of one append are larger than the store takes (1 MiB in all).
	ErrTooLarge = errors.New("events are too large for one append")
	// ErrClosed means that the Store was closed.
	ErrClosed = errors.New("event store is closed")
	// ErrBadToken means that a token is not one of ours.
	ErrBadToken = errors.New("malformed position token")
	// ErrOtherStore means that a position or token belongs to another store.
	ErrOtherStore = errors.New("position of another event store")
	// ErrBeyondEnd means that a position lies beyond the end of the store: a restore moved the end back.
	ErrBeyondEnd = errors.New("position beyond the end of the event store")
	// ErrMalformed means that a stored event cannot be decoded though its type is known.
	ErrMalformed = errors.New("malformed stored event")
	// ErrUnknownEvent means that an event's type is not one of mash.event.v1.
	ErrUnknownEvent = errors.New("unknown event type")
)

// A WrongRevisionError says that a stream was not at the expected revision, and that nothing was written.
type WrongRevisionError struct {
	Stream   string
	Expected Expected
	// Actual is the stream's last revision, -1 when there is no stream.
	Actual int64
}

func (e *WrongRevisionError) Error() string {
	return fmt.Sprintf("stream %s is at revision %d, expected %s", e.Stream, e.Actual, e.Expected)
}

// translate turns what the client answers into our errors. The client's own test does not look below the surface, and it
// calls by the same code, Unknown, what must be told apart by the gRPC status underneath.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var client *esdb.Error
	if errors.As(err, &client) {
		switch client.Code() {
		case esdb.ErrorCodeResourceNotFound, esdb.ErrorCodeStreamDeleted:
			return ErrNoStream
		case esdb.ErrorCodeAccessDenied, esdb.ErrorCodeUnauthenticated:
			return fmt.Errorf("%w: %s", ErrDenied, status.Convert(err).Message())
		case esdb.ErrorUnavailable, esdb.ErrorCodeDeadlineExceeded, esdb.ErrorCodeConnectionClosed,
			esdb.ErrorCodeNotLeader, esdb.ErrorAborted:
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.Canceled:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case codes.Unauthenticated, codes.PermissionDenied:
		return fmt.Errorf("%w: %s", ErrDenied, status.Convert(err).Message())
	case codes.NotFound:
		return ErrNoStream
	}
	// An append whose connection broke while it was being sent ends in io.EOF.
	if errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// final reports whether a subscription that failed so would fail again: only these end it.
func final(err error) bool {
	for _, reason := range []error{ErrOtherStore, ErrBeyondEnd, ErrUnknownEvent, ErrMalformed, ErrDenied, ErrClosed,
		keys.ErrTampered, keys.ErrUnknownKey} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}
