package embedded

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"testing"

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

// What a caller with wrong credentials is told is in the contract; one with none at
// all is no better here, where EventStoreDB may be set up to let anybody in.
func TestTLSRefusesCallersWithoutCredentials(t *testing.T) {
	certificate := selfsigned.New(t)
	s := startStore(t, Options{TLS: &tls.Config{Certificates: []tls.Certificate{certificate.TLS}}, Users: map[string]string{"hub": "pw"}})
	for name, user := range map[string]string{"no credentials": "", "no password": "hub:@"} {
		c := clientOf(t, "esdb://"+user+s.address+"?tls=true&tlsCaFile="+certificate.CertFile)
		_, err := c.AppendToStream(context.Background(), "s", esdb.AppendToStreamOptions{}, sampleEvents(1)...)
		var e *esdb.Error
		if !errors.As(err, &e) || e.Code() != esdb.ErrorCodeUnauthenticated {
			t.Errorf("%s: got %v, want unauthenticated", name, err)
		}
	}
}

func TestGossipLeadsADiscoveringClientHere(t *testing.T) {
	s := startStore(t, Options{})
	c := clientOf(t, "esdb://"+s.address+","+s.address+"?tls=false")
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
}
