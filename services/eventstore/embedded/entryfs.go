package embedded

import (
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// entryFS makes the first sync of a new file sync its directory as well. Pebble
// names a new manifest in a marker file before it has synced the directory that
// both are in; a file system that keeps the marker and loses the manifest in a
// power cut would leave a store that cannot be opened. Common file systems do
// not, but POSIX lets them. It costs one sync for each file made.
//
// A write-ahead log it writes as a walFile.
type entryFS struct{ vfs.FS }

func (e entryFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := e.FS.Create(name, c)
	return e.wrap(f, name, err)
}

func (e entryFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := e.FS.ReuseForWrite(old, name, c)
	return e.wrap(f, name, err)
}

func (e entryFS) Unwrap() vfs.FS { return e.FS }

func (e entryFS) wrap(f vfs.File, name string, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	if isWAL(name) {
		if f, err = newWALFile(f); err != nil {
			return nil, err
		}
	}
	return &entryFile{File: f, fsys: e.FS, dir: e.PathDir(name)}, nil
}

type entryFile struct {
	vfs.File
	fsys vfs.FS
	dir  string
	mu   sync.Mutex
	done bool
}

func (f *entryFile) entry(syncFile error) error {
	if syncFile != nil {
		return syncFile
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done {
		return nil
	}
	err := syncDir(f.fsys, f.dir)
	f.done = err == nil
	return err
}

func (f *entryFile) Sync() error     { return f.entry(f.File.Sync()) }
func (f *entryFile) SyncData() error { return f.entry(f.File.SyncData()) }

func (f *entryFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.entry(err)
}
