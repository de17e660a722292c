package auditapi_test

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
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/openmash/mash/services/auditapi"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/keys"
	"github.com/openmash/mash/services/rpc"
)

// monday is a Monday in opening hours.
var monday = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)

// canary stands for personal data: it is in every contact, and must come out to nobody but an auditor.
const canary = "Zebedee-Quillfeather"

// world is an audit service on loopback over a real, embedded store.
type world struct {
	conn  *grpc.ClientConn
	store *eventstore.Store
	// connection is how to reach the store itself.
	connection string
	creds      string
	log        *syncBuffer
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
	return all
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{creds: t.TempDir(), log: &syncBuffer{}}
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	now := func() time.Time { return monday }
	ring, err := keys.Open(t.Context(), keys.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "keys.db"), MasterKeyFile: filepath.Join(t.TempDir(), "master.json"), Now: now, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, ring.Close()) })
	w.store, w.connection = openStore(t, eventstore.Config{Keys: ring, Now: now, Logger: logger})
	w.serve(t, logger)
	return w
}

// openStore runs an embedded store and connects to it.
func openStore(t testing.TB, c eventstore.Config) (*eventstore.Store, string) {
	t.Helper()
	server, err := embedded.Open(embedded.Options{Dir: t.TempDir(), Now: c.Now, Logger: c.Logger})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() { closed(t, errors.Join(server.Close(), <-served)) })
	c.Connection = "esdb://" + listener.Addr().String() + "?tls=false"
	store, err := eventstore.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, store.Close()) })
	return store, c.Connection
}

// appendUnknown writes what a hub of a later release would: our own Append refuses types that it does not know, so this
// goes through the official client.
func (w *world) appendUnknown(t *testing.T, stream string) {
	t.Helper()
	settings, err := esdb.ParseConnectionString(w.connection)
	if err != nil {
		t.Fatal(err)
	}
	client, err := esdb.NewClient(settings)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, err = client.AppendToStream(anonymous(t), stream, esdb.AppendToStreamOptions{}, esdb.EventData{
		EventType: "mash.event.v1.ContactForetold", ContentType: esdb.ContentTypeBinary, Metadata: []byte("{}"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) serve(t testing.TB, logger *slog.Logger) {
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
	if err := auditapi.Register(server, w.store); err != nil {
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

func closed(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("close: %v", err)
	}
}

func anonymous(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func (w *world) as(t testing.TB, person string) context.Context {
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
