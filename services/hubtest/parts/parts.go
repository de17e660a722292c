// Package parts starts the parts that a hub is made of, for tests of one of them: a real NATS server with every agency's account, the event
// store, the keys, and casework, in a temporary folder, with a clock that the test drives. Where hubtest runs a whole hub and looks at it
// from outside, here a test holds the parts in its hands, and kills the one that it is about.
//
// Waits are for what is on record or has arrived, never for some time to pass.
package parts

import (
	"context"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/openmash/mash/deploy"
	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/keys"
)

// Monday is when tests begin: ten in the morning of a working day.
var Monday = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)

// Patience bounds every wait. It is long, as machines are slow at times; nothing waits for it to pass.
const Patience = 5 * time.Minute

// ForgetEventIDs reports whether this run of the tests is to have event stores that forget the ids of events, as a cluster does after a
// while: MASH_TEST_FORGET_EVENT_IDS is set. All tests pass both ways, and .ci/run has them both ways.
func ForgetEventIDs() bool { return os.Getenv("MASH_TEST_FORGET_EVENT_IDS") != "" }

// A Clock stands still until a test sets it.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the hub's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Pass moves the clock on.
func (c *Clock) Pass(d time.Duration) { c.Set(c.Now().Add(d)) }

// Set moves the clock.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Parts are running parts.
type Parts struct {
	Clock    *Clock
	Keys     *keys.Ring
	Store    *eventstore.Store
	Registry *agencies.Registry
	Creds    bus.Creds
	Server   *bus.Server
	Bus      *bus.Bus
	Profile  practice.Profile

	t          testing.TB
	limits     bus.Limits
	logger     *slog.Logger
	busless    bool
	record     *embedded.Store
	publishers map[string]*publisher.Publisher
}

// Limits gives every agency's streams other sizes than usual.
func Limits(l bus.Limits) func(*Parts) { return func(p *Parts) { p.limits = l } }

// Start starts the parts; they are stopped with the test. Each change is applied first.
func Start(t testing.TB, changes ...func(*Parts)) *Parts {
	t.Helper()
	p := &Parts{t: t, Clock: &Clock{now: Monday}, publishers: map[string]*publisher.Publisher{}}
	for _, change := range changes {
		change(p)
	}
	dir := t.TempDir()
	var err error
	p.Profile, err = practice.Builtin()
	p.must(err)
	p.startStore(dir)
	if p.busless {
		return p
	}
	p.Registry, err = agencies.Load(p.some())
	p.must(err)
	p.startBus(dir)
	return p
}

// some are a few of Kent's agencies, one of each sector that rules tell apart: every agency costs a start of three streams.
func (p *Parts) some() fs.FS {
	p.t.Helper()
	files := fstest.MapFS{}
	for _, id := range []string{"kent-police", "kent-health", "kent-schools", "kent-housing"} {
		data, err := fs.ReadFile(deploy.Agencies(), id+".json")
		p.must(err)
		files[id+".json"] = &fstest.MapFile{Data: data}
	}
	return files
}

func (p *Parts) startStore(dir string) {
	p.t.Helper()
	ctx := p.Context()
	var err error
	p.Keys, err = keys.Open(ctx, keys.Config{DSN: "sqlite:" + filepath.Join(dir, "keys.db"), MasterKeyFile: filepath.Join(dir, "master"), Now: p.Clock.Now, Logger: p.Log()})
	p.must(err)
	p.t.Cleanup(func() { p.check(p.Keys.Close()) })
	server, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, "store"), ForgetEventIDs: ForgetEventIDs(), Now: p.Clock.Now, Logger: p.Log()})
	p.must(err)
	p.record = server
	socket := filepath.Join(p.t.TempDir(), "es.sock")
	listener, err := net.Listen("unix", socket)
	p.must(err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	p.t.Cleanup(func() { p.check(server.Close()); p.check(<-served) })
	p.Store, err = eventstore.Open(ctx, eventstore.Config{Socket: socket, Keys: p.Keys, Now: p.Clock.Now, Logger: p.Log()})
	p.must(err)
	p.t.Cleanup(func() { p.check(p.Store.Close()) })
}

func (p *Parts) startBus(dir string) {
	p.t.Helper()
	var err error
	p.Creds, err = bus.EnsureCreds(filepath.Join(dir, "creds"), p.Registry)
	p.must(err)
	p.Server, err = bus.StartServer(bus.ServerOptions{
		Dir: filepath.Join(dir, "nats"), Addr: "127.0.0.1:0", Registry: p.Registry, Creds: p.Creds, Logger: p.Log(),
	})
	p.must(err)
	p.t.Cleanup(p.Server.Shutdown)
	p.Bus, err = bus.Connect(p.Context(), bus.Config{URL: p.Server.ClientURL(), Creds: p.Creds, Registry: p.Registry, Limits: p.limits, Logger: p.Log()})
	p.must(err)
	p.t.Cleanup(p.Bus.Close)
	p.must(p.Bus.EnsureStreams(p.Context()))
}

// Connection serves the store on loopback, too, and gives the connection string: for what only the official client itself can do.
func (p *Parts) Connection() string {
	p.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	p.must(err)
	served := make(chan error, 1)
	go func() { served <- p.record.Serve(listener) }()
	p.t.Cleanup(func() { p.check(listener.Close()); <-served })
	return "esdb://" + listener.Addr().String() + "?tls=false"
}

// Casework is one process's casework over the store; another call is another process's.
func (p *Parts) Casework() *casework.Service {
	return casework.New(casework.Config{
		Store: p.Store, Pseudonym: p.Keys.Pseudonym, Profile: p.Profile, Now: p.Clock.Now, Logger: p.Log(),
	})
}

// Context ends with the test, or after Patience.
func (p *Parts) Context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	p.t.Cleanup(cancel)
	return ctx
}

// Run runs a part until the test ends or stop is called, which waits for it and fails the test with its error.
func (p *Parts) Run(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); p.check(<-done) })
	p.t.Cleanup(stop)
	return stop
}

// Log writes into the test's log, where -v shows it.
func (p *Parts) Log() *slog.Logger {
	if p.logger != nil {
		return p.logger
	}
	if !testing.Verbose() {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(p.t.Output(), nil))
}

func (p *Parts) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *Parts) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Error(err)
	}
}
