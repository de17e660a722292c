//go:build unix

package bench

import (
	"syscall"
	"time"
)

// cpuTime is how long this process has kept processors busy. Unlike the time that passes, it hardly depends on what else the machine
// does. It is the whole process's: publishers, hub and readers.
func cpuTime() (time.Duration, bool) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}
