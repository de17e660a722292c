package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// pebbleFormat is pinned: a newer Pebble must not raise it under a store that
// an older program may have to open again.
const pebbleFormat = pebble.FormatValueSeparation

// pebbleOptions are shared by the store and by Verify.
func pebbleOptions(fsys vfs.FS, cache *pebble.Cache, logger pebble.Logger) *pebble.Options {
	o := &pebble.Options{
		FS:                          entryFS{FS: fsys},
		Cache:                       cache,
		FormatMajorVersion:          pebbleFormat,
		Logger:                      logger,
		MemTableSize:                defaultMemTableSize,
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       24,
	}
	for i := range o.Levels {
		// The filter makes "this was never seen" cost no disk read (probe.go).
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		o.Levels[i].BlockSize = 16 << 10
		// What is above the last level is soon written again, and most of an
		// event is sealed: to compress it there costs more than it saves.
		o.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.NoCompression }
	}
	o.Levels[len(o.Levels)-1].Compression = func() *sstable.CompressionProfile { return sstable.SnappyCompression }
	return o
}

func (s *Store) openDB() error {
	// Pebble takes the memory of its memtables out of the cache: one that is
	// filled and one that is being flushed. What is left must hold the filters,
	// or each look at an index reads one from its file.
	s.cache = pebble.NewCache(s.opts.CacheSize + 2*int64(s.opts.memTableSize))
	o := pebbleOptions(s.opts.FS, s.cache, &pebbleLogger{logger: s.logger, fatal: s.fail})
	dir := s.opts.FS.PathJoin(s.opts.Dir, pebbleDir)
	o.FS = entryFS{FS: patientFS{FS: s.opts.FS, dead: s.dead, logger: s.logger}, own: dir, fatal: s.fail}
	o.MemTableSize = s.opts.memTableSize
	o.EventListener = &pebble.EventListener{
		// Corruption is told to the reader that met it as well, but a compaction
		// has no reader.
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			s.fail(fmt.Errorf("stored data is damaged: %w", info.Details))
		},
		// Pebble would try a failed flush again at once and for ever; like a
		// fatal fault it ends the goroutine instead.
		BackgroundError: func(err error) {
			s.fail(fmt.Errorf("background work: %w", err))
			runtime.Goexit()
		},
		DiskSlow: func(info pebble.DiskSlowInfo) {
			s.metrics.slowDisk.Add(1)
			s.logger.Warn("event store: the disk is slow", "operation", info.OpType.String(), "duration", info.Duration)
		},
		WriteStallBegin: func(info pebble.WriteStallBeginInfo) {
			s.logger.Warn("event store: writes wait for compaction", "reason", info.Reason)
		},
	}
	db, err := openPebble(dir, o, s.failed, s.dead)
	if err != nil {
		s.cache.Unref()
		return fmt.Errorf("event store: open %s: %w", s.opts.Dir, err)
	}
	s.db = db
	return nil
}

// openPebble opens in a goroutine of its own, because a fatal fault in Open ends
// the goroutine it is met in (see pebbleLogger) and must not end the caller's, or
// never comes back (see sureFile): then dead is closed.
func openPebble(dir string, o *pebble.Options, failed func() error, dead <-chan struct{}) (*pebble.DB, error) {
	var db *pebble.DB
	err := errors.New("pebble gave up")
	done := make(chan struct{})
	go func() {
		defer close(done)
		db, err = pebble.Open(dir, o)
	}()
	select {
	case <-done:
	case <-dead:
		return nil, failed()
	}
	if errors.Is(err, syscall.EAGAIN) {
		err = fmt.Errorf("another process has it open: %w", err)
	}
	if fault := failed(); fault != nil && err != nil {
		err = fault
	}
	return db, err
}

// closeDB flushes, so that the next start has no log to replay.
func (s *Store) closeDB() error {
	err := errors.Join(s.head.advance(s.committed.Load()), s.head.file.Close())
	err = errors.Join(err, s.letGo(func() error { return errors.Join(s.db.Flush(), s.db.Close()) }))
	if err != nil {
		return fmt.Errorf("event store: close: %w", err)
	}
	return nil
}

// letGo closes Pebble, but does not wait for it once storage has failed: work
// that was ended by a fatal fault is work that Pebble would wait for without end.
func (s *Store) letGo(closePebble func() error) error {
	done := make(chan error, 1)
	go func() { done <- closePebble() }()
	select {
	case err := <-done:
		s.cache.Unref()
		return err
	case <-s.dead:
		return s.failed()
	}
}

// pebbleLogger passes Pebble's log on. Pebble calls Fatalf when it cannot go on
// and expects it not to return: the goroutine ends there, the store has failed.
type pebbleLogger struct {
	logger *slog.Logger
	fatal  func(error)
}

func (l *pebbleLogger) Infof(format string, args ...any) {
	l.logger.Debug("pebble", "message", fmt.Sprintf(format, args...))
}

func (l *pebbleLogger) Errorf(format string, args ...any) {
	l.logger.Error("pebble", "message", fmt.Sprintf(format, args...))
}

func (l *pebbleLogger) Fatalf(format string, args ...any) {
	l.fatal(fmt.Errorf(format, args...))
	runtime.Goexit()
}
