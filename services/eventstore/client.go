package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

const (
	// maxCalls bounds the goroutines that run on the client, those given up included: in an outage they stay until the
	// store is back.
	maxCalls = 4096
	// suspectAfter is how long a call may hang before the client itself is doubted.
	suspectAfter = 2 * time.Second
)

// links are the official clients in use. Every use of a client is a counted call in a goroutine of its own: the client
// waits on channels without looking at the context, for as long as the store is away, and it panics when it is closed
// under a call. A call that does not end in time is given up; its goroutine ends when the client lets go of it.
type links struct {
	config  esdb.Configuration
	timeout time.Duration
	logger  *slog.Logger
	slots   chan struct{} // one for each call that runs

	mu      sync.Mutex
	current []*link
	next    int
	closed  bool
	probing bool
	idle    *sync.Cond // signalled when a call ends, on mu
	calls   int
}

// A link is one client and the number of calls that run on it.
type link struct {
	client  *esdb.Client
	calls   int
	retired bool
}

func openLinks(c Config) (*links, error) {
	config, err := configuration(c)
	if err != nil {
		return nil, err
	}
	l := &links{config: *config, timeout: c.CallTimeout, logger: c.Logger, slots: make(chan struct{}, maxCalls)}
	l.idle = sync.NewCond(&l.mu)
	for range c.Connections {
		k, err := l.dial()
		if err != nil {
			return nil, err
		}
		l.current = append(l.current, k)
	}
	return l, nil
}

func configuration(c Config) (*esdb.Configuration, error) {
	if (c.Socket == "") == (c.Connection == "") {
		return nil, errors.New("event store: give either a connection string or a socket")
	}
	connection := c.Connection
	if connection == "" {
		connection = "esdb://localhost?tls=false"
	}
	config, err := esdb.ParseConnectionString(connection)
	if err != nil {
		return nil, fmt.Errorf("event store connection string: %w", withoutSecret(err))
	}
	if c.Socket != "" {
		path, err := filepath.Abs(c.Socket)
		if err != nil {
			return nil, err
		}
		config.Address = "unix://" + path
	}
	// After its last attempt the client is dead for good, and ten attempts are over in a second.
	config.MaxDiscoverAttempts = math.MaxInt
	config.GossipTimeout = 1 // seconds
	config.DefaultDeadline = &c.CallTimeout
	config.Logger = func(level esdb.LogLevel, format string, args ...any) {
		if c.Logger.Enabled(context.Background(), slog.LevelDebug) {
			c.Logger.Debug("event store client", "level", level, "said", fmt.Sprintf(format, args...))
		}
	}
	return config, nil
}

// withoutSecret keeps a connection string, which may hold a password, out of the error of the parser that quotes it.
func withoutSecret(err error) error {
	var quoting *url.Error
	if errors.As(err, &quoting) {
		return quoting.Err
	}
	return err
}

func (l *links) dial() (*link, error) {
	config := l.config
	client, err := esdb.NewClient(&config)
	if err != nil {
		return nil, fmt.Errorf("event store client: %w", err)
	}
	return &link{client: client}, nil
}

// acquire counts a call in. The links take turns.
func (l *links) acquire(ctx context.Context) (*link, error) {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		<-l.slots
		return nil, ErrClosed
	}
	l.next++
	k := l.current[l.next%len(l.current)]
	k.calls++
	l.calls++
	return k, nil
}

// release counts a call out. The last call on a retired link closes its client: nothing can be hurt by that now.
func (l *links) release(k *link) {
	<-l.slots
	l.mu.Lock()
	defer l.mu.Unlock()
	k.calls--
	l.calls--
	if k.retired && k.calls == 0 {
		k.client.Close()
	}
	l.idle.Broadcast()
}

// detach is a context that ends with parent but carries none of its values: the client would pass a caller's incoming
// gRPC metadata on.
func detach(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(parent, cancel)
	return ctx, func() { stop(); cancel() }
}

// call runs fn on a client and returns at the deadline at the latest. The context that fn gets ends then too.
func call[T any](parent context.Context, l *links, fn func(context.Context, *esdb.Client) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	detached, stop := detach(parent)
	defer stop()
	ctx, cancel := context.WithTimeout(detached, l.timeout)
	defer cancel()
	k, err := l.acquire(ctx)
	if err != nil {
		return none, l.explain(parent, err)
	}
	done := make(chan result, 1)
	began := time.Now()
	go func() {
		defer l.release(k)
		value, err := fn(ctx, k.client)
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		l.judge(k, r.err)
		return r.value, l.explain(parent, r.err)
	case <-ctx.Done():
		if time.Since(began) >= suspectAfter {
			l.suspect(k)
		}
		return none, l.explain(parent, ctx.Err())
	}
}

// start runs fn, which may take as long as it wants, on a client. fn must end when its context does; the function
// returned ends that context. Store.Close waits for fn. Who waits for fn tells judge and suspect what comes of it.
func (l *links) start(parent context.Context, fn func(context.Context, *esdb.Client)) (k *link, stop func(), err error) {
	ctx, cancel := detach(parent)
	wait, done := context.WithTimeout(ctx, l.timeout)
	defer done()
	k, err = l.acquire(wait)
	if err != nil {
		cancel()
		return nil, nil, l.explain(parent, err)
	}
	go func() {
		defer l.release(k)
		defer cancel()
		fn(ctx, k.client)
	}()
	return k, cancel, nil
}

// explain says whose deadline it was: the caller's own is the caller's error, ours means that the store is unavailable.
func (l *links) explain(parent context.Context, err error) error {
	if err == nil || errors.Is(err, ErrClosed) {
		return err
	}
	if parent.Err() != nil {
		return parent.Err()
	}
	return translate(err)
}

// close ends what can be ended: it waits for running calls, whose contexts the caller has ended, as long as a call may
// take, and closes the clients that nobody uses any more.
func (l *links) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	expired := false
	timer := time.AfterFunc(l.timeout, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		expired = true
		l.idle.Broadcast()
	})
	defer timer.Stop()
	for (l.calls > 0 || l.probing) && !expired {
		l.idle.Wait()
	}
	for _, k := range l.current {
		l.retire(k)
	}
	if l.calls > 0 {
		return fmt.Errorf("event store: %d calls still hang in the client", l.calls)
	}
	return nil
}

// retire is called with mu held.
func (l *links) retire(k *link) {
	k.retired = true
	if k.calls == 0 {
		k.client.Close()
	}
}
