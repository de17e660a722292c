package embedded

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/uuid"
)

func isSync(op errorfs.Op) bool {
	return op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo
}

// faultyFS meets faults in files that are used again, too, as the logs are.
type faultyFS struct {
	*errorfs.FS
	faults errorfs.Injector
}

func faulty(fsys vfs.FS, faults errorfs.Injector) vfs.FS {
	return faultyFS{errorfs.Wrap(fsys, faults), faults}
}

func (f faultyFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := f.faults.MaybeError(errorfs.Op{Kind: errorfs.OpReuseForWrite, Path: old}); err != nil {
		return nil, err
	}
	if err := f.Rename(old, name); err != nil {
		return nil, err
	}
	return f.OpenReadWrite(name, c)
}

// crashPoint is the file system as a power cut at some sync would leave it, and
// what had been acknowledged by then.
type crashPoint struct {
	name  string
	fsys  *vfs.MemFS
	acked map[uuid.UUID]uint64
}

// crasher takes a crash point before every sync.
type crasher struct {
	mem    *vfs.MemFS
	ledger *ledger
	mu     sync.Mutex
	n      int
	points []crashPoint
	rng    *rand.Rand
}

func (c *crasher) MaybeError(op errorfs.Op) error {
	if !isSync(op) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	for _, percent := range []int{0, 40, 100} {
		// Acknowledged first, copied after: what is acknowledged in between may
		// be in the copy and need not be.
		acked := c.ledger.snapshot()
		c.points = append(c.points, crashPoint{
			name:  fmt.Sprintf("sync %d of %s with %d%% of unsynced data", c.n, filepath.Base(op.Path), percent),
			fsys:  c.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: c.rng}),
			acked: acked,
		})
	}
	return nil
}

// check recovers every crash point, or some of them under the race detector.
func (c *crasher) check(t *testing.T) {
	t.Helper()
	for i, p := range c.points {
		if raceEnabled && i%40 != 0 {
			continue
		}
		if err := recoverAndCheck(p.fsys, c.ledger, p.acked); err != nil {
			t.Errorf("crash at %s: %v", p.name, err)
		}
	}
}

func (c *crasher) String() string { return "crash at every sync" }

func TestCrashAtEverySyncLosesNothingAcknowledged(t *testing.T) {
	l := newLedger()
	c := &crasher{mem: vfs.NewCrashableMem(), ledger: l, rng: rand.New(rand.NewPCG(1, 2))}
	s, err := Open(faultOptions(faulty(c.mem, c)))
	if err != nil {
		t.Fatal(err)
	}
	work(s, l, 4, 60, 7)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(c.points) < 150 || len(l.acked) < 200 || len(l.refused) == 0 {
		t.Fatalf("%d crash points, %d acknowledged and %d refused events: too few to mean anything", len(c.points), len(l.acked), len(l.refused))
	}
	c.check(t)
	t.Logf("%d crash points, %d acknowledged events", len(c.points), len(l.acked))
}

// A crash while a store is recovering from a crash.
func TestCrashDuringRecoveryLosesNothingAcknowledged(t *testing.T) {
	l := newLedger()
	mem := vfs.NewCrashableMem()
	s, err := Open(faultOptions(mem))
	if err != nil {
		t.Fatal(err)
	}
	work(s, l, 4, 60, 11)
	rng := rand.New(rand.NewPCG(3, 4))
	crashed := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rng})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c := &crasher{mem: crashed, ledger: l, rng: rng}
	again, err := Open(faultOptions(faulty(crashed, c)))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if len(c.points) == 0 {
		t.Fatal("recovery synced nothing")
	}
	c.check(t)
}

// failFrom makes every operation that matches fail from the nth on.
type failFrom struct {
	match func(errorfs.Op) bool
	n     atomic.Int64
	err   error
}

func (f *failFrom) MaybeError(op errorfs.Op) error {
	if f.match(op) && f.n.Add(-1) < 0 {
		return f.err
	}
	return nil
}

func (f *failFrom) String() string { return "fail from the nth" }

func isLogWrite(op errorfs.Op) bool {
	return filepath.Ext(op.Path) == ".log" && (op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpFileWriteAt)
}

