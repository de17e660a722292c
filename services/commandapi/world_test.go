package commandapi_test

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
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/commandapi"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/keys"
	"github.com/openmash/mash/services/rpc"
)

// monday is a Monday in opening hours.
var monday = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)

// canary stands for personal data: it is in every contact and command, and must come out in no error and no log line.
const canary = "Zebedee-Quillfeather"

// world is a command service on loopback over a real casework and a real, embedded store.
type world struct {
	conn     *grpc.ClientConn
	store    *eventstore.Store
	casework *casework.Service
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
	return append(all, access.Person{ID: "manager-2", Role: access.TeamManager, Team: "front-door"})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{creds: t.TempDir(), log: &syncBuffer{}}
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	now := func() time.Time { return monday }
	ring, err := keys.Open(t.Context(), keys.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "keys.db"), MasterKeyFile: filepath.Join(t.TempDir(), "master.json"), Now: now, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, ring.Close()) })
	w.store = openStore(t, eventstore.Config{Keys: ring, Now: now, Logger: logger})
	profile, err := practice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	w.casework = casework.New(casework.Config{Store: w.store, Pseudonym: ring.Pseudonym, Profile: profile, Now: now, Logger: logger})
	w.serve(t, logger)
	return w
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
	if err := commandapi.Register(server, commandapi.Config{Casework: w.casework, Staff: tokens, Partners: []string{"kent-health", "kent-police"},
		Sectors: map[string]string{"kent-health": "health", "kent-police": "police", "kent-schools": "education"}}); err != nil {
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

// receive puts a contact on record and gives its id.
func (w *world) receive(t *testing.T, number int) string {
	t.Helper()
	message := fmt.Sprintf("message-%d", number)
	result, err := w.casework.ReceiveContact(t.Context(), contact.Receive{
		Agency: "kent-schools", Source: "urn:school:1", MessageID: message, Reference: "ref-1", WorkType: "public-call-or-email", SourceCode: "2A",
		Children: []contact.Child{{Person: &eventpb.Child{GivenName: canary, FamilyName: canary, Sex: "U"}}}, Anonymous: true,
		Reason: "seen alone at night, says " + canary, Consent: contact.Consent{Stance: practice.ConsentNotKnown},
	}, casework.Origin{Actor: "agency:kent-schools", Role: string(access.AgencySystem), Agency: "kent-schools", RequestID: message, RequestHash: message})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(result.Stream, "contact-")
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
