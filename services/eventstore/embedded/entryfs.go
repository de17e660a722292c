package embedded

import (
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// entryFS makes the first sync of a new file sync its directory as well. Pebble
// names a new manifest in a marker file before it has synced the directory that
// both are in; a file system that keeps the marker and loses the manifest in a
// power cut would leave a store that cannot be opened. Common file systems do
// not, but POSIX lets them. It costs one sync for each file made.
//
// In the directory own, the write-ahead logs are written as walFiles, and a fault
// of one of them goes to fatal and never to Pebble (sureFile).
type entryFS struct {
	vfs.FS
	own   string // empty: no directory is
	fatal func(error)
}

func (e entryFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := e.FS.Create(name, c)
	return e.wrap(f, name, err)
}

func (e entryFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := e.FS.ReuseForWrite(old, name, c)
	return e.wrap(f, name, err)
}

func (e entryFS) OpenDir(name string) (vfs.File, error) {
	f, err := e.FS.OpenDir(name)
	if err != nil || e.own == "" || name != e.own {
		return f, err
	}
	return sureFile{f, e.fatal}, nil
}

func (e entryFS) Unwrap() vfs.FS { return e.FS }

func (e entryFS) wrap(f vfs.File, name string, err error) (vfs.File, error) {
	dir := e.PathDir(name)
	if e.own != "" && dir == e.own && isWAL(name) {
		return e.wal(f, err), nil
	}
	if err != nil {
		return nil, err
	}
	return &entryFile{File: f, fsys: e.FS, dir: dir}, nil
}

// wal makes a write-ahead log of a file in own. It does not return where there is none.
func (e entryFS) wal(f vfs.File, err error) vfs.File {
	if err == nil {
		f, err = newWALFile(&entryFile{File: f, fsys: e.FS, dir: e.own}, e.syncedWrites())
	}
	if err != nil {
		end(e.fatal, fmt.Errorf("make a write-ahead log: %w", err))
	}
	return sureFile{f, e.fatal}
}

// syncedWrites are for files of the operating system's own: what another file
// system does on its way there must not be left out.
func (e entryFS) syncedWrites() func(fd uintptr, p []byte, off int64) error {
	under := e.FS
	if p, ok := under.(patientFS); ok {
		under = p.FS
	}
	if under != vfs.Default {
		return nil
	}
	return writeThrough
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
