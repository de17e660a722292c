package hub

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/eventstore/control"
	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/keys"
)

// startServer starts the embedded NATS server.
func (h *Hub) startServer(context.Context) error {
	s, err := bus.StartServer(bus.ServerOptions{
		Dir: filepath.Join(h.cfg.Data, "nats"), Addr: h.cfg.NATSListen, Registry: h.parts.registry, Creds: h.parts.creds,
		TLS: h.parts.tls, Logger: h.cfg.Logger,
		// Started anew it takes messages again as soon as there is room; as it is, an agency would be shut out for good and nobody be told.
		OnFatal: func(err error) {
			h.fail(fmt.Errorf("nats server: storage failed, and messages are refused until a new start: %w", err))
		},
	})
	if err != nil {
		return fmt.Errorf("nats-listen: %w", err)
	}
	h.parts.server = s
	h.addresses.NATS = s.ClientURL()
	h.onStop("nats server", func(context.Context) error { s.Shutdown(); return nil })
	return nil
}

// connectBus connects to every agency's account and makes its streams.
func (h *Hub) connectBus(ctx context.Context) error {
	url := h.cfg.NATS
	if h.parts.server != nil {
		url = h.parts.server.ClientURL()
	}
	c := bus.Config{URL: url, Creds: h.parts.creds, Registry: h.parts.registry, InProcess: h.parts.server, Logger: h.cfg.Logger}
	if h.parts.server != nil && h.parts.tls != nil {
		c.TLS = pinned(h.parts.tls)
	}
	patient, cancel := context.WithTimeout(ctx, natsPatience)
	defer cancel()
	b, err := bus.Connect(patient, c)
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	h.parts.bus = b
	h.addresses.NATS = url
	// Health speaks for those who call the hub; that nothing arrives any more is for an operator to see.
	h.parts.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "mash_bus_agencies_disconnected", Help: "Agencies whose NATS account the hub is not connected to: nothing of theirs arrives.",
	}, func() float64 { return float64(len(b.Disconnected())) }))
	h.onStop("bus", func(context.Context) error { b.Close(); return nil })
	if err := b.EnsureStreams(ctx); err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	return nil
}

// natsPatience is how long a start waits for a NATS server that does not answer: parts may be started in any order.
const natsPatience = 30 * time.Second

// pinned trusts the hub's own certificate and no other, whatever name it is for: the hub's connections to its own server stay in this process.
func pinned(own *tls.Config) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // VerifyConnection does more
		VerifyConnection: func(cs tls.ConnectionState) error {
			if len(cs.PeerCertificates) == 0 || !bytes.Equal(cs.PeerCertificates[0].Raw, own.Certificates[0].Certificate[0]) {
				return errors.New("the embedded NATS server shows a certificate that is not the hub's")
			}
			return nil
		},
	}
}

// startStore starts the embedded event store on its unix socket, and with TLS on TCP where that is asked for.
func (h *Hub) startStore(context.Context) error {
	s, err := embedded.Open(embedded.Options{
		Dir: filepath.Join(h.cfg.Data, "eventstore"), ForgetEventIDs: h.cfg.ForgetEventIDs, Now: h.cfg.Now, TLS: h.parts.tls, Logger: h.cfg.Logger,
		OnFatal: func(err error) { h.fail(fmt.Errorf("event store: %w", err)) },
	})
	if err != nil {
		return err
	}
	h.onStop("embedded event store", func(context.Context) error { return s.Close() })
	// So that mash eventstore backup and export work on a running hub.
	c, err := control.Start(filepath.Join(h.cfg.Data, "eventstore"), s)
	if err != nil {
		return err
	}
	h.onStop("control of the event store", func(context.Context) error { return c.Close() })
	socket, err := h.listenSocket()
	if err != nil {
		return err
	}
	h.serveStore(s, socket)
	h.addresses.EventStore = "unix:" + h.parts.socket
	if h.cfg.EventStoreListen == "" {
		return nil
	}
	tcp, err := net.Listen("tcp", h.cfg.EventStoreListen)
	if err != nil {
		return fmt.Errorf("eventstore-listen: %w", err)
	}
	h.serveStore(s, tcp)
	return nil
}

func (h *Hub) serveStore(s *embedded.Store, l net.Listener) {
	h.running.Go(func() {
		if err := s.Serve(l); err != nil {
			h.fail(fmt.Errorf("event store: %w", err))
		}
	})
}

// longestSocket is the longest path of a unix socket that Linux takes (108 bytes with the ending zero), with some room.
const longestSocket = 100

// listenSocket listens on DATA/eventstore.sock, mode 0600: without TLS the client sends no credentials, so the file's mode is what guards
// the record. Where that path is too long for a socket, a folder of its own takes its place.
func (h *Hub) listenSocket() (net.Listener, error) {
	path := filepath.Join(h.cfg.Data, "eventstore.sock")
	if len(path) > longestSocket {
		dir, err := os.MkdirTemp("", "mash")
		if err != nil {
			return nil, fmt.Errorf("folder for the event store's socket: %w", err)
		}
		h.onStop("event store's socket", func(context.Context) error { return os.RemoveAll(dir) })
		path = filepath.Join(dir, "eventstore.sock")
	}
	// A socket that a killed process left behind is in the way. The store's own lock has shown that no other process serves it.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("event store's socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("event store's socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("event store's socket: %w", err), l.Close())
	}
	h.parts.socket = path
	return l, nil
}

// openStore connects to the event store through the official client, embedded or not.
func (h *Hub) openStore(ctx context.Context) error {
	cfg := eventstore.Config{Keys: h.parts.keys, Now: h.cfg.Now, Logger: h.cfg.Logger}
	switch path, isSocket := strings.CutPrefix(h.cfg.EventStore, "unix:"); {
	case h.parts.socket != "":
		cfg.Socket = h.parts.socket
	case isSocket:
		cfg.Socket = strings.TrimPrefix(path, "//")
		h.addresses.EventStore = "unix:" + cfg.Socket
	default:
		cfg.Connection = h.cfg.EventStore
		h.addresses.EventStore = "external" // the connection string may hold a password
	}
	s, err := eventstore.Open(ctx, cfg)
	if err != nil {
		return fmt.Errorf("eventstore: %w", err)
	}
	h.parts.store = s
	h.onStop("event store", func(context.Context) error { return s.Close() })
	if err := h.parts.keys.Bind(ctx, s.ID(), func(ctx context.Context) (bool, error) { return isUnreadable(ctx, s) }); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}

// isUnreadable reports whether something on record was sealed with a key that is not known, or is kept in a vault under one. What is not sealed
// tells nothing: a hub that never received a contact has noted how far its clocks are all the same, and another process of a new hub may have begun
// a moment ago.
func isUnreadable(ctx context.Context, s *eventstore.Store) (bool, error) {
	err := s.ReadAll(ctx, eventstore.Position{}, func(r eventstore.Recorded) error {
		if q, ok := r.Message.(*eventpb.MessageQuarantined); ok && q.GetKept() {
			return keys.ErrUnknownKey
		}
		return nil
	})
	if errors.Is(err, keys.ErrUnknownKey) {
		return true, nil
	}
	return false, err
}
