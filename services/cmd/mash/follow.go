package main

import (
	"errors"
	"io"

	"google.golang.org/grpc"
)

// each does something with each message of a stream, until the hub ends it.
func each[M any](stream grpc.ServerStreamingClient[M], do func(*M) error) error {
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(message); err != nil {
			return err
		}
	}
}

// follow connects and prints what a stream sends, until the hub ends it or the user interrupts it, neither of which is an error. What it
// opens lives as long as the verb.
func follow[M any](f clientFlags, env *environment, usual string, open func(*grpc.ClientConn) (grpc.ServerStreamingClient[M], error),
	print func(io.Writer, *M) error) error {
	conn, err := f.dial(usual)
	if err != nil {
		return err
	}
	defer conn.Close()
	stream, err := open(conn)
	if err == nil {
		err = each(stream, func(message *M) error { return print(env.stdout, message) })
	}
	if env.ctx.Err() != nil {
		return nil
	}
	return err
}
