//go:build linux

package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// strictFile takes only what may be written directly.
type strictFile struct {
	vfs.File
	unsynced *bool // something was written since the last sync
}

func (f strictFile) WriteAt(p []byte, off int64) (int, error) {
	if at := uintptr(unsafe.Pointer(unsafe.SliceData(p))); at%walSector != 0 || len(p)%walSector != 0 || off%walSector != 0 {
		return 0, fmt.Errorf("%d bytes at %d from %#x are not whole sectors", len(p), off, at)
	}
	*f.unsynced = true
	return f.File.WriteAt(p, off)
}

func (f strictFile) SyncData() error {
	*f.unsynced = false
	return f.File.SyncData()
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
		strict := strictFile{f, new(bool)}
		w := walFileOn(t, strict, nil)
		if rapid.Bool().Draw(t, "writes may carry their own sync") {
			w.synced = func(_ uintptr, p []byte, off int64) error {
				if *strict.unsynced {
					t.Fatal("a write that syncs nothing but itself, and others wait for a sync")
				}
				_, err := strict.WriteAt(p, off)
				return errors.Join(err, strict.SyncData())
			}
		}
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
	f, name := logOnDisk(t)
	refusing := &refusing{File: f}
	w := walFileOn(t, refusing, nil)
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

// logOnDisk makes an empty file, as the operating system gives it.
func logOnDisk(t *testing.T) (f vfs.File, name string) {
	t.Helper()
	name = vfs.Default.PathJoin(t.TempDir(), "000001.log")
	f, err := vfs.Default.Create(name, vfs.WriteCategoryUnspecified)
	check(t, err)
	return f, name
}

// counting counts the syncs of a file that are calls of their own.
type counting struct {
	vfs.File
	syncs int
}

func (f *counting) SyncData() error {
	f.syncs++
	return f.File.SyncData()
}

func TestWALFileSyncsWithItsWrites(t *testing.T) {
	f, name := logOnDisk(t)
	counted := &counting{File: f}
	w := walFileOn(t, counted, writeThrough)
	if w.synced == nil {
		t.Skip("this file system takes no wish to write directly")
	}
	writeAndSync := func(p string) error {
		_, err := w.Write([]byte(p))
		check(t, err)
		return w.SyncData()
	}
	for n := range 10 {
		check(t, writeAndSync("written"))
		if counted.syncs != 1 {
			t.Fatalf("%d syncs beside those of the writes after %d, want 1, of the name and the zeros ahead", counted.syncs, n+1)
		}
	}
	tries := 0
	w.synced = func(uintptr, []byte, int64) error { tries++; return unix.EIO }
	if err := writeAndSync("not kept"); !errors.Is(err, unix.EIO) || tries != 1 || counted.syncs != 1 {
		t.Errorf("a fault gave %v after %d tries and %d syncs", err, tries, counted.syncs)
	}
	w.synced = func(uintptr, []byte, int64) error { tries++; return unix.EOPNOTSUPP }
	for range 2 {
		check(t, writeAndSync(" and kept"))
	}
	if tries != 2 || counted.syncs != 3 {
		t.Errorf("%d tries and %d syncs, want none after the refusal and two more", tries, counted.syncs)
	}
	check(t, w.Close())
	want := strings.Repeat("written", 10) + "not kept and kept and kept"
	if got := bytes.TrimRight(read(t, vfs.Default, name), "\x00"); string(got) != want {
		t.Errorf("the file has %q, want %q", got, want)
	}
}

func walFileOn(t failer, f vfs.File, synced func(uintptr, []byte, int64) error) *walFile {
	t.Helper()
	w, err := newWALFile(f, synced)
	check(t, err)
	return w
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
