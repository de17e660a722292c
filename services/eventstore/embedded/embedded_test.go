package embedded

import (
	"log/slog"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// served is an open store with a listener.
type served struct {
	store   *Store
	address string
}

// startStore opens a store, serves it on loopback and closes it with the test.
func startStore(t testing.TB, o Options) *served {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnFatal == nil {
		o.OnFatal = func(err error) { t.Errorf("storage failed: %v", err) }
	}
	store, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{store: store, address: serve(t, store)}
	t.Cleanup(func() { _ = store.Close() })
	return s
}

// serve serves the store on loopback and returns its address.
func serve(t testing.TB, store *Store) string {
	t.Helper()
	l := listener(t)
	done := make(chan error, 1)
	go func() { done <- store.Serve(l) }()
	t.Cleanup(func() {
		_ = store.Close()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return l.Addr().String()
}

func (s *served) client(t testing.TB) *esdb.Client {
	t.Helper()
	return clientOf(t, "esdb://"+s.address+"?tls=false")
}

func clientOf(t testing.TB, url string) *esdb.Client {
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

// untilLive reads on until a subscription has caught up.
func untilLive(t testing.TB, sub *esdb.Subscription) {
	t.Helper()
	for e := sub.Recv(); e.CaughtUp == nil; e = sub.Recv() {
		if e.SubscriptionDropped != nil {
			t.Fatalf("dropped: %v", e.SubscriptionDropped.Error)
		}
	}
}
