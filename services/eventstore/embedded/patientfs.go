package embedded

import (
	"errors"
	"log/slog"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// patientFS waits while too many files are open. That is no fault of storage: the
// process, or the machine, has more connections and files than it may, and some
// of them go. Without waiting, a crowd of callers would end the store, because
// Pebble cannot do without the file that it wanted just then.
//
// Patience ends after maxFileWait, and with the store.
type patientFS struct {
	vfs.FS
	dead   <-chan struct{}
	logger *slog.Logger
}

const (
	fileWait    = 20 * time.Millisecond
	maxFileWait = time.Minute
)

// patiently tries to open until it fails for another reason than descriptors.
func (p patientFS) patiently(open func() (vfs.File, error)) (vfs.File, error) {
	f, err := open()
	for waited := time.Duration(0); tooManyFiles(err) && waited < maxFileWait; waited += fileWait {
		if waited == 0 {
			p.logger.Warn("event store: too many files and connections are open, waiting for some to go")
		}
		select {
		case <-time.After(fileWait):
		case <-p.dead:
			return f, err
		}
		f, err = open()
	}
	return f, err
}

func tooManyFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

func (p patientFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return p.patiently(func() (vfs.File, error) { return p.FS.Create(name, c) })
}

func (p patientFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	return p.patiently(func() (vfs.File, error) { return p.FS.Open(name, opts...) })
}

func (p patientFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return p.patiently(func() (vfs.File, error) { return p.FS.OpenReadWrite(name, c, opts...) })
}

func (p patientFS) OpenDir(name string) (vfs.File, error) {
	return p.patiently(func() (vfs.File, error) { return p.FS.OpenDir(name) })
}

// ReuseForWrite renames a file and then opens it, and either may have failed.
func (p patientFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := p.FS.ReuseForWrite(old, name, c)
	if !tooManyFiles(err) {
		return f, err
	}
	return p.patiently(func() (vfs.File, error) {
		if _, err := p.Stat(old); err == nil {
			return p.FS.ReuseForWrite(old, name, c)
		}
		return p.FS.OpenReadWrite(name, c)
	})
}

func (p patientFS) Unwrap() vfs.FS { return p.FS }
