// Package hubtest runs a whole hub inside a test: the real NATS server, event store, read models and gRPC server, in a temporary folder, on
// free ports of loopback, with a clock that the test drives. It stands beside the way of a contact and looks at it from outside: a test
// publishes as an agency, waits for the receipt, and reads back over gRPC as a member of staff.
//
// It guarantees that the hub is stopped and that its error, if it had one, fails the test. It waits on positions and on receipts, never for
// some time to pass.
package hubtest

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/hub"
	"github.com/openmash/mash/services/hubtest/parts"
)

// Monday is when hubs in tests begin: Monday 2 March 2026, 10:00, in opening hours and far from any clock change.
var Monday = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)

// Patience bounds every wait of a test. It is long, as machines are slow at times; nothing waits for it to pass.
const Patience = 5 * time.Minute

// A Hub is a whole hub, and what a test needs to play its users.
type Hub struct {
	*hub.Hub
	Clock *hub.DrivenClock
	// Config is what it was started with; change it and call Restart to start it with something else.
	Config hub.Config

	t          testing.TB
	mu         sync.Mutex // several people of a test call at once
	conns      map[string]*grpc.ClientConn
	publishers map[sender]*publisher.Publisher
}

// A sender is an agency that publishes on a server.
type sender struct{ url, agency string }

// Start starts a hub. Each change is applied to its settings first.
func Start(t testing.TB, changes ...func(*hub.Config)) *Hub {
	t.Helper()
	clock := hub.NewDrivenClock(Monday)
	h := &Hub{t: t, Clock: clock, conns: map[string]*grpc.ClientConn{}, publishers: map[sender]*publisher.Publisher{}, Config: hub.Config{
		Data: t.TempDir(), NATSListen: "127.0.0.1:0", GRPC: "127.0.0.1:0", Metrics: "off", Now: clock.Now, Logger: logger(t),
		ForgetEventIDs: parts.ForgetEventIDs(), ReadModelsWithin: Patience,
	}}
	for _, change := range changes {
		change(&h.Config)
	}
	h.start()
	t.Cleanup(h.Stop)
	return h
}

func (h *Hub) start() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	running, err := hub.Start(ctx, h.Config)
	if err != nil {
		h.t.Fatalf("start a hub: %v", err)
	}
	h.Hub = running
}

// Stop stops the hub; a second call does nothing.
func (h *Hub) Stop() {
	if h.Hub == nil {
		return
	}
	h.mu.Lock()
	for _, c := range h.conns {
		_ = c.Close()
	}
	for _, p := range h.publishers {
		p.Close()
	}
	clear(h.conns)
	clear(h.publishers)
	h.mu.Unlock()
	if err := h.Hub.Stop(); err != nil {
		h.t.Errorf("stop the hub: %v", err)
	}
	h.Hub = nil
}

// Restart stops the hub and starts it again on the same data.
func (h *Hub) Restart() {
	h.t.Helper()
	h.Stop()
	h.start()
}

// Context ends with the test, or after Patience.
func (h *Hub) Context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	h.t.Cleanup(cancel)
	return ctx
}

// Publisher connects as an agency, with the agency's own seed; once, as all connections of an agency share its receipts, and one that gets
// another's gives it back. It ends with the hub.
func (h *Hub) Publisher(agency string) *publisher.Publisher {
	h.t.Helper()
	return h.PublisherAt(h.Addresses().NATS, agency)
}

// PublisherAt is Publisher on a NATS server that is not this hub's.
func (h *Hub) PublisherAt(url, agency string) *publisher.Publisher {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if p, ok := h.publishers[sender{url, agency}]; ok {
		return p
	}
	p, err := publisher.Dial(publisher.Options{
		URL: url, Agency: agency, SeedFile: filepath.Join(h.Config.Data, "creds", "agencies", agency+".nk"),
	})
	if err != nil {
		h.t.Fatalf("connect as %s: %v", agency, err)
	}
	h.publishers[sender{url, agency}] = p
	return p
}

// Conn connects over gRPC as a person whose token the first start made; "" is an anonymous caller.
func (h *Hub) Conn(person string) *grpc.ClientConn {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if c, ok := h.conns[person]; ok {
		return c
	}
	opts := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if person != "" {
		opts = append(opts, grpc.WithPerRPCCredentials(token(h.Token(person))))
	}
	c, err := grpc.NewClient(h.Addresses().GRPC, opts...)
	if err != nil {
		h.t.Fatalf("connect to the hub as %q: %v", person, err)
	}
	h.conns[person] = c
	return c
}

// Token is a person's bearer token.
func (h *Hub) Token(person string) string {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.Config.Data, "creds", "staff", person+".token"))
	if err != nil {
		h.t.Fatalf("token: %v", err)
	}
	return strings.TrimSpace(string(b))
}

type token string

func (t token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(t)}, nil
}

func (token) RequireTransportSecurity() bool { return false }

// LogTo writes the hub's log, all of it, to w. Read it when the hub is stopped.
func LogTo(w io.Writer) func(*hub.Config) {
	return func(c *hub.Config) {
		c.Logger = slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

// logger writes the hub's log into the test's, where -v shows it.
func logger(t testing.TB) *slog.Logger {
	if !testing.Verbose() {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
}
