package hub

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Role is a part of the hub that can run as a process of its own.
type Role string

// The roles. Bus and store are the embedded NATS server and event store: a process with an external one leaves them out.
const (
	RoleBus         Role = "bus"
	RoleStore       Role = "store"
	RoleIntake      Role = "intake"
	RoleProjections Role = "projections"
	RoleAPI         Role = "api"
	RoleOutbox      Role = "outbox"
	RoleProcess     Role = "process"
)

// Roles lists all roles.
func Roles() []Role {
	return []Role{RoleBus, RoleStore, RoleIntake, RoleProjections, RoleAPI, RoleOutbox, RoleProcess}
}

// Config holds every setting. The zero value of each but Data means the default that its comment names.
type Config struct {
	// Data is the folder of everything that the hub keeps. Required.
	Data string
	// Roles are the parts that run in this process; none: all that no external part replaces.
	Roles []Role
	// NATS is the URL of an external NATS server; empty: the embedded one.
	NATS string
	// NATSCreds is the folder with the hub's seeds for an external server (hub/<agency>.nk); empty: DATA/creds.
	NATSCreds string
	// NATSListen is where the embedded server listens; 127.0.0.1:4222.
	NATSListen string
	// EventStore is an EventStoreDB connection string (esdb://…), or unix:PATH for the embedded store of another process; empty: embedded.
	EventStore string
	// EventStoreListen is where the embedded store listens beside its unix socket; only with TLS. Empty: nowhere.
	EventStoreListen string
	// ReadModel is sqlite:PATH or postgres://…; sqlite:DATA/readmodel.db.
	ReadModel string
	// Keys is the database of keys, sqlite:PATH or postgres://…; sqlite:DATA/keys/keys.db. Its backup has a life of its own.
	Keys string
	// MasterKey is the file with the key that wraps all others; DATA/keys/master.json, made at the first start.
	MasterKey string
	// Agencies is a folder with the registry, one JSON file per agency; empty: the registry that the binary carries.
	Agencies string
	// GRPC is where gRPC listens; 127.0.0.1:9090.
	GRPC string
	// Metrics is where Prometheus finds metrics; 127.0.0.1:9464, "off" for nowhere.
	Metrics string
	// TLSCert and TLSKey are the files of the certificate for everything that listens. Beyond loopback they are required.
	TLSCert, TLSKey string

	// ForgetEventIDs runs the embedded store without its index of event ids: it then recognises a repeated append as little as a cluster does
	// whose memory of ids has run out. The hub keeps its promises either way, which is what this is for: tests. No setting of a file or flag
	// reaches it. It concerns the role store only.
	ForgetEventIDs bool
	// ReadModelsWithin is how long a start waits for read models; 0 is 3 s. A longer rebuild goes on behind: contacts must be received meanwhile,
	// and queries say that they are not ready. No setting of a file or flag reaches it.
	ReadModelsWithin time.Duration
	// Now is the hub's clock; nil: the machine's. No setting of a file or flag reaches it.
	Now func() time.Time
	// Logger; nil: silent.
	Logger *slog.Logger
}

