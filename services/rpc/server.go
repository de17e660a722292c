package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"buf.build/go/protovalidate"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/openmash/mash/services/domain/access"
)

// Config is what a server needs. Zero values of the limits mean the defaults named beside them.
type Config struct {
	// Tokens says who a bearer token is: LoadTokens, or the authority's own identity provider.
	Tokens Authenticator
	Logger *slog.Logger
	// Metrics is where the request metrics are registered; nil: nowhere.
	Metrics prometheus.Registerer
	// TLS may be nil on loopback and on a unix socket, and nowhere else.
	TLS *tls.Config

	// MaxCallTime bounds every unary call, whatever deadline it brings (30 s).
	MaxCallTime time.Duration
	// MaxRequestBytes bounds one request (1 MiB), MaxAnswerBytes one answer (4 MiB, what clients accept by default).
	MaxRequestBytes, MaxAnswerBytes int
	// MaxStreams bounds the calls and watches of one connection at a time (100).
	MaxStreams uint32
	// MaxConnectionAge ends connections, so that watches are authorised afresh and spread over servers; zero: never.
	MaxConnectionAge time.Duration
}

// Server is a gRPC server with the hub's rules around every method. Register its services, then Serve.
type Server struct {
	config    Config
	grpc      *grpc.Server
	health    *healthState
	metrics   *metrics
	actions   map[string]access.Action // by full method, "/mash.query.v1.ContactService/GetContact"
	validator protovalidate.Validator  // made by Serve, before the first call

	// draining ends when Stop begins: watches end with it, calls do not.
	draining context.Context
	drain    context.CancelFunc
	// receiving counts the goroutines that wait for a client's next message on a stream.
	receiving sync.WaitGroup
}

// cutOffGrace is how long Stop waits for handlers whose contexts it has ended.
const cutOffGrace = time.Second

// NewServer makes a server with health and reflection, and no services yet.
func NewServer(c Config) (*Server, error) {
	if c.Tokens == nil {
		return nil, errors.New("rpc: no authenticator")
	}
	c = c.withDefaults()
	m, err := newMetrics(c.Metrics)
	if err != nil {
		return nil, fmt.Errorf("rpc: register metrics: %w", err)
	}
	s := &Server{config: c, metrics: m, actions: map[string]access.Action{}, health: newHealthState()}
	s.draining, s.drain = context.WithCancel(context.Background())
	s.grpc = grpc.NewServer(s.options()...)
	healthpb.RegisterHealthServer(s.grpc, healthService{s.health.server})
	reflection.Register(s.grpc)
	for service, action := range map[string]access.Action{
		"grpc.health.v1.Health":                    access.HealthRead,
		"grpc.reflection.v1.ServerReflection":      access.ReflectionRead,
		"grpc.reflection.v1alpha.ServerReflection": access.ReflectionRead,
	} {
		for _, method := range s.grpc.GetServiceInfo()[service].Methods {
			s.actions["/"+service+"/"+method.Name] = action
		}
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.MaxCallTime <= 0 {
		c.MaxCallTime = 30 * time.Second
	}
	if c.MaxRequestBytes <= 0 {
		c.MaxRequestBytes = 1 << 20
	}
	if c.MaxAnswerBytes <= 0 {
		c.MaxAnswerBytes = 4 << 20
	}
	if c.MaxStreams == 0 {
		c.MaxStreams = 100
	}
	return c
}

func (s *Server) options() []grpc.ServerOption {
	// Outermost first. Whatever a step says goes out through observe, which maps and logs it.
	options := []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(s.observeUnary, recoverUnary, s.authoriseUnary, s.limitUnary, s.validateUnary),
		grpc.ChainStreamInterceptor(s.observeStream, recoverStream, s.authoriseStream, s.drainStream, s.validateStream),
		grpc.MaxRecvMsgSize(s.config.MaxRequestBytes),
		grpc.MaxSendMsgSize(s.config.MaxAnswerBytes),
		grpc.MaxConcurrentStreams(s.config.MaxStreams),
		grpc.ConnectionTimeout(10 * time.Second),
		// A client may ask for a sign of life this often, also while nothing is under way; one that asks more often is
		// sent away. The server asks idle clients, so that a watch whose reader has lost its network ends.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: time.Minute, Timeout: 20 * time.Second,
			MaxConnectionAge: s.config.MaxConnectionAge, MaxConnectionAgeGrace: s.config.MaxCallTime,
		}),
	}
	if s.config.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(s.config.TLS)))
	}
	return options
}

// Serve answers calls on the listener until Stop, and then returns nil. It returns an error without answering one when a
// method has no action, a rule in a proto does not compile, or the listener is beyond loopback and there is no TLS.
func (s *Server) Serve(l net.Listener) error {
	err := errors.Join(s.checkListener(l), s.checkActions(), s.buildValidator())
	if err != nil {
		return errors.Join(fmt.Errorf("rpc: not serving: %w", err), l.Close())
	}
	s.health.begin()
	if err := s.grpc.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("rpc: serve: %w", err)
	}
	return nil
}

func (s *Server) checkListener(l net.Listener) error {
	address, ok := l.Addr().(*net.TCPAddr)
	if ok && !address.IP.IsLoopback() && s.config.TLS == nil {
		return errors.New("the address is beyond loopback and there is no TLS")
	}
	return nil
}

// Stop ends the server: health says NOT_SERVING, new calls are turned away, watches end with UNAVAILABLE, and calls under
// way are let end until ctx does; what is left then is cut off, and Stop gives an error that wraps ctx's. Nothing runs any more
// when it returns, but for a handler that did not heed its context.
func (s *Server) Stop(ctx context.Context) error {
	s.health.server.Shutdown()
	s.drain()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		s.grpc.GracefulStop()
	}()
	var err error
	select {
	case <-gone:
	case <-ctx.Done():
		err = fmt.Errorf("rpc: calls were cut off: %w", ctx.Err())
		s.grpc.Stop()
		select {
		case <-gone:
		case <-time.After(cutOffGrace):
			return err
		}
	}
	s.receiving.Wait()
	return err
}
