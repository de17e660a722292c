package recordtest

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/eventstore/embedded"
)

// Store gives an empty event store, and a face of it with keys.
func Store(t testing.TB) *eventstore.Store {
	t.Helper()
	store, err := Connect(t, Socket(t))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// Socket starts an empty event store and gives the path where it listens.
func Socket(t testing.TB) string {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	store, err := embedded.Open(embedded.Options{Dir: filepath.Join(t.TempDir(), "store"), Logger: quiet, DrainTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	// Not below t.TempDir: the path of a socket may have 100 characters at the most, and a test's name may be longer.
	dir, err := os.MkdirTemp("", "mash")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- store.Serve(l) }()
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close the embedded store: %v", err)
		}
		<-served
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return socket
}

// Connect gives a face of the store at a socket, with keys of its own.
func Connect(t testing.TB, socket string) (*eventstore.Store, error) {
	t.Helper()
	ring := Ring(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // nothing waits for it to pass
	defer cancel()
	store, err := eventstore.Open(ctx, eventstore.Config{
		Socket: socket, Keys: ring, Now: func() time.Time { return Monday }, Logger: slog.New(slog.DiscardHandler),
	})
	if err == nil {
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Errorf("close the event store: %v", err)
			}
		})
	}
	return store, err
}
