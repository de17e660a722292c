package operatorapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/keys"
	"github.com/openmash/mash/services/operatorapi"
	"github.com/openmash/mash/services/rpc"
)

// monday is a Monday in opening hours.
var monday = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)

// canary stands for personal data: it is in every message, and must come out in no answer and no log line.
const canary = "Zebedee-Quillfeather"

// world is the operator's services on loopback over a real casework, store, vault and nats-server.
type world struct {
	conn     *grpc.ClientConn
	store    *eventstore.Store
	casework *casework.Service
	ring     *keys.Ring
	bus      *bus.Bus
	now      *clock
	shown    []operatorapi.Projection
	creds    string
	log      *syncBuffer
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// people has one person of every role that can have a token.
func people() []access.Person {
	var all []access.Person
	for _, role := range access.Roles() {
		if role != access.Anonymous && role != access.Hub && role != access.AgencySystem {
			all = append(all, access.Person{ID: string(role), Role: role, Team: "front-door"})
		}
	}
	return append(all, access.Person{ID: "operator-2", Role: access.Operator})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{creds: t.TempDir(), log: &syncBuffer{}}
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.now = &clock{at: monday}
	now := w.now.Now
	ring, err := keys.Open(t.Context(), keys.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "keys.db"), MasterKeyFile: filepath.Join(t.TempDir(), "master.json"), Now: now, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, ring.Close()) })
	w.ring = ring
	w.store = openStore(t, eventstore.Config{Keys: ring, Now: now, Logger: logger})
	profile, err := practice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	w.casework = casework.New(casework.Config{Store: w.store, Pseudonym: ring.Pseudonym, Profile: profile, Now: now, Logger: logger})
	registry := register(t, police, schools)
	w.connect(t, registry)
	w.serve(t, logger)
	return w
}

const police, schools = "kent-police", "kent-schools"

func register(t *testing.T, ids ...string) *agencies.Registry {
	t.Helper()
	files := fstest.MapFS{}
	for _, id := range ids {
		files[id+".json"] = &fstest.MapFile{Data: fmt.Appendf(nil, `{"id":%q,"name":"n","sector":"police",
			"systems":[{"id":"s","name":"s","source":"urn:%s"}],"kinds":["contact"],"source_codes":["6"]}`, id, id)}
	}
	registry, err := agencies.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return registry
}

// connect runs a nats-server with the agencies' accounts and connects the hub to it.
func (w *world) connect(t *testing.T, registry *agencies.Registry) {
	t.Helper()
	creds, err := bus.EnsureCreds(t.TempDir(), registry)
	if err != nil {
		t.Fatal(err)
	}
	server, err := bus.StartServer(bus.ServerOptions{Dir: t.TempDir(), Addr: "127.0.0.1:0", Registry: registry, Creds: creds})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	w.bus, err = bus.Connect(anonymous(t), bus.Config{InProcess: server, Creds: creds, Registry: registry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.bus.Close)
	if err := w.bus.EnsureStreams(anonymous(t)); err != nil {
		t.Fatal(err)
	}
}

// clock is the hub's clock, driven by the test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// openStore runs an embedded store behind a unix socket and connects to it.
func openStore(t *testing.T, c eventstore.Config) *eventstore.Store {
	t.Helper()
	// A socket's path has room for about 100 bytes, which a test's own folder may use up.
	folder, err := os.MkdirTemp("", "mash")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	server, err := embedded.Open(embedded.Options{Dir: filepath.Join(folder, "data"), Now: c.Now, Logger: c.Logger})
	if err != nil {
		t.Fatal(err)
	}
	c.Socket = filepath.Join(folder, "socket")
	listener, err := net.Listen("unix", c.Socket)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() { closed(t, errors.Join(server.Close(), <-served)) })
	store, err := eventstore.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, store.Close()) })
	return store
}

func (w *world) serve(t *testing.T, logger *slog.Logger) {
	t.Helper()
	if err := rpc.EnsureTokens(w.creds, people()); err != nil {
		t.Fatal(err)
	}
	tokens, err := rpc.LoadTokens(w.creds)
	if err != nil {
		t.Fatal(err)
	}
	server, err := rpc.NewServer(rpc.Config{Tokens: tokens, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	err = operatorapi.Register(server, operatorapi.Config{
		Casework: w.casework, Vault: w.ring, Bus: w.bus, Agencies: []string{police, schools},
		Projections: func() []operatorapi.Projection { return w.shown },
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		closed(t, errors.Join(server.Stop(ctx), <-served))
	})
	w.conn, err = grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, w.conn.Close()) })
}

func closed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("close: %v", err)
	}
}

func anonymous(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func (w *world) as(t *testing.T, person string) context.Context {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(w.creds, person+".token"))
	if err != nil {
		t.Fatal(err)
	}
	return metadata.AppendToOutgoingContext(anonymous(t), "authorization", "Bearer "+strings.TrimSpace(string(token)))
}

// wantError checks code and reason and gives the ErrorInfo.
func wantError(t *testing.T, err error, code codes.Code, reason string) *errdetails.ErrorInfo {
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
