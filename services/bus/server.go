package bus

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/openmash/mash/services/agencies"
)

// startTimeout is how long the embedded server may take to recover its streams and listen.
const startTimeout = 30 * time.Second

// ServerOptions say how the embedded nats-server runs.
type ServerOptions struct {
	// Dir is where the streams are kept. Required: left empty, NATS would keep them in the system's temporary folder.
	Dir string
	// Addr is host:port to listen on; port 0 takes a free one. Beyond loopback TLS is required.
	Addr     string
	Registry *agencies.Registry
	Creds    Creds
	// TLS is the server's certificate; nil listens in the clear, on loopback only.
	TLS *tls.Config
	// Logger takes the server's log; nil discards it.
	Logger *slog.Logger
	// OnFatal is told, once, that storage failed and a stream takes nothing more until the server is started anew. It must not block. Nil: nobody is.
	OnFatal func(error)
}

// A Server is an embedded nats-server with an account per agency. It listens for clients and for nothing else: no
// cluster, no leaf nodes, no web sockets, no MQTT, no monitoring.
type Server struct {
	nats *server.Server
}

// StartServer starts the embedded server and returns when it takes connections.
func StartServer(o ServerOptions) (*Server, error) {
	accounts, err := accountsOf(o.Registry, o.Creds)
	if err != nil {
		return nil, err
	}
	return startServer(o, accounts)
}

// startServer takes the accounts apart from the registry, so that a test can show what would happen with others.
func startServer(o ServerOptions, accounts []account) (*Server, error) {
	opts, err := serverOptions(o, accounts)
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("embedded nats-server: %w", err)
	}
	log := newServerLog(o.Logger, o.OnFatal)
	s.SetLoggerV2(log, log.debug(), false, false)
	s.Start()
	// What stops a start, such as an address in use, is said only in the log.
	if msg := log.fatal(); msg != "" || !s.ReadyForConnections(startTimeout) {
		s.Shutdown()
		s.WaitForShutdown()
		if msg == "" {
			msg = "not ready after " + startTimeout.String()
		}
		return nil, fmt.Errorf("embedded nats-server on %s: %s", o.Addr, msg)
	}
	return &Server{nats: s}, nil
}

func serverOptions(o ServerOptions, accounts []account) (*server.Options, error) {
	if o.Dir == "" {
		return nil, errors.New("embedded nats-server: no folder for its streams")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("embedded nats-server: %w", err)
	}
	host, port, err := splitAddr(o.Addr)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); o.TLS == nil && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("embedded nats-server: address %q is beyond loopback and there is no TLS", o.Addr)
	}
	// The very text an external server would get, so that both are known to behave alike.
	opts := &server.Options{}
	if err := opts.ProcessConfigString(string(renderConfig(accounts, o.Dir))); err != nil {
		return nil, fmt.Errorf("embedded nats-server: configuration: %w", err)
	}
	opts.Host, opts.Port = host, port
	opts.ServerName = "mash"
	// NATS would otherwise answer SIGTERM itself with os.Exit, before anything is drained.
	opts.NoSigs = true
	opts.NoLog = true
	if o.TLS != nil {
		opts.TLSConfig, opts.TLS, opts.TLSTimeout = o.TLS, true, 5
	}
	return opts, nil
}

// splitAddr reads host:port in the hub's way, where port 0 is "any", into NATS's, where 0 is 4222 and -1 is "any".
func splitAddr(addr string) (string, int, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("embedded nats-server: address %q: %w", addr, err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("embedded nats-server: address %q: port is not a number up to 65535", addr)
	}
	if port == 0 {
		return host, server.RANDOM_PORT, nil
	}
	return host, int(port), nil
}

// ClientURL is what clients connect to, with the port that was taken.
func (s *Server) ClientURL() string { return s.nats.ClientURL() }

// InProcessConn connects inside the process, without a socket. It makes a Server usable as Config.InProcess.
func (s *Server) InProcessConn() (net.Conn, error) { return s.nats.InProcessConn() }

// Shutdown closes the connections, writes what is open to disk and returns when all of it is done. Clients should have
// been drained before.
func (s *Server) Shutdown() {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
}
