package embedded

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/openmash/mash/services/hubtest/selfsigned"
)

func listener(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTLSChecksCredentials(t *testing.T) {
	certificate := selfsigned.New(t)
	s := startStore(t, Options{TLS: &tls.Config{Certificates: []tls.Certificate{certificate.TLS}}, Users: map[string]string{"hub": "s3cret:with@signs"}})
	url := func(user string) string {
		return "esdb://" + user + s.address + "?tls=true&tlsCaFile=" + certificate.CertFile
	}
	append1 := func(url string) error {
		_, err := clientOf(t, url).AppendToStream(context.Background(), "s", esdb.AppendToStreamOptions{}, sampleEvents(1)...)
		return err
	}
	if err := append1(url("hub:s3cret%3Awith%40signs@")); err != nil {
		t.Fatalf("right credentials: %v", err)
	}
	for name, user := range map[string]string{
		"wrong password": "hub:other@", "unknown user": "nobody:s3cret@", "empty password": "nobody:@", "none": "",
	} {
		var e *esdb.Error
		if err := append1(url(user)); !errors.As(err, &e) || e.Code() != esdb.ErrorCodeUnauthenticated {
			t.Errorf("%s: got %v, want unauthenticated", name, err)
		}
	}
}

func TestUnixSocketServesWithoutTLSBesideTCPWithIt(t *testing.T) {
	certificate := selfsigned.New(t)
	s := startStore(t, Options{TLS: &tls.Config{Certificates: []tls.Certificate{certificate.TLS}}, Users: map[string]string{"hub": "pw"}})
	// Socket paths are short: the test's own directory may not be.
	dir, err := os.MkdirTemp("", "es")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	serveOn(t, s.store, "unix", path)
	c := clientWith(t, &esdb.Configuration{
		Address: "unix://" + path, DisableTLS: true, MaxDiscoverAttempts: 10, DiscoveryInterval: 100, GossipTimeout: 5,
		KeepAliveInterval: 10 * time.Second, KeepAliveTimeout: 10 * time.Second,
	})
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
	over := clientOf(t, "esdb://hub:pw@"+s.address+"?tls=true&tlsCaFile="+certificate.CertFile)
	if n := len(readEvents(t, over, "s")); n != 1 {
		t.Fatalf("read %d events over TLS, want the 1 from the socket", n)
	}
}

func TestInsecureModeIgnoresCredentials(t *testing.T) {
	s := startStore(t, Options{Users: map[string]string{"hub": "pw"}})
	c := clientOf(t, "esdb://bad:credentials@"+s.address+"?tls=false")
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
}

func TestGossipLeadsADiscoveringClientHere(t *testing.T) {
	s := startStore(t, Options{})
	c := clientOf(t, "esdb://"+s.address+","+s.address+"?tls=false")
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
}

// The client pings an idle connection every 10 s; a server without the policy
// for it ends the connection after the third ping, at about 31 s.
func TestIdleSubscriptionOutlivesKeepalive(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 35 s")
	}
	t.Parallel()
	s := startStore(t, Options{})
	c := s.client(t)
	sub, err := c.SubscribeToStream(context.Background(), "s", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	for sub.Recv().CaughtUp == nil {
	}
	<-time.After(35 * time.Second)
	mustAppend(t, s.client(t), "s", esdb.Any{}, sampleEvents(1)...)
	if e := sub.Recv(); e.EventAppeared == nil {
		t.Fatalf("got %+v after 35 idle seconds, want the event", e)
	}
}
