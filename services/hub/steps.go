package hub

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/openmash/mash/deploy"
	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/intake"
	"github.com/openmash/mash/services/keys"
)

// parts are what has been started. A part that does not run in this process is nil.
type parts struct {
	metrics  *prometheus.Registry
	tls      *tls.Config
	registry *agencies.Registry
	creds    bus.Creds
	profile  practice.Profile
	keys     *keys.Ring
	server   *bus.Server
	socket   string // of the embedded store
	store    *eventstore.Store
	bus      *bus.Bus
	casework *casework.Service
	models   readModels
}

// A step starts one part.
type step struct {
	name   string
	wanted bool
	start  func(context.Context) error
}

// steps is the order of starting. Stopping goes the other way.
func (h *Hub) steps() []step {
	c := h.cfg
	return []step{
		{"settings", true, h.startSettings},
		{"keys", c.needsRecord(), h.startKeys},
		{"nats server", c.has(RoleBus), h.startServer},
		{"embedded event store", c.has(RoleStore), h.startStore},
		{"event store", c.needsRecord(), h.openStore},
		{"bus", c.needsBus() || c.has(RoleBus), h.connectBus},
		{"casework", c.has(RoleIntake) || c.has(RoleAPI) || c.has(RoleProcess), h.startCasework},
		{"read models", c.has(RoleProjections) || c.has(RoleAPI), h.startReadModels},
		{"grpc", c.has(RoleAPI), h.startAPI},
		{"outbox", c.has(RoleOutbox), h.startOutbox},
		{"process", c.has(RoleProcess), h.startProcess},
		{"intake", c.has(RoleIntake), h.startIntake},
		{"metrics", c.Metrics != "off", h.startMetrics},
		{"addresses", true, func(context.Context) error { return h.writeAddresses() }},
	}
}

// startSettings reads what the other parts are made from: the registry, the practice profile, certificates, and credentials, which it makes
// where there are none.
func (h *Hub) startSettings(context.Context) (err error) {
	p := &h.parts
	if err := h.makeFolders(); err != nil {
		return err
	}
	if h.cfg.has(RoleBus) || h.cfg.has(RoleStore) {
		if err := h.lockData(); err != nil {
			return err
		}
	}
	p.metrics = prometheus.NewRegistry()
	p.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if p.registry, err = loadRegistry(h.cfg); err != nil {
		return err
	}
	if p.profile, err = practice.Builtin(); err != nil {
		return fmt.Errorf("practice profile: %w", err)
	}
	h.warnOfCalendar()
	if h.cfg.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(h.cfg.TLSCert, h.cfg.TLSKey)
		if err != nil {
			return fmt.Errorf("tls-cert: %w", err)
		}
		p.tls = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	if !h.cfg.needsBus() && !h.cfg.has(RoleBus) {
		return nil
	}
	if h.cfg.has(RoleBus) {
		p.creds, err = bus.EnsureCreds(h.cfg.NATSCreds, p.registry)
	} else {
		p.creds, err = bus.LoadHubCreds(h.cfg.NATSCreds, p.registry)
	}
	if err != nil {
		return fmt.Errorf("nats-creds: %w", err)
	}
	return nil
}

// makeFolders makes the folders of everything the hub keeps, readable by its owner only.
func (h *Hub) makeFolders() error {
	for _, f := range []struct{ setting, path string }{
		{"data", h.cfg.Data}, {"master-key", filepath.Dir(h.cfg.MasterKey)}, {"keys", sqliteFolder(h.cfg.Keys)}, {"readmodel", sqliteFolder(h.cfg.ReadModel)},
	} {
		if f.path == "" {
			continue
		}
		if err := os.MkdirAll(f.path, 0o700); err != nil {
			return fmt.Errorf("%s: %w", f.setting, err)
		}
	}
	return nil
}

// sqliteFolder is the folder of an SQLite database; none for another one.
func sqliteFolder(dsn string) string {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		return filepath.Dir(path)
	}
	return ""
}

// warnOfCalendar tells in good time that the table of bank holidays ends: beyond it no due time can be reckoned, and no contact be received.
func (h *Hub) warnOfCalendar() {
	if err := CanReckon(h.cfg.Now().AddDate(0, 6, 0)); err != nil {
		h.cfg.Logger.Error("bank holidays are not known six months ahead: update mash", "error", err)
	}
}

func loadRegistry(c Config) (*agencies.Registry, error) {
	files := deploy.Agencies()
	if c.Agencies != "" {
		files = os.DirFS(c.Agencies)
	}
	r, err := agencies.Load(files)
	if err != nil {
		return nil, fmt.Errorf("agencies: %w", err)
	}
	return r, nil
}

// NATSConfig is the configuration of an external nats-server with the accounts of all agencies. Keys that are missing are made.
func NATSConfig(c Config) ([]byte, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	registry, err := loadRegistry(c)
	if err != nil {
		return nil, err
	}
	creds, err := bus.EnsureCreds(c.NATSCreds, registry)
	if err != nil {
		return nil, fmt.Errorf("nats-creds: %w", err)
	}
	return bus.ServerConfig(registry, creds)
}

func (h *Hub) startKeys(ctx context.Context) error {
	ring, err := keys.Open(ctx, keys.Config{DSN: h.cfg.Keys, MasterKeyFile: h.cfg.MasterKey, Now: h.cfg.Now, Logger: h.cfg.Logger})
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	h.parts.keys = ring
	h.onStop("keys", func(context.Context) error { return ring.Close() })
	return nil
}

// setting finds in the registry who is told of domestic abuse for a child.
func (h *Hub) setting(urn string, homeEducated bool) string {
	if urn == "" && homeEducated {
		agency, _ := h.parts.registry.HomeEducation()
		return agency
	}
	agency, _ := h.parts.registry.School(urn)
	return agency
}

func (h *Hub) startCasework(context.Context) error {
	h.parts.casework = casework.New(casework.Config{
		Store: h.parts.store, Pseudonym: h.parts.keys.Pseudonym, Profile: h.parts.profile, Setting: h.setting, Now: h.cfg.Now, Logger: h.cfg.Logger,
	})
	return nil
}

func (h *Hub) startIntake(context.Context) error {
	p := h.parts
	in, err := intake.New(intake.Config{
		Bus: p.bus, Registry: p.registry, Casework: p.casework, Vault: p.keys, Now: h.cfg.Now, Logger: h.cfg.Logger,
	})
	if err != nil {
		return err
	}
	p.metrics.MustRegister(in.Collectors()...)
	h.background("intake", in.Run)
	return nil
}
