package rpc

import (
	"context"

	"google.golang.org/grpc"
)

// limitUnary gives every unary call a deadline; a shorter one of its own stays.
func (s *Server) limitUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.MaxCallTime)
	defer cancel()
	return handler(ctx, req)
}

// drainStream ends a stream when the server stops: GracefulStop would wait for a watch for ever. Its handler sees its
// context end; whatever it returns then, the client is told to come back.
func (s *Server) drainStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(s.draining, cancel)()
	wrapped := grpc.ServerStream(&contextStream{stream, ctx})
	if info.IsClientStream {
		wrapped = &interruptibleStream{contextStream{stream, ctx}, s}
	}
	err := handler(srv, wrapped)
	if s.draining.Err() != nil {
		return stopping()
	}
	return err
}

// interruptibleStream lets a handler that waits for its client's next message (reflection does) leave when the context
// ends. The wait itself ends with the stream, as soon as the handler has returned; Stop waits for it.
type interruptibleStream struct {
	contextStream
	server *Server
}

func (s *interruptibleStream) RecvMsg(m any) error {
	received := make(chan error, 1)
	s.server.receiving.Go(func() { received <- s.ServerStream.RecvMsg(m) })
	select {
	case err := <-received:
		return err
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}