// withDefaults fills in what was left open and refuses what cannot work, with one line that names the setting.
func (c Config) withDefaults() (Config, error) {
	if c.Data == "" {
		return c, errors.New("data: name the folder in which the hub keeps its data")
	}
	if c.ReadModelsWithin <= 0 {
		c.ReadModelsWithin = startPatience
	}
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		return c, fmt.Errorf("data: %w", err)
	}
	c.Data = abs
	for _, d := range []struct {
		to   *string
		what string
	}{
		{&c.NATSListen, "127.0.0.1:4222"}, {&c.GRPC, "127.0.0.1:9090"}, {&c.Metrics, "127.0.0.1:9464"},
		{&c.ReadModel, "sqlite:" + filepath.Join(c.Data, "readmodel.db")}, {&c.Keys, "sqlite:" + filepath.Join(c.Data, "keys", "keys.db")},
		{&c.MasterKey, filepath.Join(c.Data, "keys", "master.json")}, {&c.NATSCreds, filepath.Join(c.Data, "creds")},
	} {
		if *d.to == "" {
			*d.to = d.what
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.defaultRoles()
	return c, c.check()
}

func (c *Config) defaultRoles() {
	if len(c.Roles) > 0 {
		return
	}
	for _, r := range Roles() {
		if r == RoleBus && c.NATS != "" || r == RoleStore && c.EventStore != "" {
			continue
		}
		c.Roles = append(c.Roles, r)
	}
}

func (c Config) has(r Role) bool { return slices.Contains(c.Roles, r) }

// needsBus tells whether this process talks to NATS: intake and outbox do, and so does the API, which puts quarantined messages back.
func (c Config) needsBus() bool { return c.has(RoleIntake) || c.has(RoleAPI) || c.has(RoleOutbox) }

// needsRecord tells whether this process reads or writes the event store.
func (c Config) needsRecord() bool {
	return c.has(RoleIntake) || c.has(RoleAPI) || c.has(RoleProjections) || c.has(RoleOutbox) || c.has(RoleProcess)
}

func (c Config) check() error {
	for _, r := range c.Roles {
		if !slices.Contains(Roles(), r) {
			return fmt.Errorf("roles: %q is none of bus, store, intake, projections, api, outbox, process", r)
		}
	}
	return firstOf(c.checkBus, c.checkStore, c.checkDatabases, c.checkListeners, c.checkFiles)
}

// firstOf gives the first error: one line names one setting.
func firstOf(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Config) checkBus() error {
	switch {
	case c.NATS == "" && c.needsBus() && !c.has(RoleBus):
		return errors.New("nats: intake, outbox and api need a NATS server: give its URL, or run the role bus here")
	case c.NATS != "" && c.has(RoleBus):
		return errors.New("nats: give the URL of an external server or run the role bus, not both")
	case c.NATS != "":
		for _, one := range strings.Split(c.NATS, ",") {
			u, err := url.Parse(strings.TrimSpace(one))
			if err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" {
				return errors.New("nats: want nats://host:port or tls://host:port")
			}
			if u.User != nil {
				return errors.New("nats: credentials do not go into the URL: see nats-creds")
			}
		}
	}
	return nil
}

func (c Config) checkStore() error {
	switch {
	case c.EventStore == "" && c.needsRecord() && !c.has(RoleStore):
		return errors.New("eventstore: all roles but bus need an event store: give its address, or run the role store here")
	case c.EventStore != "" && c.has(RoleStore):
		return errors.New("eventstore: give the address of an external store or run the role store, not both")
	case c.EventStore != "" && !hasScheme(c.EventStore, "esdb://", "esdb+discover://", "unix:"):
		return errors.New("eventstore: want esdb://…, esdb+discover://… or unix:PATH")
	case c.EventStoreListen != "" && c.TLSCert == "":
		return errors.New("eventstore-listen: an event store on TCP needs TLS: set tls-cert and tls-key")
	}
	return nil
}

func (c Config) checkDatabases() error {
	for _, d := range []struct{ setting, dsn string }{{"readmodel", c.ReadModel}, {"keys", c.Keys}} {
		if !hasScheme(d.dsn, "sqlite:", "postgres://", "postgresql://") {
			return fmt.Errorf("%s: want sqlite:PATH or postgres://…", d.setting)
		}
	}
	return nil
}

func hasScheme(s string, schemes ...string) bool {
	return slices.ContainsFunc(schemes, func(scheme string) bool { return strings.HasPrefix(s, scheme) && len(s) > len(scheme) })
}

// checkListeners keeps everything on loopback that has no TLS.
func (c Config) checkListeners() error {
	for _, l := range []struct{ name, addr string }{
		{"nats-listen", c.NATSListen}, {"grpc", c.GRPC}, {"metrics", c.Metrics}, {"eventstore-listen", c.EventStoreListen},
	} {
		if l.addr == "" || l.name == "metrics" && l.addr == "off" {
			continue
		}
		host, _, err := net.SplitHostPort(l.addr)
		if err != nil {
			return fmt.Errorf("%s: want host:port", l.name)
		}
		if !OnLoopback(host) && (c.TLSCert == "" || l.name == "metrics") {
			return fmt.Errorf("%s: %s is beyond loopback, where nothing listens without TLS", l.name, host)
		}
	}
	return nil
}

// OnLoopback reports whether a host is this machine by its own name or address: only there may anything listen or be called without TLS.
func OnLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

func (c Config) checkFiles() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("tls-cert: a certificate needs its key, and a key its certificate: set tls-cert and tls-key")
	}
	for _, f := range []struct{ name, path string }{{"tls-cert", c.TLSCert}, {"tls-key", c.TLSKey}, {"agencies", c.Agencies}} {
		if f.path == "" {
			continue
		}
		if _, err := os.Stat(f.path); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}
