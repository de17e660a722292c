package embedded

import (
	"errors"
	"io"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// stillFS lets Pebble read where nothing can be written, such as a backup that is
// kept on read-only storage: Pebble locks a folder by a file in it, also to read,
// and on a read-only file system there is no writer to be kept out.
type stillFS struct{ vfs.FS }

func (s stillFS) Lock(name string) (io.Closer, error) {
	c, err := s.FS.Lock(name)
	if errors.Is(err, syscall.EROFS) {
		return io.NopCloser(nil), nil
	}
	return c, err
}

func (s stillFS) Unwrap() vfs.FS { return s.FS }
