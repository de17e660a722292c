package main

import (
	"crypto/tls"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A token and what is told of a child leave the machine under TLS only, whether or not somebody thought of --ca.
func TestNothingLeavesTheMachineInTheClear(t *testing.T) {
	for addr, clear := range map[string]bool{
		"127.0.0.1:9090": true, "[::1]:9090": true, "localhost:9090": true,
		"10.0.0.5:9090": false, "hub.example:9090": false, "hub.example": false, "localhost.example:9090": false, ":9090": false, "": false,
		"[::1]": true, "[::1%eth0]:9090": false, "localhost.:9090": false, "unix:/run/hub.sock": false, "dns:///localhost:9090": false,
	} {
		trust, err := trusted("", addr)
		if err != nil || (trust == nil) != clear {
			t.Errorf("%q: TLS %t, %v; want in the clear %t", addr, trust != nil, err, clear)
		}
		if _, secure, err := (clientFlags{}).transport(addr); err != nil || secure == clear {
			t.Errorf("%q: the token is held to TLS %t, %v", addr, secure, err)
		}
	}
	for url, clear := range map[string]bool{
		"nats://127.0.0.1:4222": true, "nats://hub.example:4222": false, "hub.example": false, "tls://hub.example:4222": false,
		"localhost:4222, nats://[::1]:4222": true, "nats://127.0.0.1:4222,hub.example:4222": false, "ws://localhost:8080/nats": true,
		"nats://localhost:secret@hub.example": false,
	} {
		trust, err := trustedURL("", url)
		if err != nil || (trust == nil) != clear {
			t.Errorf("%s: TLS %t, %v; want in the clear %t", url, trust != nil, err, clear)
		}
		if trust != nil && trust.MinVersion < tls.VersionTLS12 {
			t.Errorf("%s: version %d", url, trust.MinVersion)
		}
	}
}

func TestWhoeverReachesNoHubIsToldSo(t *testing.T) {
	if got := explain(status.Error(codes.Unavailable, "connection refused")); !strings.HasPrefix(got, "no hub answers") {
		t.Errorf("got %q", got)
	}
	handshake := `connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate"`
	if got := explain(status.Error(codes.Unavailable, handshake)); !strings.Contains(got, "--ca") {
		t.Errorf("got %q, want what to do about the certificate", got)
	}
}

// A URL may hold a password, and what is said of it may go to a log.
func TestAURLThatIsNoneIsNotRepeated(t *testing.T) {
	if _, err := trustedURL("", "nats://user:secret@hub.example:port"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, want an error without the URL", err)
	}
}
