//go:build linux

package embedded

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// strictFile takes only what may be written directly.
type strictFile struct{ vfs.File }

func (f strictFile) WriteAt(p []byte, off int64) (int, error) {
	if at := uintptr(unsafe.Pointer(unsafe.SliceData(p))); at%walSector != 0 || len(p)%walSector != 0 || off%walSector != 0 {
		return 0, fmt.Errorf("%d bytes at %d from %#x are not whole sectors", len(p), off, at)
	}
	return f.File.WriteAt(p, off)
}

func (strictFile) Write([]byte) (int, error) { return 0, fmt.Errorf("written past the buffer") }

// Whatever is written in whatever pieces lies in the file after a sync, followed
// by zeros up to the sector and then by what an older log had left there; and a
// crash keeps what was synced.
func TestWALFileHoldsWhatWasWritten(t *testing.T) {
	const name = "000007.log"
	rapid.Check(t, func(t *rapid.T) {
		fsys := vfs.NewCrashableMem()
		old := bytes.Repeat([]byte{0xAB}, rapid.IntRange(0, 3*walSector).Draw(t, "size of the file that is used again"))
		write(t, fsys, name, bytes.Clone(old)) // with -race the file system changes what it was given
		f, err := fsys.ReuseForWrite(name, name, vfs.WriteCategoryUnspecified)
		check(t, err)
		w, err := newWALFile(strictFile{f})
		check(t, err)
		dice := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "bytes")))
		var want []byte
		synced := 0
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			if rapid.IntRange(0, 2).Draw(t, "what") > 0 {
				p := make([]byte, rapid.SampledFrom([]int{0, 1, 700, walSector - 1, walSector, 40_000, walStretch, walStretch + 5}).Draw(t, "length"))
				for i := range p {
					p[i] = byte(dice.Uint32()) | 1
				}
				if n, err := w.Write(p); n != len(p) || err != nil {
					t.Fatalf("wrote %d of %d bytes: %v", n, len(p), err)
				}
				want = append(want, p...)
				continue
			}
			check(t, w.SyncData())
			synced = len(want)
			wantFile(t, read(t, fsys, name), want, old)
		}
		crashed := read(t, fsys.CrashClone(vfs.CrashCloneCfg{}), name)
		if len(crashed) < synced || !bytes.Equal(crashed[:synced], want[:synced]) {
			t.Fatalf("after a crash %d synced bytes are not all there", synced)
		}
		check(t, w.Close())
		if len(want) > 0 {
			wantFile(t, read(t, fsys, name), want, old)
		}
	})
}

func wantFile(t *rapid.T, got, want, old []byte) {
	if len(want) == 0 {
		return
	}
	padded := (len(want) + walSector - 1) &^ (walSector - 1)
	if len(got) < padded || !bytes.Equal(got[:len(want)], want) {
		t.Fatalf("the file has %d bytes, and not the %d that were written", len(got), len(want))
	}
	if i := bytes.IndexFunc(got[len(want):padded], func(r rune) bool { return r != 0 }); i >= 0 {
		t.Fatalf("byte %d behind what was written is not zero", i)
	}
	for i, b := range got[padded:] {
		if at := padded + i; b != 0 && (at >= len(old) || b != old[at]) {
			t.Fatalf("byte %d is %#x, want a zero or what an older log had left", at, b)
		}
	}
}

// The same through the operating system, which refuses what is not aligned.
func TestWALFileOnDisk(t *testing.T) {
	dir := t.TempDir()
	name := vfs.Default.PathJoin(dir, "000001.log")
	f, err := entryFS{FS: vfs.Default, own: dir, fatal: func(err error) { t.Error(err) }}.Create(name, vfs.WriteCategoryUnspecified)
	check(t, err)
	var want []byte
	for n := range 300 {
		p := bytes.Repeat([]byte{byte(n) | 1}, 1+n*17)
		if _, err := f.Write(p); err != nil {
			t.Fatal(err)
		}
		want = append(want, p...)
		if n%3 == 0 {
			check(t, f.Sync())
		}
	}
	check(t, f.Close())
	got := read(t, vfs.Default, name)
	if !bytes.Equal(got[:len(want)], want) {
		t.Error("the file does not have what was written")
	}
	if len(got)%walStretch != 0 || len(bytes.TrimRight(got, "\x00")) != len(want) {
		t.Errorf("%d bytes follow the %d that were written, want zeros up to a whole stretch", len(got)-len(want), len(want))
	}
}

// refusing is a file of a file system that takes the wish to write directly and
// not the write.
type refusing struct {
	vfs.File
	refused int
}

func (f *refusing) WriteAt(p []byte, off int64) (int, error) {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_DIRECT != 0 {
		f.refused++
		return 0, &fs.PathError{Op: "write", Err: syscall.EINVAL}
	}
	return f.File.WriteAt(p, off)
}

func TestWALFileWhereDirectWritesAreRefused(t *testing.T) {
	name := vfs.Default.PathJoin(t.TempDir(), "000001.log")
	f, err := vfs.Default.Create(name, vfs.WriteCategoryUnspecified)
	check(t, err)
	refusing := &refusing{File: f}
	w, err := newWALFile(refusing)
	check(t, err)
	for range 2 {
		if _, err := w.Write([]byte("written")); err != nil {
			t.Fatal(err)
		}
		check(t, w.Sync())
	}
	check(t, w.Close())
	if refusing.refused == 0 {
		t.Skip("this file system takes no wish to write directly")
	}
	if got := bytes.TrimRight(read(t, vfs.Default, name), "\x00"); refusing.refused != 1 || string(got) != "writtenwritten" {
		t.Errorf("%d writes were refused, the file has %q", refusing.refused, got)
	}
}

type failer interface {
	Helper()
	Fatal(...any)
}

func check(t failer, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t failer, fsys vfs.FS, name string, data []byte) {
	t.Helper()
	f, err := fsys.Create(name, vfs.WriteCategoryUnspecified)
	check(t, err)
	_, err = f.Write(data)
	check(t, err)
	check(t, f.Sync())
	check(t, f.Close())
	check(t, syncDir(fsys, ""))
}

func read(t failer, fsys vfs.FS, name string) []byte {
	t.Helper()
	f, err := fsys.Open(name)
	check(t, err)
	data, err := io.ReadAll(f)
	check(t, err)
	check(t, f.Close())
	return data
}
