package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	server_features "github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/proto" // the codec that ours falls back to
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/proto"
)

// Serve answers on a listener until the store is closed and then returns nil, also
// when that was before it began: a caller who serves in a goroutine cannot know
// which came first. It may be called for several listeners at once. Options.TLS is
// used on every listener but unix sockets.
func (s *Store) Serve(l net.Listener) error {
	server, err := s.newServer(l.Addr().Network() == "unix")
	if errors.Is(err, ErrClosed) {
		return l.Close()
	}
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer s.serving.Done()
	if err := server.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("event store: serve: %w", err)
	}
	return nil
}

// newServer registers a server with the store, which stops it in Close.
func (s *Store) newServer(plain bool) (*grpc.Server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closing:
		return nil, ErrClosed
	case <-s.dead:
		return nil, s.failed()
	default:
	}
	opts := s.serverOptions()
	checkUsers := false
	if s.opts.TLS != nil && !plain {
		opts = append(opts, grpc.Creds(credentials.NewTLS(s.opts.TLS)))
		checkUsers = len(s.opts.Users) > 0
	}
	gate := &gate{s: s, checkUsers: checkUsers}
	opts = append(opts, grpc.UnaryInterceptor(gate.unary), grpc.StreamInterceptor(gate.stream))
	server := grpc.NewServer(opts...)
	streams.RegisterStreamsServer(server, &streamsService{s: s})
	server_features.RegisterServerFeaturesServer(server, featuresService{})
	gossip.RegisterGossipServer(server, newGossipService(s))
	persistent.RegisterPersistentSubscriptionsServer(server, &persistentService{s: s})
	s.servers = append(s.servers, server)
	s.serving.Add(1)
	return server, nil
}

func (s *Store) serverOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ForceServerCodecV2(newCodec()),
		grpc.WaitForHandlers(true),
		// The Go client pings every 10 s, also when nothing else goes on; the
		// default policy would end its connection for that.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime: 5 * time.Second, PermitWithoutStream: true,
		}),
		// A peer that vanished without a word is noticed within a minute.
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 30 * time.Second}),
		// Room for one event of the largest append and its envelope, and for one
		// that is too large to be told so by us and not by gRPC.
		grpc.MaxRecvMsgSize(4 * s.opts.MaxAppendSize),
		grpc.MaxSendMsgSize(64 << 20),
		grpc.InitialWindowSize(1 << 20),
		grpc.InitialConnWindowSize(4 << 20),
		grpc.WriteBufferSize(128 << 10),
		grpc.ReadBufferSize(64 << 10),
		grpc.MaxHeaderListSize(64 << 10),
	}
}

// stopServers lets running calls finish and cuts off what is still there after
// the drain timeout. Subscriptions have been told to end by then.
func (s *Store) stopServers() {
	s.mu.Lock()
	servers := s.servers
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, server := range servers {
			server.GracefulStop()
		}
		s.serving.Wait()
	}()
	timer := time.NewTimer(s.opts.DrainTimeout)
	defer timer.Stop()
	select {
	case <-done:
		return
	case <-timer.C:
	case <-s.dead:
		// A handler may wait for a lock inside the failed storage for ever.
		for _, server := range servers {
			go server.Stop()
		}
		return
	}
	for _, server := range servers {
		server.Stop()
	}
	<-done
}

// gate stands before every call: it checks credentials, refuses calls to a store
// that has stopped, and turns errors into statuses and trailers.
type gate struct {
	s          *Store
	checkUsers bool
}

func (g *gate) enter(ctx context.Context, method string) error {
	if err := g.s.failed(); err != nil {
		return err
	}
	select {
	case <-g.s.closing:
		return ErrClosed
	default:
	}
	if g.checkUsers && !openToAll(method) {
		return authenticate(ctx, g.s.opts.Users)
	}
	return nil
}

func (g *gate) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (resp any, err error) {
	if err = g.enter(ctx, info.FullMethod); err == nil {
		resp, err = next(ctx, req)
	}
	st, trailers := toStatus(ctx, err)
	if trailers != nil {
		if err := grpc.SetTrailer(ctx, trailers); err != nil {
			return nil, err
		}
	}
	return resp, st
}

func (g *gate) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	err := g.enter(ss.Context(), info.FullMethod)
	if err == nil {
		err = next(srv, ss)
	} else if info.IsClientStream && !info.IsServerStream {
		dropRequest(ss)
	}
	st, trailers := toStatus(ss.Context(), err)
	if trailers != nil {
		ss.SetTrailer(trailers)
	}
	return st
}

// mostDropped bounds what is read of a refused append, in bytes.
const mostDropped = 2 << 20

// dropRequest reads an append that is refused unread, and keeps none of it: the
// Go client loses an answer that comes before it has sent all. A caller who sends
// without end is answered all the same.
func dropRequest(ss grpc.ServerStream) {
	for size := 0; size < mostDropped; {
		var m streams.AppendReq
		if ss.RecvMsg(&m) != nil {
			return
		}
		size += 1 + proto.Size(&m)
	}
}
