package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/openmash/mash/services/agencies"
)

const (
	// reconnectWait is the pause between attempts to reach a server that is gone.
	reconnectWait = 250 * time.Millisecond
	// maxUnacknowledged bounds the messages of one agency that are published and not yet acknowledged by the server.
	maxUnacknowledged = 256
)

// Config says how the hub reaches NATS.
type Config struct {
	// URL of the server; Server.ClientURL for the embedded one.
	URL string
	// Creds hold the hub's user in every agency's account.
	Creds    Creds
	Registry *agencies.Registry
	// InProcess connects to an embedded server without a socket, and makes URL unnecessary.
	InProcess *Server
	// TLS is how to trust the server; nil connects in the clear unless URL says tls://.
	TLS *tls.Config
	// Limits are the sizes of each agency's streams.
	Limits Limits
	// Replicas of every stream on a clustered server; 0 is 1, and a stream that has more keeps them.
	Replicas int
	// Logger takes connection events; nil discards them.
	Logger *slog.Logger
}

// A Bus is the hub's end of every agency's account. It is safe for concurrent use.
type Bus struct {
	cfg   Config
	log   *slog.Logger
	links map[string]*link
}

// A link is the hub's connection into one agency's account. Nothing of one link is reachable through another.
type link struct {
	agency string
	nc     *nats.Conn
	js     jetstream.JetStream
	// slots bounds publishing; see maxUnacknowledged.
	slots  chan struct{}
	closed chan struct{}
}

// Connect opens one connection per agency, and waits for a server that is not up yet until ctx ends. Credentials that
// the server refuses are an error at once. Afterwards connections that break are made again for ever.
func Connect(ctx context.Context, cfg Config) (*Bus, error) {
	var err error
	if cfg.Limits, err = cfg.Limits.orDefaults(); err != nil {
		return nil, err
	}
	b := &Bus{cfg: cfg, log: orDiscard(cfg.Logger), links: map[string]*link{}}
	all := cfg.Registry.All()
	made := make([]*link, len(all))
	group, ctx := errgroup.WithContext(ctx)
	for i, a := range all {
		group.Go(func() (err error) {
			made[i], err = b.connect(ctx, a.ID)
			return err
		})
	}
	err = group.Wait()
	for _, l := range made {
		if l != nil {
			b.links[l.agency] = l
		}
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Close ends all connections and waits until their callbacks have ended. Stop subscriptions first.
func (b *Bus) Close() {
	for _, l := range b.links {
		l.nc.Close()
	}
	for _, l := range b.links {
		<-l.closed
	}
}

// Disconnected lists the agencies whose account cannot be reached at the moment, for health.
func (b *Bus) Disconnected() []string {
	var gone []string
	for _, a := range b.cfg.Registry.All() {
		if l := b.links[a.ID]; l == nil || !l.nc.IsConnected() {
			gone = append(gone, a.ID)
		}
	}
	return gone
}

func (b *Bus) link(agency string) (*link, error) {
	l := b.links[agency]
	if l == nil {
		return nil, fmt.Errorf("agency %q is not in the registry", agency)
	}
	return l, nil
}

func (b *Bus) connect(ctx context.Context, agency string) (*link, error) {
	l := &link{agency: agency, slots: make(chan struct{}, maxUnacknowledged), closed: make(chan struct{})}
	opts, err := b.options(l)
	if err != nil {
		return nil, err
	}
	for {
		l.nc, err = nats.Connect(b.cfg.URL, opts...)
		if err == nil {
			break
		}
		if errors.Is(err, nats.ErrAuthorization) {
			return nil, fmt.Errorf("connect to NATS for %s: %w (are its accounts those of these credentials?)", agency, err)
		}
		select {
		case <-time.After(reconnectWait):
		case <-ctx.Done():
			return nil, fmt.Errorf("connect to NATS for %s: %w (last: %w)", agency, ctx.Err(), err)
		}
	}
	// A message whose answer is lost is not waited for for ever by the client itself.
	l.js, err = jetstream.New(l.nc, jetstream.WithPublishAsyncTimeout(publishTimeout))
	if err != nil {
		l.nc.Close()
		return nil, fmt.Errorf("connect to NATS for %s: %w", agency, err)
	}
	return l, nil
}

func (b *Bus) options(l *link) ([]nats.Option, error) {
	log := b.log.With("agency", l.agency)
	key, err := nats.NkeyOptionFromSeed(b.cfg.Creds.HubFile(l.agency))
	if err != nil {
		return nil, fmt.Errorf("hub's credentials for %s: %w", l.agency, err)
	}
	opts := []nats.Option{
		key,
		nats.Name("mash hub"),
		nats.CustomInboxPrefix(hubInbox),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		// A server that restarts with an old configuration refuses the key; it must not end the hub's connection for good.
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("nats connection lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("nats connection is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Error("nats", "error", err) }),
		nats.ClosedHandler(func(*nats.Conn) { close(l.closed) }),
	}
	if b.cfg.TLS != nil {
		opts = append(opts, nats.Secure(b.cfg.TLS))
	}
	if b.cfg.InProcess != nil {
		opts = append(opts, nats.InProcessServer(b.cfg.InProcess))
	}
	return opts, nil
}
