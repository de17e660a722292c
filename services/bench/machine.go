package bench

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
	"time"
)

// A Machine is where a report was made: without it, absolute values say nothing.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	// Procs is GOMAXPROCS: how many threads may run Go code at once.
	Procs int `json:"gomaxprocs"`
	// Garbage is GOGC: how much garbage the heap holds before it is collected, in percent of what is in use.
	Garbage uint64 `json:"gogc"`
	OS      string `json:"os"`
	Kernel  string `json:"kernel"`
	Go      string `json:"go"`
	// SyncMillis is how long it takes to write 4 KiB and have them on disk, the median of many, in the folder that was measured in.
	SyncMillis float64 `json:"fsync_ms"`
}

const unknown = "unknown"

// machine describes this one. What the system does not tell is "unknown".
func machine(dir string, syncs int) (Machine, error) {
	m := Machine{
		CPU: field("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Procs: runtime.GOMAXPROCS(0), OS: runtime.GOOS + "/" + runtime.GOARCH,
		Kernel: unknown, Go: runtime.Version(),
	}
	gogc := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	if metrics.Read(gogc); gogc[0].Value.Kind() == metrics.KindUint64 {
		m.Garbage = gogc[0].Value.Uint64()
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(release))
	}
	took, err := timeSyncs(dir, syncs)
	if err != nil {
		return m, fmt.Errorf("time a sync of the disk: %w", err)
	}
	m.SyncMillis = milliseconds(quantile(took, 0.5))
	return m, nil
}

// field gives the value of the first line "name : value" of a file.
func field(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return unknown
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

// timeSyncs appends 4 KiB to a file, again and again, each time until they are on disk.
func timeSyncs(dir string, n int) (took []time.Duration, err error) {
	f, err := os.CreateTemp(dir, "sync-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	block := make([]byte, 4096)
	for i := range n {
		block[0] = byte(i)
		begun := time.Now()
		if _, err := f.Write(block); err != nil {
			return nil, err
		}
		if err := f.Sync(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begun))
	}
	return took, nil
}
