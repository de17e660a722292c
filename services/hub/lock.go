package hub

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockData takes the data folder for this process alone. Two NATS servers on one folder would each acknowledge messages that the other
// overwrites. The lock is the operating system's, so that a killed process leaves none behind.
func (h *Hub) lockData() error {
	// The two embedded servers may run as processes of their own, on one folder: each has its lock.
	for _, r := range []Role{RoleBus, RoleStore} {
		if !h.cfg.has(r) {
			continue
		}
		f, err := os.OpenFile(filepath.Join(h.cfg.Data, "lock-"+string(r)), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return fmt.Errorf("data: %w", err)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return errors.Join(fmt.Errorf("data: another hub is using %s", h.cfg.Data), f.Close())
		}
		if err != nil {
			return errors.Join(fmt.Errorf("data: lock %s: %w", h.cfg.Data, err), f.Close())
		}
		h.onStop("lock of "+string(r), func(context.Context) error { return f.Close() })
	}
	return nil
}
