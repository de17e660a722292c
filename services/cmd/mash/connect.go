package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/openmash/mash/services/hub"
)

// clientFlags say which hub a client verb talks to, and as whom.
type clientFlags struct {
	Data  string `help:"Folder of a hub on this machine: its addresses and tokens are taken from there." default:"${data}" placeholder:"DIR" env:"MASH_DATA"`
	Addr  string `help:"gRPC address of the hub; else what DATA/addresses.json says." placeholder:"HOST:PORT"`
	As    string `help:"Whose token in DATA/creds/staff to use, for example manager-1; each verb has a fitting default." placeholder:"PERSON"`
	Token string `help:"File that holds a bearer token, instead of --as." placeholder:"FILE"`
	CA    string `help:"File with the certificate to trust; a hub beyond loopback is only spoken to with TLS." placeholder:"FILE"`
	JSON  bool   `help:"Print JSON."`
}

// addresses is DATA/addresses.json, which a running hub writes.
type addresses struct {
	NATS string `json:"nats"`
	GRPC string `json:"grpc"`
}

func readAddresses(data string) (addresses, error) {
	var a addresses
	b, err := os.ReadFile(filepath.Join(data, "addresses.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return a, fmt.Errorf("no hub has run in %s: start one (mash demo, mash serve), or name its folder with --data", data)
	}
	if err != nil {
		return a, fmt.Errorf("addresses of the hub: %w", err)
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("addresses of the hub: %w", err)
	}
	return a, nil
}

// dial connects to the hub as the person whose token is asked for, or as usual where none is.
func (f clientFlags) dial(usual string) (*grpc.ClientConn, error) {
	addr := f.Addr
	if addr == "" {
		a, err := readAddresses(f.Data)
		if err != nil {
			return nil, err
		}
		addr = a.GRPC
	}
	token, err := f.token(usual)
	if err != nil {
		return nil, err
	}
	transport, secure, err := f.transport(addr)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(transport), grpc.WithPerRPCCredentials(bearer{token, secure}))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	return conn, nil
}

// call connects, has the hub asked, and hangs up. Whatever is asked has to be answered within [callTimeout].
func (f clientFlags) call(env *environment, usual string, ask func(context.Context, *grpc.ClientConn) error) error {
	conn, err := f.dial(usual)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(env.ctx, callTimeout)
	defer cancel()
	return ask(ctx, conn)
}

func (f clientFlags) token(usual string) (string, error) {
	file := f.Token
	if file == "" {
		person := f.As
		if person == "" {
			person = usual
		}
		if filepath.Base(person) != person {
			return "", fmt.Errorf("--as: %q is not the id of a person", person)
		}
		file = filepath.Join(f.Data, "creds", "staff", person+".token")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("bearer token: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

func (f clientFlags) transport(addr string) (credentials.TransportCredentials, bool, error) {
	trust, err := trusted(f.CA, addr)
	if err != nil || trust == nil {
		return insecure.NewCredentials(), false, err
	}
	return credentials.NewTLS(trust), true, nil
}

// trusted says how a server is spoken to: with TLS where a certificate is named, and always beyond loopback, where the machine's authorities vouch
// for one that is not. Nil is in the clear: a token, or what is told of a child, never leaves the machine like that.
func trusted(ca, addr string) (*tls.Config, error) {
	if ca != "" {
		pool, err := readPool(ca)
		if err != nil {
			return nil, err
		}
		return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = strings.Trim(addr, "[]")
	}
	if hub.OnLoopback(host) {
		return nil, nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12}, nil
}

// readPool reads the certificates to trust.
func readPool(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--ca: %s holds no certificate", file)
	}
	return pool, nil
}

// trustedURL is trusted for the URLs of NATS servers, with commas between them: one that is beyond loopback decides for all.
func trustedURL(ca, urls string) (*tls.Config, error) {
	for one := range strings.SplitSeq(urls, ",") {
		one = strings.TrimSpace(one)
		if !strings.Contains(one, "://") {
			one = "nats://" + one
		}
		u, err := url.Parse(one)
		if err != nil {
			return nil, errors.New("--nats: is not a URL") // it may hold a password
		}
		if trust, err := trusted(ca, u.Host); err != nil || trust != nil {
			return trust, err
		}
	}
	return nil, nil
}

// bearer sends the caller's token with every call; in the clear on loopback only, see trusted.
type bearer struct {
	token  string
	secure bool
}

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + b.token}, nil
}

func (b bearer) RequireTransportSecurity() bool { return b.secure }

// explain writes an error of a call as one line: what is wrong, the published reason, and the fields.
func explain(err error) string {
	var call interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &call) {
		return err.Error()
	}
	s := call.GRPCStatus()
	line := s.Message()
	if s.Code() == codes.Unavailable && len(s.Details()) == 0 {
		line = unreached(line)
	}
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			line = fmt.Sprintf("%s [%s]", line, d.GetReason())
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				line += fmt.Sprintf("; %s: %s", v.GetField(), v.GetDescription())
			}
		}
	}
	return line
}

// unreached says what stood between the caller and an answer.
func unreached(line string) string {
	if strings.Contains(line, "authentication handshake failed") {
		return "the hub and this command do not agree on TLS: name the hub's certificate with --ca, and leave it out for one that has none. " + line
	}
	return "no hub answers: is it running (mash serve), and here? " + line
}
