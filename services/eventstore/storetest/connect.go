package storetest

import (
	"context"
	"crypto/tls"
	"encoding/base64"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// client makes a client of its own. It is never closed: the client's Close is not
// safe beside calls, and the server's end ends it.
func (f *fixture) client(config esdb.Configuration) *esdb.Client {
	f.Helper()
	config.Logger = esdb.NoopLogging()
	c, err := esdb.NewClient(&config)
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// dial makes a plain gRPC connection, for what the client would hide, without the
// credentials that calls have to bring.
func (f *fixture) dial(o ...grpc.DialOption) *grpc.ClientConn {
	f.Helper()
	if f.Config.Address == "" {
		f.Skip("the connection string names no single node to dial: it is found by gossip")
	}
	transport := insecure.NewCredentials()
	if !f.Config.DisableTLS {
		transport = credentials.NewTLS(&tls.Config{RootCAs: f.Config.RootCAs, InsecureSkipVerify: f.Config.SkipCertificateVerification})
	}
	conn, err := grpc.NewClient(f.Config.Address, append(o, grpc.WithTransportCredentials(transport))...)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = conn.Close() })
	return conn
}

// conn is dial with the credentials.
func (f *fixture) conn() *grpc.ClientConn {
	f.Helper()
	if f.Config.DisableTLS || f.Config.Username == "" {
		return f.dial()
	}
	return f.dial(grpc.WithPerRPCCredentials(basicAuth(f.Config.Username + ":" + f.Config.Password)))
}

// basicAuth is a name and a password as they are sent with a call.
type basicAuth string

func (b basicAuth) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(b))}, nil
}

func (basicAuth) RequireTransportSecurity() bool { return true }
