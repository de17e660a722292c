package rpc

import (
	"context"

	"github.com/openmash/mash/services/domain/access"
)

// Caller is who calls, as their token says. It goes into the metadata of every event they bring about.
type Caller struct {
	// Person is the opaque id of a member of staff, empty for the anonymous.
	Person string
	Role   access.Role
	// Team is the person's team, empty for those who have none.
	Team string
	// Agency is the organisation whose system calls, empty for everybody else.
	Agency string
}

// May reports whether the caller's role may take the action, beyond the one that let the call through.
func (c Caller) May(action access.Action) bool {
	ok, _ := access.Can(c.Role, action)
	return ok
}

type callerKey struct{}

// CallerFrom gives the caller of the call that ctx belongs to. Outside a call, or for a call without a token, that is the
// anonymous caller, who may do nothing.
func CallerFrom(ctx context.Context) Caller {
	if c, ok := ctx.Value(callerKey{}).(Caller); ok {
		return c
	}
	return Caller{Role: access.Anonymous}
}

// WithCaller gives a context in which c calls; for the server's own interceptor and for tests of a handler alone.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}
