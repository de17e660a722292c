package embedded

import (
	"log/slog"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// crowded lets no file be opened a few times in a row, each time anew.
type crowded struct {
	on      atomic.Bool
	refused atomic.Int64
	asked   atomic.Int64
}

func (c *crowded) String() string { return "crowded" }

func (c *crowded) MaybeError(op errorfs.Op) error {
	switch op.Kind {
	case errorfs.OpCreate, errorfs.OpOpen, errorfs.OpOpenDir, errorfs.OpReuseForWrite:
	default:
		return nil
	}
	if !c.on.Load() || c.asked.Add(1)%3 == 0 {
		return nil
	}
	c.refused.Add(1)
	return syscall.EMFILE
}

// That too many files are open, as when callers come in crowds, is waited for.
func TestStoreWaitsWhileTooManyFilesAreOpen(t *testing.T) {
	crowd := &crowded{}
	l, mem := newLedger(), vfs.NewCrashableMem()
	s, err := Open(faultOptions(faulty(mem, crowd)))
	if err != nil {
		t.Fatal(err)
	}
	crowd.on.Store(true)
	work(s, l, 2, 150, 3)
	flushed := make(chan error, 1)
	go func() { flushed <- s.db.Flush() }()
	select {
	case err := <-flushed:
		if err != nil {
			t.Fatal(err)
		}
	case <-s.dead: // then Pebble does not come back
		t.Fatal(s.failed())
	}
	crowd.on.Store(false)
	if err := s.Close(); err != nil {
		t.Errorf("the store ended: %v", err)
	}
	if crowd.refused.Load() < 4 {
		t.Errorf("only %d files were refused", crowd.refused.Load())
	}
	if acked := l.snapshot(); len(acked) == 0 {
		t.Error("nothing was acknowledged")
	}
}

// A log that is used again has its new name already when it cannot be opened.
func TestLogThatWasRenamedAndNotOpenedIsUsed(t *testing.T) {
	mem := vfs.NewMem()
	f, err := mem.Create("old", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	p := patientFS{FS: &halfReused{FS: mem}, dead: make(chan struct{}), logger: slog.New(slog.DiscardHandler)}
	if f, err = p.ReuseForWrite("old", "new", vfs.WriteCategoryUnspecified); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := mem.Stat("new"); err != nil {
		t.Error(err)
	}
}

// halfReused renames a file and has no descriptor to open it with.
type halfReused struct{ vfs.FS }

func (h *halfReused) ReuseForWrite(old, name string, _ vfs.DiskWriteCategory) (vfs.File, error) {
	if err := h.Rename(old, name); err != nil {
		return nil, err
	}
	return nil, syscall.EMFILE
}
