package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Trailers that clients act on. The Go client takes stream-name without looking
// whether it is there, so stream-deleted never goes without it.
const (
	trailerException = "exception"
	trailerStream    = "stream-name"
	trailerGroup     = "group-name"
)

// failure is a status with trailers.
type failure struct {
	code     codes.Code
	text     string
	trailers []string // key, value, …
}

func (f *failure) Error() string { return f.text }

// GRPCStatus lets gRPC see the code.
func (f *failure) GRPCStatus() *status.Status { return status.New(f.code, f.text) }

func invalid(format string, args ...any) error {
	return &failure{code: codes.InvalidArgument, text: fmt.Sprintf(format, args...)}
}

func deletedFailure(stream string) error {
	return &failure{
		code: codes.FailedPrecondition, text: "the event stream is deleted",
		trailers: []string{trailerException, "stream-deleted", trailerStream, stream},
	}
}

// wrongVersionFailure is how delete and tombstone, unlike append, say it.
func wrongVersionFailure(stream string, want expected, last int64) error {
	return &failure{
		code: codes.FailedPrecondition,
		text: fmt.Sprintf("expected version %d, the stream is at %d", want.number(), last),
		trailers: []string{
			trailerException, "wrong-expected-version", trailerStream, stream,
			"expected-version", strconv.FormatInt(want.number(), 10),
			"actual-version", strconv.FormatInt(last, 10),
		},
	}
}

func tooBigFailure(limit int) error {
	return &failure{
		code: codes.InvalidArgument, text: fmt.Sprintf("the append is larger than %d bytes", limit),
		trailers: []string{trailerException, "maximum-append-size-exceeded", "maximum-append-size", strconv.Itoa(limit)},
	}
}

func missingMetadataFailure(property string) error {
	return &failure{
		code: codes.InvalidArgument, text: "the event lacks " + property,
		trailers: []string{
			trailerException, "missing-required-metadata-property",
			"required-metadata-properties", "type,content-type",
		},
	}
}

// toStatus turns an error of the store into what the caller gets. Unavailable
// makes the client look for another node, so it is used only when this one is
// going away.
//
//lint:ignore ST1008 the trailer belongs to the status, which is what is asked for
func toStatus(ctx context.Context, err error) (error, metadata.MD) {
	if err == nil {
		return nil, nil
	}
	var f *failure
	if errors.As(err, &f) {
		md := metadata.MD{}
		for i := 0; i+1 < len(f.trailers); i += 2 {
			md.Append(f.trailers[i], trailerValue(f.trailers[i+1]))
		}
		return f.GRPCStatus().Err(), md
	}
	switch {
	case ctx.Err() != nil:
		return status.FromContextError(ctx.Err()).Err(), nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err(), nil
	case errors.Is(err, ErrClosed):
		return status.Error(codes.Unavailable, "the event store is shutting down"), nil
	}
	if _, ok := status.FromError(err); ok {
		return err, nil
	}
	// The fault itself is for the operator's log, not for the caller.
	return status.Error(codes.Unavailable, "the event store has stopped"), nil
}

// trailerValue keeps a value printable ASCII, as trailers must be; anything else
// is percent-encoded.
func trailerValue(v string) string {
	plain := func(r rune) bool { return r < 0x20 || r > 0x7e }
	if strings.IndexFunc(v, plain) < 0 {
		return v
	}
	return url.PathEscape(v)
}
