package rpc

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/openmash/mash/services/domain/access"
)

// Authenticator says who a bearer token is. It is the one place for the authority's own identity provider.
type Authenticator interface {
	// Authenticate gives the caller of a token. Its error is ErrUnknownToken for a token that is nobody's; any other error
	// (best an *Error) is answered as it is mapped, such as Unavailable while a provider does not answer.
	Authenticate(ctx context.Context, token string) (Caller, error)
}

// ErrUnknownToken is an Authenticator's answer for a token that is nobody's.
var ErrUnknownToken = errors.New("the token is nobody's")

// authorise finds out who calls and whether they may, and gives the context that carries them.
func (s *Server) authorise(ctx context.Context, method string) (context.Context, error) {
	caller, err := s.authenticate(ctx)
	if err != nil {
		return nil, err
	}
	if o := observationFrom(ctx); o != nil {
		o.caller = caller
	}
	action := s.actions[method]
	ok, why := access.Can(caller.Role, action)
	if ok && caller.Role == access.AgencySystem && !mayAsk(method) {
		ok, why = false, "an agency's system reads over gRPC; what it has to say it publishes on its own NATS account"
	}
	switch {
	case ok:
		return WithCaller(ctx, caller), nil
	case caller.Role == access.Anonymous:
		return nil, &Error{
			Code: codes.Unauthenticated, Reason: ReasonNoCredentials,
			Message: "say who you are: metadata authorization: Bearer TOKEN",
		}
	}
	return nil, &Error{
		Code: codes.PermissionDenied, Reason: ReasonRoleMayNot, Message: why,
		Metadata: map[string]string{"action": string(action), "role": string(caller.Role)},
	}
}

// mayAsk says what an agency's system may be given at all: queries, and what everybody may. Many of its actions are commands, too, but the
// account on which those come says whose they are, and a request does not.
func mayAsk(method string) bool {
	return !strings.HasPrefix(method, "/mash.") || strings.HasPrefix(method, "/mash.query.")
}

func (s *Server) authenticate(ctx context.Context) (Caller, error) {
	values := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(values) == 0 {
		return Caller{Role: access.Anonymous}, nil
	}
	bad := &Error{Code: codes.Unauthenticated, Reason: ReasonBadCredentials, Message: "the credentials are nobody's; use one bearer token"}
	scheme, token, found := strings.Cut(values[0], " ")
	if len(values) > 1 || !found || !strings.EqualFold(scheme, "bearer") {
		return Caller{}, bad
	}
	caller, err := s.config.Tokens.Authenticate(ctx, strings.TrimSpace(token))
	if errors.Is(err, ErrUnknownToken) {
		return Caller{}, bad
	}
	return caller, err
}

func (s *Server) authoriseUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	ctx, err := s.authorise(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	return handler(ctx, req)
}

func (s *Server) authoriseStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, err := s.authorise(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return handler(srv, &contextStream{stream, ctx})
}

// contextStream is a stream with another context.
type contextStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *contextStream) Context() context.Context { return s.ctx }
