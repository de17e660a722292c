package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/openmash/mash/services/eventstore/embedded"
)

// eventstoreCmd is the embedded event store alone.
type eventstoreCmd struct {
	Serve   eventstoreServeCmd   `cmd:"" help:"Serve an embedded event store, so that any EventStoreDB client can be pointed at it."`
	Verify  eventstoreVerifyCmd  `cmd:"" help:"Read a stopped store again from the first event to the last, and name the first bad position."`
	Backup  eventstoreBackupCmd  `cmd:"" help:"Copy a stopped store. While it runs, its own process copies it."`
	Restore eventstoreRestoreCmd `cmd:"" help:"Make a store from a backup, which is verified first."`
	Export  eventstoreExportCmd  `cmd:"" help:"Write a stopped store as JSON lines."`
}

type eventstoreServeCmd struct {
	Data    string   `required:"" help:"Folder of the store." placeholder:"DIR"`
	Listen  string   `help:"Where to listen; beyond loopback only with TLS." default:"127.0.0.1:2113" placeholder:"HOST:PORT"`
	Socket  string   `help:"Unix socket to listen on, too." placeholder:"PATH"`
	TLSCert string   `help:"Certificate." placeholder:"FILE"`
	TLSKey  string   `help:"Key of the certificate." placeholder:"FILE"`
	User    []string `help:"A user, name:password; checked with TLS only, as the client sends them on no other connection." placeholder:"NAME:PASSWORD" sep:"none"`
}

// Run serves until it is interrupted.
func (c *eventstoreServeCmd) Run(env *environment) error {
	users, err := c.users()
	if err != nil {
		return err
	}
	opts := embedded.Options{Dir: c.Data, Users: users, Logger: logger(env.stderr, "info")}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("tls-cert: set tls-cert and tls-key")
	}
	if c.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return fmt.Errorf("tls-cert: %w", err)
		}
		opts.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	listeners, err := c.listen()
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	opts.OnFatal = func(err error) { failed <- err }
	store, err := embedded.Open(opts)
	if err != nil {
		return err
	}
	done := make(chan error, len(listeners))
	for _, l := range listeners {
		fmt.Fprintf(env.stdout, "event store  %s\n", l.Addr())
		go func() { done <- store.Serve(l) }()
	}
	select {
	case <-env.ctx.Done():
	case err = <-failed:
	}
	err = errors.Join(err, store.Close())
	for range listeners {
		err = errors.Join(err, <-done)
	}
	return err
}

// users takes the names apart from the passwords, which may hold colons.
func (c *eventstoreServeCmd) users() (map[string]string, error) {
	users := map[string]string{}
	for _, u := range c.User {
		name, password, ok := strings.Cut(u, ":")
		if !ok || name == "" || password == "" {
			return nil, errors.New("user: want name:password")
		}
		users[name] = password
	}
	if len(users) > 0 && c.TLSCert == "" {
		return nil, errors.New("user: users are checked with TLS only: set tls-cert and tls-key")
	}
	return users, nil
}

func (c *eventstoreServeCmd) listen() ([]net.Listener, error) {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, errors.New("listen: want host:port")
	}
	if ip := net.ParseIP(host); c.TLSCert == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen: %s is beyond loopback, where nothing listens without TLS", host)
	}
	tcp, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if c.Socket == "" {
		return []net.Listener{tcp}, nil
	}
	unix, err := net.Listen("unix", c.Socket)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("socket: %w", err), tcp.Close())
	}
	return []net.Listener{tcp, unix}, os.Chmod(c.Socket, 0o600)
}

type eventstoreVerifyCmd struct {
	Dir string `arg:"" help:"Folder of the store."`
}

// Run prints what was found; a fault is an error.
func (c *eventstoreVerifyCmd) Run(env *environment) error {
	r, err := embedded.Verify(c.Dir, embedded.VerifyOptions{})
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%d events in %d streams, %d event ids\n", r.Events, r.Streams, r.EventIDs)
	if r.Bad != nil {
		return r.Bad
	}
	fmt.Fprintln(env.stdout, "sound")
	return nil
}

type eventstoreBackupCmd struct {
	Dir string `arg:"" help:"Folder of the store."`
	To  string `arg:"" help:"Folder to make."`
}

// Run copies.
func (c *eventstoreBackupCmd) Run(*environment) error {
	return withStore(c.Dir, func(s *embedded.Store) error { return s.Backup(c.To) })
}

type eventstoreRestoreCmd struct {
	Backup string `arg:"" help:"Folder of the backup."`
	Dir    string `arg:"" help:"Folder of the store to make."`
}

// Run restores.
func (c *eventstoreRestoreCmd) Run(env *environment) error {
	r, err := embedded.Restore(c.Backup, c.Dir, embedded.VerifyOptions{})
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%d events in %d streams restored\n", r.Events, r.Streams)
	return nil
}

type eventstoreExportCmd struct {
	Dir string `arg:"" help:"Folder of the store."`
}

// Run writes to standard output.
func (c *eventstoreExportCmd) Run(env *environment) error {
	return withStore(c.Dir, func(s *embedded.Store) error {
		_, err := s.Export(context.WithoutCancel(env.ctx), env.stdout)
		return err
	})
}

// withStore opens a store that no process serves. One that is not there is an error, not a new store.
func withStore(dir string, do func(*embedded.Store) error) error {
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("no event store: %w", err)
	}
	s, err := embedded.Open(embedded.Options{Dir: strings.TrimSuffix(dir, "/")})
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}
