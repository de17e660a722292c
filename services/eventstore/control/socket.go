package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// socketName is the socket's name in the folder of the store.
const socketName = "control.sock"

// longestPath is the longest path that a unix socket can be named by, with some room: Linux takes 107 bytes, others 103.
const longestPath = 100

// within calls do with a path of the folder that is short enough for a socket in it: the folder's own, or that of a symbolic link.
func within(dir string, do func(dir string) error) (err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	if len(dir)+len("/")+len(newName) <= longestPath {
		return do(dir)
	}
	short, err := os.MkdirTemp("", "mash")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(short)) }()
	link := filepath.Join(short, "d")
	if err := os.Symlink(dir, link); err != nil {
		return err
	}
	return do(link)
}

// newName is what the socket is called until it may be seen.
const newName = socketName + ".new"

// listen takes the place of a socket that a killed process left behind. The caller has the store open, which shows that no other process
// serves it.
func listen(dir string) (l *net.UnixListener, err error) {
	err = within(dir, func(dir string) error {
		path := filepath.Join(dir, newName)
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			return err
		}
		l.SetUnlinkOnClose(false) // it would remove the name that the socket no longer has
		// A socket is made with the mode that the umask leaves; nobody can find it before it has its own.
		if err = os.Chmod(path, 0o600); err == nil {
			err = os.Rename(path, filepath.Join(dir, socketName))
		}
		return err
	})
	if err != nil {
		if l != nil {
			err = errors.Join(err, l.Close())
		}
		return nil, fmt.Errorf("event store: control socket: %w", err)
	}
	return l, nil
}

// ErrNotServed says that no process serves the store, so that the caller can open it.
var ErrNotServed = errors.New("event store: no process serves it")

// dial connects to the process that serves the store in a folder. A socket that nobody listens on was left by a process that was killed.
func dial(ctx context.Context, dir string) (conn net.Conn, err error) {
	var d net.Dialer
	err = within(dir, func(dir string) error {
		path := filepath.Join(dir, socketName)
		if info, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return ErrNotServed
		} else if err != nil {
			return err
		} else if info.Mode()&os.ModeSocket == 0 {
			return fmt.Errorf("%s is no socket", socketName)
		}
		conn, err = d.DialContext(ctx, "unix", path)
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT) {
			return ErrNotServed
		}
		return err
	})
	if err != nil && !errors.Is(err, ErrNotServed) {
		err = fmt.Errorf("event store: control socket: %w", err)
	}
	return conn, err
}
