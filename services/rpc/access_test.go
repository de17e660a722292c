package rpc_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/rpc"
)

func getContact(ctx context.Context, r *running) error {
	_, err := querypb.NewContactServiceClient(r.conn).GetContact(ctx, &querypb.GetContactRequest{ContactId: contactID})
	return err
}

func watchQueue(ctx context.Context, r *running) error {
	stream, err := querypb.NewTriageQueueServiceClient(r.conn).WatchTriageQueue(ctx, &querypb.WatchTriageQueueRequest{})
	if err != nil {
		return err
	}
	_, err = stream.Recv()
	return err
}

func TestEveryRoleAgainstUnaryAndStream(t *testing.T) {
	reached := errors.New("reached")
	r := start(t, services{
		get:   func(context.Context) error { return reached },
		watch: func(grpc.ServerStreamingServer[querypb.WatchTriageQueueResponse]) error { return reached },
	}, nil)
	for name, call := range map[string]struct {
		do     func(context.Context, *running) error
		action access.Action
	}{"GetContact": {getContact, access.ContactRead}, "WatchTriageQueue": {watchQueue, access.QueueRead}} {
		wantError(t, call.do(anonymous(t), r), codes.Unauthenticated, rpc.ReasonNoCredentials)
		for _, p := range people {
			err := call.do(r.as(t, p.ID), r)
			if ok, why := access.Can(p.Role, call.action); ok {
				wantError(t, err, codes.Internal, rpc.ReasonInternal) // what "reached" becomes
			} else {
				info, _ := wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
				if info.Metadata["role"] != string(p.Role) || info.Metadata["action"] != string(call.action) || status.Convert(err).Message() != why {
					t.Errorf("%s as %s: got %v %q, want the role, the action and %q", name, p.Role, info.Metadata, status.Convert(err).Message(), why)
				}
			}
		}
	}
}

func TestBadCredentials(t *testing.T) {
	r := start(t, services{}, nil)
	good, _ := metadata.FromOutgoingContext(r.as(t, "manager-1"))
	token := good.Get("authorization")[0]
	for name, values := range map[string][]string{
		"nobody's":       {"Bearer " + canary},
		"empty":          {"Bearer "},
		"another scheme": {strings.Replace(token, "Bearer", "Basic", 1)},
		"no scheme":      {strings.TrimPrefix(token, "Bearer ")},
		"twice":          {token, token},
		"cut short":      {token[:len(token)-1]},
		"with more":      {token + "x"},
		"its hash":       {"Bearer 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"},
	} {
		ctx := metadata.NewOutgoingContext(anonymous(t), metadata.MD{"authorization": values})
		t.Run(name, func(t *testing.T) { wantError(t, getContact(ctx, r), codes.Unauthenticated, rpc.ReasonBadCredentials) })
	}
	if err := getContact(metadata.NewOutgoingContext(anonymous(t), metadata.Pairs("authorization", strings.Replace(token, "Bearer", "bearer", 1))), r); err != nil {
		t.Errorf("the scheme in lower case: %v", err)
	}
}

// An identity provider that does not answer is not a wrong token.
type brokenProvider struct{}

func (brokenProvider) Authenticate(context.Context, string) (rpc.Caller, error) {
	return rpc.Caller{}, rpc.Unavailable(errors.New("provider at " + canary))
}

func TestAProviderThatDoesNotAnswer(t *testing.T) {
	r := start(t, services{}, func(c *rpc.Config) { c.Tokens = brokenProvider{} })
	wantError(t, getContact(r.as(t, "manager-1"), r), codes.Unavailable, rpc.ReasonUnavailable)
}

