package embedded

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// writeDirectly says whether writes of a file are to go past the page cache. It
// fails where its file system cannot do that.
func writeDirectly(fd uintptr, yes bool) error {
	flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
	if err != nil {
		return err
	}
	if flags &^= unix.O_DIRECT; yes {
		flags |= unix.O_DIRECT
	}
	_, err = unix.FcntlInt(fd, unix.F_SETFL, flags)
	return err
}

// writeThrough writes p and waits until the disk has it, like a file opened with
// O_DSYNC. It fails with EINVAL or EOPNOTSUPP where a system does not know that.
func writeThrough(fd uintptr, p []byte, off int64) error {
	for len(p) > 0 {
		n, err := unix.Pwritev2(int(fd), [][]byte{p}, off, unix.RWF_DSYNC)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrShortWrite
		}
		p, off = p[n:], off+int64(n)
	}
	return nil
}
