package embedded

import "golang.org/x/sys/unix"

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