func isTableWrite(op errorfs.Op) bool {
	return filepath.Ext(op.Path) == ".sst" && (op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpFileWriteAt)
}

func isLogSync(op errorfs.Op) bool {
	return isSync(op) && (filepath.Ext(op.Path) == ".log" || filepath.Ext(op.Path) == "")
}

func isNewLog(op errorfs.Op) bool {
	return filepath.Ext(op.Path) == ".log" && (op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite)
}

func TestStorageErrorStopsTheStoreAndLosesNothingAcknowledged(t *testing.T) {
	few := []int64{0, 1, 5, 40}
	kinds := []struct {
		name  string
		match func(errorfs.Op) bool
		err   error
		after []int64 // how many operations go well
	}{
		{"sync fails", isSync, syscall.EIO, few},
		{"log write fails", isLogWrite, syscall.EIO, few},
		{"log sync fails", isLogSync, syscall.EIO, few},
		{"new log fails", isNewLog, syscall.ENOSPC, few[:2]},
		{"table write fails", isTableWrite, syscall.EIO, few},
		{"disk full on the log", isLogWrite, syscall.ENOSPC, few},
		{"disk full everywhere", func(op errorfs.Op) bool {
			return op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpFileWriteAt || op.Kind == errorfs.OpCreate
		}, syscall.ENOSPC, few},
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			for _, after := range kind.after {
				stopsAfter(t, &failFrom{match: kind.match, err: kind.err}, after, 4)
			}
		})
	}
}

// A fault while one log ends and the next begins. How many operations come before
// that is measured with a single writer, and differs little from run to run.
func TestStorageErrorBetweenTwoLogsStopsTheStore(t *testing.T) {
	for name, match := range map[string]func(errorfs.Op) bool{"log write fails": isLogWrite, "log sync fails": isLogSync} {
		t.Run(name, func(t *testing.T) {
			count := &countUntilNewLog{match: match}
			s, err := Open(faultOptions(faulty(vfs.NewCrashableMem(), count)))
			if err != nil {
				t.Fatal(err)
			}
			count.on.Store(true)
			work(s, newLedger(), 1, 400, 6)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			n := count.before.Load()
			if n < 10 {
				t.Fatalf("%d operations before the second log: the writer did not come that far, or began with it", n)
			}
			for after := n - 6; after < n+4; after++ {
				stopsAfter(t, &failFrom{match: match, err: syscall.EIO}, after, 1)
			}
		})
	}
}

// countUntilNewLog counts operations from when it is on until another log is made.
type countUntilNewLog struct {
	match    func(errorfs.Op) bool
	on, made atomic.Bool
	before   atomic.Int64
}

func (c *countUntilNewLog) MaybeError(op errorfs.Op) error {
	switch {
	case !c.on.Load() || c.made.Load():
	case isNewLog(op):
		c.made.Store(true)
	case c.match(op):
		c.before.Add(1)
	}
	return nil
}

func (*countUntilNewLog) String() string { return "count until a new log" }

// stopsAfter lets so many operations go well, and then wants the store to stop and
// nothing that it acknowledged to be lost.
func stopsAfter(t *testing.T, fault *failFrom, after int64, writers int) {
	t.Helper()
	fault.n.Store(1 << 40)
	l, mem := newLedger(), vfs.NewCrashableMem()
	o := faultOptions(faulty(mem, fault))
	fatal := make(chan error, 1)
	o.OnFatal = func(err error) { fatal <- err }
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	fault.n.Store(after)
	work(s, l, writers, 1000, 6) // until the store stops
	settle(t, s)
	if err := <-fatal; !errors.Is(err, fault.err) && s.Failed() == nil {
		t.Fatalf("stopped with %v, want %v", err, fault.err)
	}
	if err := l.append(s, "late", expected{}, 1); err == nil {
		t.Fatal("a stopped store took an append")
	}
	if err := s.Close(); err == nil {
		t.Fatal("close of a stopped store reports no error")
	}
	crashed := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0})
	if err := recoverAndCheck(crashed, l, l.snapshot()); err != nil {
		t.Errorf("after %d good operations: %v", after, err)
	}
}
