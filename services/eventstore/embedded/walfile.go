package embedded

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"unsafe"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A walFile writes Pebble's write-ahead log in whole sectors and past the page
// cache. Each group of appends waits for a sync of this file, and that takes
// longer, and more of the processor, where the cache is in between.
//
// What is written is kept until the sync, which writes all of it at once, padded
// with zeros to a whole sector; the last sector is written again with what
// follows. Its beginning stays the same, so one that a power cut tears loses
// nothing that was synced before. Where the file has to grow, zeros are written
// ahead, because a sync that changes the size of a file takes twice as long.
// Pebble takes zeros for the end of the log, as it does the rest of an older log
// whose file it uses again.
//
// A write that carries its own sync costs one wait for the disk where write and
// sync cost two, of which the program sees both ends. It covers nothing else, so
// what was written without it, as zeros are, makes the next sync a whole one.
//
// On a file system that takes no direct writes the same bytes go through the
// cache. What was not synced ends with the process, and not only with the
// machine; nobody was told that it was kept.
type walFile struct {
	vfs.File
	buf  []byte // begins at a multiple of walSector in memory; zero from pending on
	base int64  // offset of buf[0] in the file, a multiple of walSector
	// pending bytes of buf count, and clean of them are in the file.
	pending, clean int
	extent         int64 // the file has been written up to here before
	direct         bool
	// synced writes and syncs what it is given, and nothing else; nil where that
	// cannot be done. unsynced: something else waits for a sync, if only the name
	// of a file that is new.
	synced   func(fd uintptr, p []byte, off int64) error
	unsynced bool
}

const (
	// walSector is a multiple of what any disk writes at once.
	walSector = 4 << 10
	// walStretch is how much is written ahead, and the most that is kept.
	walStretch = 256 << 10
)

func isWAL(name string) bool { return strings.HasSuffix(name, ".log") }

// newWALFile writes to f. What synced writes must come to the same as what is
// written to f: it is nil where f does more than its descriptor.
func newWALFile(f vfs.File, synced func(fd uintptr, p []byte, off int64) error) (*walFile, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("size of a write-ahead log: %w", err)
	}
	w := &walFile{File: f, buf: alignedBuffer(walStretch), extent: info.Size() &^ (walSector - 1), unsynced: true}
	// InvalidFd: not a file of the operating system.
	if fd := f.Fd(); fd != vfs.InvalidFd {
		w.direct = writeDirectly(fd, true) == nil
	}
	if w.direct {
		w.synced = synced
	}
	return w, nil
}

// alignedBuffer begins at a multiple of walSector, as what is written directly must.
func alignedBuffer(size int) []byte {
	b := make([]byte, size+walSector)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) & (walSector - 1)
	return b[skip : skip+size : skip+size]
}

func (w *walFile) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if w.pending == len(w.buf) {
			if err := w.flush(w.put); err != nil {
				return len(p) - len(rest), err
			}
		}
		n := copy(w.buf[w.pending:], rest)
		w.pending += n
		rest = rest[n:]
	}
	return len(p), nil
}

// flush writes what is pending and keeps what the last sector has of it.
func (w *walFile) flush(put func(p []byte, off int64) error) error {
	if w.clean == w.pending {
		return nil
	}
	sectors := (w.pending + walSector - 1) &^ (walSector - 1)
	end := w.base + int64(sectors)
	if err := put(w.buf[:sectors], w.base); err != nil {
		return fmt.Errorf("write to a write-ahead log: %w", err)
	}
	whole := w.pending &^ (walSector - 1)
	w.pending -= whole
	copy(w.buf, w.buf[whole:whole+w.pending])
	clear(w.buf[w.pending:sectors])
	w.clean, w.base = w.pending, w.base+int64(whole)
	return w.grow(end)
}

// grow writes zeros behind end when the file has come to where it was never written.
func (w *walFile) grow(end int64) error {
	if end <= w.extent {
		return nil
	}
	w.extent = (end + walStretch - 1) &^ (walStretch - 1)
	// What follows the last sector in buf is zero.
	zeros := w.buf[walSector:]
	for end < w.extent {
		n := min(int64(len(zeros)), w.extent-end)
		if err := w.put(zeros[:n], end); err != nil {
			return fmt.Errorf("grow a write-ahead log: %w", err)
		}
		end += n
	}
	return nil
}

// put writes whole sectors. Some file systems take the wish to write directly and
// not the write.
func (w *walFile) put(p []byte, off int64) error {
	w.unsynced = true
	_, err := w.File.WriteAt(p, off)
	if w.direct && errors.Is(err, syscall.EINVAL) && writeDirectly(w.Fd(), false) == nil {
		w.direct = false
		_, err = w.File.WriteAt(p, off)
	}
	return err
}

// putSynced is put with a sync of its own. Whoever takes the wish may not take the
// write; then, and only then, it is tried in two steps: after any other fault it
// is not known what the disk has.
func (w *walFile) putSynced(p []byte, off int64) error {
	err := w.synced(w.Fd(), p, off)
	if !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	w.synced = nil
	if err := w.put(p, off); err != nil {
		return err
	}
	return w.syncAll(w.File.SyncData)
}

func (w *walFile) syncAll(sync func() error) error {
	if err := sync(); err != nil {
		return err
	}
	w.unsynced = false
	return nil
}

func (w *walFile) Sync() error {
	if err := w.flush(w.put); err != nil {
		return err
	}
	return w.syncAll(w.File.Sync)
}

func (w *walFile) SyncData() error {
	if w.synced != nil && !w.unsynced {
		return w.flush(w.putSynced)
	}
	if err := w.flush(w.put); err != nil {
		return err
	}
	return w.syncAll(w.File.SyncData)
}

// SyncTo syncs everything.
func (w *walFile) SyncTo(int64) (bool, error) { return true, w.SyncData() }

func (w *walFile) Close() error {
	return errors.Join(w.flush(w.put), w.File.Close())
}
