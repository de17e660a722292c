package rpc

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"google.golang.org/grpc"
)

// panicError is a handler's panic.
type panicError struct {
	value any
	// stack shows functions and addresses only.
	stack []byte
}

// Error says what kind of value it was, and the value only where the runtime made it: another may be a payload.
func (p *panicError) Error() string {
	if err, ok := p.value.(runtime.Error); ok {
		return "panic: " + err.Error()
	}
	return fmt.Sprintf("panic with a %T", p.value)
}

func recoverUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (_ any, err error) {
	defer recoverInto(&err)
	return handler(ctx, req)
}

func recoverStream(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	defer recoverInto(&err)
	return handler(srv, stream)
}

// recoverInto turns a panic into an error, so that one call's defect is not everybody's outage.
func recoverInto(err *error) {
	if value := recover(); value != nil {
		*err = internal(&panicError{value, debug.Stack()})
	}
}
