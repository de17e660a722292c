package storetest_test

import (
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/eventstore/storetest"
	"github.com/openmash/mash/services/hubtest/selfsigned"
)

// way is how the client reaches an embedded store.
type way int

const (
	overTCP way = iota
	overTLS
	overSocket // of a store that has TLS for whoever comes over TCP
)

// node is an embedded store that can be ended and started again.
type node struct {
	options  embedded.Options
	listener heldListener
	store    *embedded.Store
	served   chan error
}

// heldListener keeps its address while no store serves it, so that nobody else takes
// it before the next does: to close it only ends what waits for a connection.
type heldListener struct{ deadlineListener }

type deadlineListener interface {
	net.Listener
	SetDeadline(time.Time) error
}

func (l heldListener) Close() error { return l.SetDeadline(time.Unix(1, 0)) }

// startEmbedded serves a store with a clock that only moves when told to.
func startEmbedded(t *testing.T, w way, o embedded.Options) storetest.Server {
	t.Helper()
	clock := &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	o.Dir, o.Now = t.TempDir(), clock.read
	o.OnFatal = func(err error) { t.Errorf("storage failed: %v", err) }
	// Only TLS connections are asked who they are.
	const user, password = "hub", "s3cret:with@signs"
	o.Users = map[string]string{user: password}
	network, address := "tcp", "127.0.0.1:0"
	config := parse(t, "esdb://localhost?tls=false")
	if w != overTCP {
		certificate := selfsigned.New(t)
		o.TLS = &tls.Config{Certificates: []tls.Certificate{certificate.TLS}}
		config.RootCAs = certificate.Pool
	}
	if w == overTLS {
		config.DisableTLS, config.Username, config.Password = false, user, password
	}
	if w == overSocket {
		network, address = "unix", filepath.Join(socketDir(t), "s")
	}
	n := &node{options: o, listener: listen(t, network, address)}
	n.start(t)
	t.Cleanup(func() {
		n.stop(t)
		report, err := embedded.Verify(o.Dir, embedded.VerifyOptions{})
		if err != nil || report.Bad != nil {
			t.Errorf("verify: %+v, %v", report, err)
		}
	})
	if config.Address = n.listener.Addr().String(); w == overSocket {
		config.Address = "unix://" + config.Address
	}
	return storetest.Server{
		Config: config, ForgetsIDs: o.ForgetEventIDs, Advance: clock.advance,
		Restart: func(t testing.TB) { n.stop(t); n.start(t) },
		// Listeners and modes have nothing of their own to do with time.
		Impatient: w != overTCP || o.ForgetEventIDs,
	}
}

func listen(t testing.TB, network, address string) heldListener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return heldListener{l.(deadlineListener)}
}

func (n *node) start(t testing.TB) {
	t.Helper()
	store, err := embedded.Open(n.options)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.listener.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- store.Serve(n.listener) }()
	n.store, n.served = store, served
}

func (n *node) stop(t testing.TB) {
	t.Helper()
	if err := n.store.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := <-n.served; err != nil {
		t.Errorf("serve: %v", err)
	}
}

// socketDir is a folder for a socket, whose path is short where t.TempDir's need not be.
func socketDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "es")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
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
