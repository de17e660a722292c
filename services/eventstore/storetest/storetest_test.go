package storetest_test

import (
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/eventstore/storetest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const urlVariable = "MASH_EVENTSTORE_URL"

func TestEmbeddedStoreKeepsTheContract(t *testing.T) {
	storetest.Run(t, startEmbedded(t, embedded.Options{}))
}

// A cluster forgets event ids: this is the mode whose behaviour both share.
func TestEmbeddedStoreKeepsTheContractForgettingEventIDs(t *testing.T) {
	storetest.Run(t, startEmbedded(t, embedded.Options{ForgetEventIDs: true}))
}

func TestRealServerKeepsTheContract(t *testing.T) {
	storetest.Run(t, realServer(t))
}

func TestModelEmbedded(t *testing.T) {
	storetest.RunModel(t, startEmbedded(t, embedded.Options{}))
}

func TestModelEmbeddedForgettingEventIDs(t *testing.T) {
	storetest.RunModel(t, startEmbedded(t, embedded.Options{ForgetEventIDs: true}))
}

func TestModelRealServer(t *testing.T) {
	storetest.RunModel(t, realServer(t))
}

func realServer(t *testing.T) storetest.Server {
	url := os.Getenv(urlVariable)
	if url == "" {
		t.Skipf("no real server: set %s to a connection string (esdb://…) to run the same tests against one", urlVariable)
	}
	// A real server recognises ids while it remembers them, so neither outcome
	// of a repeated Any may be relied on.
	return storetest.Server{Client: func(t testing.TB) *esdb.Client { return connect(t, url) }, ForgetsIDs: true}
}

func connect(t testing.TB, url string) *esdb.Client {
	t.Helper()
	config, err := esdb.ParseConnectionString(url)
	if err != nil {
		t.Fatal(err)
	}
	config.Logger = esdb.NoopLogging()
	c, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// startEmbedded serves a store with a clock that only moves when told to.
func startEmbedded(t *testing.T, o embedded.Options) storetest.Server {
	t.Helper()
	clock := &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	o.Dir, o.Now = t.TempDir(), clock.read
	o.OnFatal = func(err error) { t.Errorf("storage failed: %v", err) }
	store, err := embedded.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- store.Serve(l) }()
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		report, err := embedded.Verify(o.Dir, embedded.VerifyOptions{})
		if err != nil || report.Bad != nil {
			t.Errorf("verify: %+v, %v", report, err)
		}
	})
	address := l.Addr().String()
	return storetest.Server{
		Client: func(t testing.TB) *esdb.Client { return connect(t, "esdb://"+address+"?tls=false") },
		Dial: func(t testing.TB) *grpc.ClientConn {
			conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
			if err != nil {
				t.Fatal(err)
			}
			return conn
		},
		ForgetsIDs: o.ForgetEventIDs,
		Advance:    clock.advance,
	}
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
