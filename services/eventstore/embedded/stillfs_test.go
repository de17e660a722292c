package embedded

import (
	"io"
	"io/fs"
	"syscall"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// fixedFS is a file system that is mounted read-only.
type fixedFS struct{ vfs.FS }

func readOnly(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: syscall.EROFS} }

func (fixedFS) Create(name string, _ vfs.DiskWriteCategory) (vfs.File, error) {
	return nil, readOnly("create", name)
}

func (fixedFS) OpenReadWrite(name string, _ vfs.DiskWriteCategory, _ ...vfs.OpenOption) (vfs.File, error) {
	return nil, readOnly("open", name)
}

func (fixedFS) ReuseForWrite(_, name string, _ vfs.DiskWriteCategory) (vfs.File, error) {
	return nil, readOnly("open", name)
}
func (fixedFS) Lock(name string) (io.Closer, error)       { return nil, readOnly("lock", name) }
func (fixedFS) Rename(_, name string) error               { return readOnly("rename", name) }
func (fixedFS) Link(_, name string) error                 { return readOnly("link", name) }
func (fixedFS) Remove(name string) error                  { return readOnly("remove", name) }
func (fixedFS) RemoveAll(name string) error               { return readOnly("remove", name) }
func (fixedFS) MkdirAll(name string, _ fs.FileMode) error { return readOnly("mkdir", name) }

func TestVerifyReadsWhereNothingCanBeWritten(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	s := startStore(t, o)
	mustAppend(t, s.client(t), "s", esdb.Any{}, sampleEvents(7)...)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Verify(o.Dir, VerifyOptions{FS: fixedFS{vfs.Default}})
	if err != nil || r.Bad != nil || r.Events != 7 {
		t.Errorf("got %+v, %v, want 7 sound events", r, err)
	}
}
