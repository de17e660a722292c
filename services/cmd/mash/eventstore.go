package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/openmash/mash/services/eventstore/control"
	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/hub"
)

// eventstoreCmd is the embedded event store alone.
type eventstoreCmd struct {
	Serve   eventstoreServeCmd   `cmd:"" help:"Serve an embedded event store, so that any EventStoreDB client can be pointed at it."`
	Verify  eventstoreVerifyCmd  `cmd:"" help:"Read a stopped store again from the first event to the last, and name the first bad position."`
	Backup  eventstoreBackupCmd  `cmd:"" help:"Copy a store, also while a process serves it; that process then makes the copy."`
	Restore eventstoreRestoreCmd `cmd:"" help:"Make a store from a backup, which is verified first."`
	Export  eventstoreExportCmd  `cmd:"" help:"Write a store as JSON lines, also while a process serves it."`
	Import  eventstoreImportCmd  `cmd:"" help:"Append an export to another event store through the official client, and make its persistent subscriptions there: the way to a cluster."`
}

type eventstoreServeCmd struct {
	Data    string   `required:"" help:"Folder of the store." placeholder:"DIR"`
	Listen  string   `help:"Where to listen; beyond loopback only with TLS." default:"127.0.0.1:2113" placeholder:"HOST:PORT"`
	Socket  string   `help:"Unix socket to listen on, too; its mode is 0600." placeholder:"PATH"`
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
	if err := c.checkListen(); err != nil {
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
	failed := make(chan error, 1)
	opts.OnFatal = func(err error) { failed <- err }
	store, err := embedded.Open(opts)
	if err != nil {
		return err
	}
	// The store is open: no other process serves it, and a control socket that is there was left behind.
	copies, err := control.Start(c.Data, store)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	listeners, err := c.listen()
	if err != nil {
		return errors.Join(err, copies.Close(), store.Close())
	}
	return serveOn(env, store, listeners, failed, copies.Close)
}

// serveOn answers until it is interrupted, storage fails or a listener ends, and closes all.
func serveOn(env *environment, store *embedded.Store, listeners []net.Listener, failed <-chan error, stopCopies func() error) (err error) {
	done := make(chan error, len(listeners))
	for _, l := range listeners {
		fmt.Fprintf(env.stdout, "event store  %s\n", l.Addr())
		go func() { done <- store.Serve(l) }()
	}
	running := len(listeners)
	select {
	case <-env.ctx.Done():
	case err = <-failed:
	case err = <-done:
		running--
	}
	err = errors.Join(err, stopCopies())
	if closed := store.Close(); !errors.Is(err, closed) { // a store that failed says so again
		err = errors.Join(err, closed)
	}
	for range running {
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

// checkListen looks at the address before anything is made.
func (c *eventstoreServeCmd) checkListen() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return errors.New("listen: want host:port")
	}
	if c.TLSCert == "" && !hub.OnLoopback(host) {
		return fmt.Errorf("listen: %s is beyond loopback, where nothing listens without TLS", host)
	}
	return nil
}

func (c *eventstoreServeCmd) listen() ([]net.Listener, error) {
	tcp, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if c.Socket == "" {
		return []net.Listener{tcp}, nil
	}
	unix, err := listenPrivately(c.Socket)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("socket: %w", err), tcp.Close())
	}
	return []net.Listener{tcp, unix}, nil
}

// listenPrivately listens on a unix socket that has its mode before anybody can find it. A socket that a killed process left behind makes
// way; one that is listened on does not.
func listenPrivately(path string) (net.Listener, error) {
	if c, err := net.Dial("unix", path); err == nil {
		return nil, errors.Join(fmt.Errorf("%s is in use", path), c.Close())
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket == 0 {
		return nil, fmt.Errorf("%s is there and no socket", path)
	}
	unseen := path + ".new"
	if err := os.Remove(unseen); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: unseen, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it would remove the name that the socket no longer has
	if err = os.Chmod(unseen, 0o600); err == nil {
		err = os.Rename(unseen, path)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &privateListener{l, path}, nil
}

// privateListener is a unix listener that goes by the name its socket was given last, and removes it.
type privateListener struct {
	*net.UnixListener
	path string
}

func (l *privateListener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

func (l *privateListener) Close() error {
	err := l.UnixListener.Close()
	if err == nil { // gRPC closes more than once
		err = os.Remove(l.path)
	}
	return err
}
