package eventstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

// slack is how much later than its deadline a call may come back on a busy machine: one that does not know its deadline does not come back.
const slack = time.Minute

// TestOutage stops the store for longer than the client survives by itself, under many callers: each gets its answer in
// time, and all of them get through when the store is back.
func TestOutage(t *testing.T) {
	srv := startServer(t)
	const callers, failures, timeout = 64, 4, time.Second
	s := connect(t, srv, func(c *Config) { c.CallTimeout = timeout })
	var failed, down sync.WaitGroup
	failed.Add(callers)
	var slowest atomic.Int64
	var gone atomic.Bool
	up := make(chan struct{})
	for i := range callers {
		down.Go(func() {
			for n := range failures {
				began, away := time.Now(), gone.Load()
				_, err := s.Append(context.Background(), fmt.Sprint("contact-", i), AnyRevision(), meta(), Event{uuid.New(), allocated("a")})
				slowest.Store(max(slowest.Load(), int64(time.Since(began))))
				if err == nil && !away {
					continue // it was in time
				}
				if err == nil {
					t.Errorf("caller %d: append %d into a store that is away is no error", i, n)
				} else if !errors.Is(err, ErrUnavailable) {
					t.Errorf("caller %d: got %v, want ErrUnavailable", i, err)
				}
			}
			failed.Done()
			<-up
			retryAppend(t, s, fmt.Sprint("contact-after-", i), 0)
		})
		if i == 0 {
			srv.stop() // the first is on its way or comes too late
			gone.Store(true)
		}
	}
	began := time.Now()
	failed.Wait()
	if outage := time.Since(began); outage < 3*time.Second {
		t.Errorf("the outage lasted %v only", outage)
	}
	if d := time.Duration(slowest.Load()); d > timeout+slack {
		t.Errorf("a call came back after %v, its deadline is %v", d, timeout)
	}
	srv.start()
	close(up)
	down.Wait()
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
}

// TestHungStore connects to something that takes calls and never answers.
func TestHungStore(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv, func(c *Config) { c.CallTimeout = time.Second })
	srv.stop()
	hung, err := net.Listen("unix", srv.socket)
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func(context.Context) error{
		"append": func(ctx context.Context) error {
			_, err := s.Append(ctx, "contact-1", NoStream(), meta(), Event{uuid.New(), allocated("a")})
			return err
		},
		"read":     func(ctx context.Context) error { return s.Read(ctx, "contact-1", 0, nil) },
		"read all": func(ctx context.Context) error { return s.ReadAll(ctx, Position{}, nil) },
		"ping":     s.Ping,
	} {
		began := time.Now()
		if err := call(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", name, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUnavailable) {
			t.Errorf("%s with a deadline of its own: got %v, want context.DeadlineExceeded", name, err)
		}
		cancel()
		if d := time.Since(began); d > 1100*time.Millisecond+slack {
			t.Errorf("%s: came back after %v, deadlines are 1.1s", name, d)
		}
	}
	hung.Close()
	os.Remove(srv.socket)
	srv.start()
	retryAppend(t, s, "contact-1", 0)
}

// TestDeadClientIsReplaced closes the clients, which is how they end up when they have given up.
func TestDeadClientIsReplaced(t *testing.T) {
	s := connect(t, startServer(t))
	dead := slices.Clone(s.links.current)
	for _, k := range dead {
		k.client.Close()
	}
	for range dead {
		if err := s.Ping(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Ping with a dead client: got %v, want ErrUnavailable", err)
		}
	}
	for range 2 * len(dead) {
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("Ping after that: %v", err)
		}
	}
}

// TestStuckClientIsReplaced takes the client's only goroutine away, so that every call on it hangs for ever.
func TestStuckClientIsReplaced(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv, func(c *Config) { c.CallTimeout, c.Connections = suspectAfter, 1 })
	held, release := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(release) })
	s.links.mu.Lock()
	stuck := s.links.current[0]
	// The client logs from the goroutine that connects: hold it there.
	config := s.links.config
	var once sync.Once
	config.Logger = func(esdb.LogLevel, string, ...any) {
		once.Do(func() { close(held) })
		<-release
	}
	client, err := esdb.NewClient(&config)
	if err != nil {
		t.Fatal(err)
	}
	stuck.client, client = client, stuck.client
	s.links.mu.Unlock()
	client.Close()

	if err := s.Ping(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("Ping on a stuck client: got %v, want ErrUnavailable", err)
	}
	<-held
	for deadline := time.Now().Add(patience); s.Ping(t.Context()) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the stuck client is still in use")
		}
	}
	if s.links.current[0] == stuck {
		t.Error("the stuck client was not replaced")
	}
}
