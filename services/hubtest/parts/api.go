package parts

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/rpc"
)

// An API is a gRPC server on loopback, and a connection to it.
type API struct {
	Conn  *grpc.ClientConn
	creds string
}

// People has one person of every role that can have a token, by the role's name, and those that are named beside them.
func People(more ...access.Person) []access.Person {
	var all []access.Person
	for _, role := range access.Roles() {
		if role != access.Anonymous && role != access.Hub && role != access.AgencySystem {
			all = append(all, access.Person{ID: string(role), Role: role, Team: "front-door"})
		}
	}
	return append(all, more...)
}

// Serve serves what register adds, to these people.
func (p *Parts) Serve(people []access.Person, register func(*rpc.Server, *rpc.Tokens) error) *API {
	p.t.Helper()
	return Serve(p.t, p.Log(), people, register)
}

// Serve is [Parts.Serve] for a test that has parts of its own.
func Serve(t testing.TB, log *slog.Logger, people []access.Person, register func(*rpc.Server, *rpc.Tokens) error) *API {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	api := &API{creds: t.TempDir()}
	must(rpc.EnsureTokens(api.creds, people))
	tokens, err := rpc.LoadTokens(api.creds)
	must(err)
	server, err := rpc.NewServer(rpc.Config{Tokens: tokens, Logger: log})
	must(err)
	must(register(server, tokens))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	api.Conn, err = grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), Patience)
		defer cancel()
		if err := errors.Join(api.Conn.Close(), server.Stop(ctx), <-served); err != nil {
			t.Error(err)
		}
	})
	return api
}

// As is a call of one of the people.
func (a *API) As(t testing.TB, person string) context.Context {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(a.creds, person+".token"))
	if err != nil {
		t.Fatal(err)
	}
	return metadata.AppendToOutgoingContext(Anonymous(t), "authorization", "Bearer "+strings.TrimSpace(string(token)))
}

// Anonymous is a call of nobody. Like every call it ends after Patience.
func Anonymous(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// WantError checks the code and the reason of a refusal and gives its ErrorInfo.
func WantError(t testing.TB, err error, code codes.Code, reason string) *errdetails.ErrorInfo {
	t.Helper()
	s := status.Convert(err)
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && s.Code() == code && info.GetReason() == reason {
			return info
		}
	}
	t.Fatalf("got %v %v, want %s %s", err, s.Details(), code, reason)
	return nil
}

// A Record keeps all that is logged, for a test to look for what must not be.
type Record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write adds a line.
func (r *Record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}

// String is all that was logged so far.
func (r *Record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}

// LogTo has the parts log everything there, whatever its level.
func LogTo(r *Record) func(*Parts) {
	return func(p *Parts) {
		p.logger = slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

// WithoutBus leaves NATS and the registry out, for those who do not talk to agencies.
func WithoutBus(p *Parts) { p.busless = true }
