package rpc

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// observation is what the log line of a call is made of; steps further in fill it.
type observation struct {
	method string
	began  time.Time
	caller Caller
}

type observationKey struct{}

func observationFrom(ctx context.Context) *observation {
	o, _ := ctx.Value(observationKey{}).(*observation)
	return o
}

func (s *Server) observeUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	o := s.begin(info.FullMethod)
	answer, err := handler(context.WithValue(ctx, observationKey{}, o), req)
	return answer, s.end(ctx, o, err)
}

func (s *Server) observeStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	o := s.begin(info.FullMethod)
	ctx := context.WithValue(stream.Context(), observationKey{}, o)
	return s.end(ctx, o, handler(srv, &contextStream{stream, ctx}))
}

func (s *Server) begin(method string) *observation {
	s.metrics.inFlight.WithLabelValues(method).Inc()
	return &observation{method: method, began: time.Now()}
}

// end maps, counts and logs; its error is what gRPC sends.
func (s *Server) end(ctx context.Context, o *observation, err error) error {
	took, mapped := time.Since(o.began), FromError(err)
	code := codes.OK
	if mapped != nil {
		code = mapped.Code
	}
	s.metrics.inFlight.WithLabelValues(o.method).Dec()
	s.metrics.requests.WithLabelValues(o.method, code.String()).Inc()
	s.metrics.duration.WithLabelValues(o.method).Observe(took.Seconds())
	s.log(ctx, o, took, code, mapped)
	if mapped == nil {
		return nil
	}
	return mapped
}

func (s *Server) log(ctx context.Context, o *observation, took time.Duration, code codes.Code, e *Error) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("method", o.method), slog.String("code", code.String()),
		slog.Duration("took", took), slog.String("person", o.caller.Person), slog.String("role", string(o.caller.Role)),
	}
	switch code {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		level = slog.LevelError
	case codes.Unavailable, codes.DeadlineExceeded:
		level = slog.LevelWarn
	}
	if e != nil {
		attrs = append(attrs, slog.String("reason", e.Reason))
		if incident := e.Metadata["incident"]; incident != "" {
			attrs = append(attrs, slog.String("incident", incident))
		}
		if e.Cause != nil {
			attrs = append(attrs, slog.String("cause", describe(e.Cause)))
		}
		if p, ok := errors.AsType[*panicError](e.Cause); ok {
			attrs = append(attrs, slog.String("stack", string(p.stack)))
		}
	} else if strings.HasPrefix(o.method, "/grpc.health.") {
		level = slog.LevelDebug // a probe asks every few seconds
	}
	s.config.Logger.LogAttrs(ctx, level, "call", attrs...)
}
