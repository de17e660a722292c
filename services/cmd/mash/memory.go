package main

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// roomForGarbage is how much garbage a hub's heap may hold before it is
// collected, in percent of what is in use. Go's own is 100.
const roomForGarbage = 400

// makeRoomForGarbage lets a hub's heap grow further before it is collected. A
// hub has some tens of megabytes in use and makes as much in a few calls: it was
// collected all the time, on the cores that answer. At half of the memory there
// is that ends: from there on it is collected as often as it takes to stay below.
// Whoever sets GOGC or GOMEMLIMIT is followed; where nobody tells how much memory
// there is, everything stays as Go has it.
func makeRoomForGarbage() {
	if os.Getenv("GOGC") != "" {
		return
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		most, known := memory(os.DirFS("/"))
		if !known {
			return
		}
		debug.SetMemoryLimit(most / 2)
	}
	debug.SetGCPercent(roomForGarbage)
}

// memory gives how many bytes this process may use: what the machine has, or what
// its control group (version 2) and those above it leave of that.
func memory(root fs.FS) (most int64, known bool) {
	most = math.MaxInt64
	if kilobytes, err := strconv.ParseInt(strings.TrimSuffix(after(root, "proc/meminfo", "MemTotal:"), " kB"), 10, 64); err == nil {
		most = kilobytes << 10
	}
	group := after(root, "proc/self/cgroup", "0::")
	for ; strings.HasPrefix(group, "/"); group = path.Dir(group) {
		text, err := fs.ReadFile(root, path.Join("sys/fs/cgroup", group, "memory.max"))
		if bound, bad := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && bad == nil { // or it is "max"
			most = min(most, bound)
		}
		if group == "/" {
			break
		}
	}
	return most, most < math.MaxInt64
}

// after gives what follows a word at the beginning of a line of a file.
func after(root fs.FS, file, word string) string {
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, word); found {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}