func TestTheHandlerKnowsItsCaller(t *testing.T) {
	var got rpc.Caller
	r := start(t, services{get: func(ctx context.Context) error { got = rpc.CallerFrom(ctx); return nil }}, nil)
	if err := getContact(r.as(t, "manager-1"), r); err != nil {
		t.Fatal(err)
	}
	if want := (rpc.Caller{Person: "manager-1", Role: access.TeamManager, Team: "front-door"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if outside := rpc.CallerFrom(t.Context()); outside != (rpc.Caller{Role: access.Anonymous}) {
		t.Errorf("outside a call: got %+v, want the anonymous caller", outside)
	}
}

func TestReflectionForTheAnonymous(t *testing.T) {
	r := start(t, services{}, nil)
	stream, err := reflectionpb.NewServerReflectionClient(r.conn).ServerReflectionInfo(anonymous(t))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(q *reflectionpb.ServerReflectionRequest) *reflectionpb.ServerReflectionResponse {
		if err := stream.Send(q); err != nil {
			t.Fatal(err)
		}
		answer, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	found := map[string]bool{}
	for _, s := range ask(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}).GetListServicesResponse().GetService() {
		found[s.Name] = true
	}
	for _, want := range []string{"mash.query.v1.ContactService", "mash.query.v1.TriageQueueService", "grpc.health.v1.Health"} {
		if !found[want] {
			t.Errorf("reflection lists %v, want %s among them", found, want)
		}
	}
	files := ask(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{
		FileContainingSymbol: "mash.query.v1.ContactService.GetContact",
	}}).GetFileDescriptorResponse().GetFileDescriptorProto()
	if len(files) == 0 {
		t.Error("reflection does not describe GetContact")
	}
}

func TestWhatTheServerRefusesToStartWith(t *testing.T) {
	server := func(t *testing.T) *rpc.Server {
		s, err := rpc.NewServer(rpc.Config{Tokens: tokens(t, t.TempDir())})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Run("a method that nobody has decided on", func(t *testing.T) {
		s := server(t)
		if err := s.Register(&querypb.TriageQueueService_ServiceDesc, services{}, map[string]access.Action{"ListTriageQueue": access.QueueRead}); err != nil {
			t.Fatal(err)
		}
		wantNoServe(t, s, "127.0.0.1:0", "/mash.query.v1.TriageQueueService/WatchTriageQueue has no action")
	})
	t.Run("an action that nobody knows", func(t *testing.T) {
		s := server(t)
		if err := s.Register(&querypb.ContactService_ServiceDesc, services{}, map[string]access.Action{"GetContact": "contact.peek"}); err != nil {
			t.Fatal(err)
		}
		wantNoServe(t, s, "127.0.0.1:0", `unknown action "contact.peek"`)
	})
	t.Run("beyond loopback without TLS", func(t *testing.T) {
		s := server(t)
		register(t, s, services{})
		wantNoServe(t, s, "0.0.0.0:0", "no TLS")
	})
	t.Run("an action for no method", func(t *testing.T) {
		err := server(t).Register(&querypb.ContactService_ServiceDesc, services{}, map[string]access.Action{"Peek": access.ContactRead})
		if err == nil || !strings.Contains(err.Error(), "no method Peek") {
			t.Errorf("got %v, want that there is no method Peek", err)
		}
	})
	t.Run("another service's implementation", func(t *testing.T) {
		if err := server(t).Register(&auditpb.AuditService_ServiceDesc, services{}, nil); err == nil {
			t.Error("registered")
		}
	})
	t.Run("a service twice", func(t *testing.T) {
		s := server(t)
		register(t, s, services{})
		if err := s.Register(&querypb.ContactService_ServiceDesc, services{}, contactActions); err == nil {
			t.Error("registered")
		}
	})
	t.Run("no authenticator", func(t *testing.T) {
		if _, err := rpc.NewServer(rpc.Config{}); err == nil {
			t.Error("made a server that nobody guards")
		}
	})
}

// wantNoServe also wants the listener closed: a port that is held and not answered looks like a hub that hangs.
func wantNoServe(t *testing.T, s *rpc.Server, address, want string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(l); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener was left open: %v", err)
	}
}
