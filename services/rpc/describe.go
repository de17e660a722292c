package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"google.golang.org/grpc/status"
)

// describe writes an error for the log. What our own packages wrap around an error says what failed and holds no personal
// data; the innermost text is often a driver's or a parser's and may quote a value, so its type stands in for it.
func describe(err error) string {
	inner := err
	for next := errors.Unwrap(inner); next != nil; next = errors.Unwrap(inner) {
		inner = next
	}
	if before, ok := strings.CutSuffix(err.Error(), inner.Error()); ok {
		return before + innermost(inner)
	}
	return fmt.Sprintf("%T of %s", err, innermost(inner))
}

// innermost writes an error that wraps none, or several: then the first is the name that one of our packages gave the
// failure ("event store is unavailable"), and the others are what led to it.
func innermost(err error) string {
	switch e := err.(type) {
	case *panicError, syscall.Errno:
		return err.Error()
	case interface{ GRPCStatus() *status.Status }:
		return "gRPC status " + e.GRPCStatus().Code().String()
	// Databases' codes: a damaged file, a full disk and a lock need different hands.
	case interface{ Code() int }:
		return fmt.Sprintf("%T, code %d", err, e.Code())
	case interface{ SQLState() string }:
		return fmt.Sprintf("%T, SQLSTATE %s", err, e.SQLState())
	case interface{ Unwrap() []error }:
		var parts []string
		for i, part := range e.Unwrap() {
			if name := fmt.Sprintf("%T", part); i == 0 && name == "*errors.errorString" {
				parts = append(parts, part.Error())
			} else {
				parts = append(parts, describe(part))
			}
		}
		return strings.Join(parts, ": ")
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err.Error()
	}
	return fmt.Sprintf("%T", err)
}
