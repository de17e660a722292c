package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/openmash/mash/services/hub"
)

// hubFlags are the settings of a hub. Each is also an environment variable (MASH_…, MASH_NATS_LISTEN) and a key of the config file.
type hubFlags struct {
	Data             string   `help:"Folder of everything the hub keeps." default:"${data}" placeholder:"DIR" env:"MASH_DATA"`
	Roles            []string `help:"Parts to run here: bus, store, intake, projections, api, outbox, process. Default: all that no external part replaces." placeholder:"ROLE" env:"MASH_ROLES"`
	Nats             string   `help:"URL of an external NATS server, instead of the embedded one." placeholder:"URL" env:"MASH_NATS"`
	NatsCreds        string   `help:"Folder with the hub's seeds for an external NATS server (hub/<agency>.nk)." placeholder:"DIR" env:"MASH_NATS_CREDS"`
	NatsListen       string   `help:"Where the embedded NATS server listens." default:"127.0.0.1:4222" placeholder:"HOST:PORT" env:"MASH_NATS_LISTEN"`
	Eventstore       string   `help:"External event store: esdb://…, or unix:PATH for the embedded one of another process." placeholder:"ADDRESS" env:"MASH_EVENTSTORE"`
	EventstoreListen string   `help:"Where the embedded event store listens beside its unix socket; only with TLS." placeholder:"HOST:PORT" env:"MASH_EVENTSTORE_LISTEN"`
	Readmodel        string   `help:"Database of the read models: sqlite:PATH or postgres://…" placeholder:"DSN" env:"MASH_READMODEL"`
	Keys             string   `help:"Database of the keys: sqlite:PATH or postgres://…" placeholder:"DSN" env:"MASH_KEYS"`
	MasterKey        string   `help:"File of the key that wraps all others." placeholder:"FILE" env:"MASH_MASTER_KEY"`
	Agencies         string   `help:"Folder with the registry of agencies, instead of the one the binary carries." placeholder:"DIR" env:"MASH_AGENCIES"`
	Grpc             string   `help:"Where gRPC listens." default:"127.0.0.1:9090" placeholder:"HOST:PORT" env:"MASH_GRPC"`
	Metrics          string   `help:"Where Prometheus finds metrics, or off." default:"127.0.0.1:9464" placeholder:"HOST:PORT" env:"MASH_METRICS"`
	TLSCert          string   `help:"Certificate of everything that listens; required beyond loopback." placeholder:"FILE" env:"MASH_TLS_CERT"`
	TLSKey           string   `help:"Key of the certificate." placeholder:"FILE" env:"MASH_TLS_KEY"`
	LogLevel         string   `help:"How much is logged, on standard error: debug, info, warn, error." enum:"debug,info,warn,error" default:"info" env:"MASH_LOG_LEVEL"`
}

func (f hubFlags) config(stderr io.Writer) hub.Config {
	c := hub.Config{
		Data: f.Data, NATS: f.Nats, NATSCreds: f.NatsCreds, NATSListen: f.NatsListen, EventStore: f.Eventstore,
		EventStoreListen: f.EventstoreListen, ReadModel: f.Readmodel, Keys: f.Keys, MasterKey: f.MasterKey, Agencies: f.Agencies,
		GRPC: f.Grpc, Metrics: f.Metrics, TLSCert: f.TLSCert, TLSKey: f.TLSKey, Logger: logger(stderr, f.LogLevel),
	}
	for _, r := range f.Roles {
		c.Roles = append(c.Roles, hub.Role(strings.TrimSpace(r)))
	}
	return c
}

func logger(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // kong has checked it
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}

// serveCmd runs the hub until it is interrupted.
type serveCmd struct{ hubFlags }

// Run starts, says where the hub can be reached, and stops in order on SIGTERM or Ctrl-C.
func (c *serveCmd) Run(env *environment) error {
	makeRoomForGarbage()
	h, err := hub.Start(env.ctx, c.config(env.stderr))
	if err != nil {
		return err
	}
	printAddresses(env.stdout, h.Addresses())
	err = h.Wait(env.ctx)
	if stopErr := h.Stop(); err == nil {
		err = stopErr
	}
	return err
}

func printAddresses(w io.Writer, a hub.Addresses) {
	for _, l := range []struct{ name, addr string }{{"NATS", a.NATS}, {"gRPC", a.GRPC}, {"event store", a.EventStore}, {"metrics", a.Metrics}} {
		if l.addr != "" {
			fmt.Fprintf(w, "%-12s %s\n", l.name, l.addr)
		}
	}
}
