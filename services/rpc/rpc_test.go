package rpc_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/rpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait. It is long, as machines are slow at times; nothing waits for it to pass.
const patience = 5 * time.Minute

// canary stands for personal data: it is sent, thrown and returned everywhere, and must come out nowhere.
const canary = "Zebedee-Quillfeather"

const contactID = "6f1c1f0e-5d0a-4b52-9d55-0d2c8e2b7a10"

// services are handlers that do what a test wants; the server around them is the real one.
type services struct {
	querypb.UnimplementedContactServiceServer
	querypb.UnimplementedTriageQueueServiceServer
	get   func(context.Context) error
	watch func(grpc.ServerStreamingServer[querypb.WatchTriageQueueResponse]) error
}

func (s services) GetContact(ctx context.Context, _ *querypb.GetContactRequest) (*querypb.GetContactResponse, error) {
	if s.get == nil {
		return &querypb.GetContactResponse{}, nil
	}
	return &querypb.GetContactResponse{}, s.get(ctx)
}

func (s services) WatchTriageQueue(_ *querypb.WatchTriageQueueRequest, stream grpc.ServerStreamingServer[querypb.WatchTriageQueueResponse]) error {
	return s.watch(stream)
}

var contactActions = map[string]access.Action{"GetContact": access.ContactRead}
var queueActions = map[string]access.Action{"ListTriageQueue": access.QueueRead, "WatchTriageQueue": access.QueueRead}

var people = []access.Person{
	{ID: "officer-1", Role: access.FrontDoorOfficer, Team: "front-door"},
	{ID: "manager-1", Role: access.TeamManager, Team: "front-door"},
	{ID: "analyst-1", Role: access.Analyst},
	{ID: "auditor-1", Role: access.Auditor},
	{ID: "operator-1", Role: access.Operator},
}

// running is a server on loopback, what it logs, and a connection to it.
type running struct {
	*rpc.Server
	conn    *grpc.ClientConn
	address string
	log     *syncBuffer
	creds   string
	served  chan error
}

type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// start serves impl; change, when given, changes the configuration.
func start(t *testing.T, impl services, change func(*rpc.Config)) *running {
	t.Helper()
	r := &running{log: &syncBuffer{}, creds: t.TempDir(), served: make(chan error, 1)}
	config := rpc.Config{Tokens: tokens(t, r.creds), Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if change != nil {
		change(&config)
	}
	server, err := rpc.NewServer(config)
	if err != nil {
		t.Fatal(err)
	}
	r.Server = server
	register(t, server, impl)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.address = listener.Addr().String()
	go func() { r.served <- server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
		if err := <-r.served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	r.conn = r.dial(t)
	return r
}

func (r *running) dial(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(r.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func register(t *testing.T, server *rpc.Server, impl services) {
	t.Helper()
	if err := server.Register(&querypb.ContactService_ServiceDesc, impl, contactActions); err != nil {
		t.Fatal(err)
	}
	if err := server.Register(&querypb.TriageQueueService_ServiceDesc, impl, queueActions); err != nil {
		t.Fatal(err)
	}
}

func tokens(t *testing.T, dir string) *rpc.Tokens {
	t.Helper()
	if err := rpc.EnsureTokens(dir, people); err != nil {
		t.Fatal(err)
	}
	loaded, err := rpc.LoadTokens(dir)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// as gives a context in which a person calls, with a deadline that no healthy test meets.
func (r *running) as(t *testing.T, person string) context.Context {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(r.creds, person+".token"))
	if err != nil {
		t.Fatal(err)
	}
	return metadata.AppendToOutgoingContext(anonymous(t), "authorization", "Bearer "+strings.TrimSpace(string(token)))
}

func anonymous(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// wantError checks code and reason and gives the ErrorInfo and the field violations.
func wantError(t *testing.T, err error, code codes.Code, reason string) (*errdetails.ErrorInfo, []*errdetails.BadRequest_FieldViolation) {
	t.Helper()
	s := status.Convert(err)
	var infos []*errdetails.ErrorInfo
	var fields []*errdetails.BadRequest_FieldViolation
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			infos = append(infos, d)
		case *errdetails.BadRequest:
			fields = append(fields, d.FieldViolations...)
		default:
			t.Errorf("unexpected detail %T", d)
		}
	}
	if s.Code() != code || len(infos) != 1 || infos[0].GetReason() != reason || infos[0].GetDomain() != rpc.Domain {
		t.Fatalf("got %s %q with %v, want %s with one ErrorInfo %s of %s", s.Code(), s.Message(), infos, code, reason, rpc.Domain)
	}
	if strings.Contains(s.String(), canary) {
		t.Errorf("the answer repeats what was sent: %s", s)
	}
	return infos[0], fields
}
