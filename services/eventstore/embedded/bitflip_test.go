package embedded

import (
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// damagedStore is a file system with every kind of file: tables, manifest,
// options, and a write-ahead log that no clean stop has emptied.
func damagedStore(t *testing.T) (*vfs.MemFS, *ledger) {
	t.Helper()
	l, mem := newLedger(), vfs.NewCrashableMem()
	s, err := Open(faultOptions(mem))
	if err != nil {
		t.Fatal(err)
	}
	work(s, l, 2, 150, 9)
	if err := s.db.Flush(); err != nil {
		t.Fatal(err)
	}
	work(s, l, 1, 20, 10)
	waitFor(t, "HEAD to be brought up to date", func() bool { return s.metrics.heads.Load() == s.Position() })
	crashed := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return crashed, l
}

func files(t *testing.T, fsys vfs.FS, dir string) []string {
	t.Helper()
	names, err := fsys.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range names {
		path := fsys.PathJoin(dir, name)
		info, err := fsys.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.IsDir() {
			out = append(out, files(t, fsys, path)...)
		} else if info.Size() > 0 {
			out = append(out, path)
		}
	}
	return out
}

func readFile(t *testing.T, fsys vfs.FS, path string) []byte {
	t.Helper()
	f, err := fsys.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t *testing.T, fsys vfs.FS, path string, data []byte) {
	t.Helper()
	f, err := fsys.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// One flipped bit is noticed, or it changes nothing. What a store must never do
// is answer with an event that was not appended, or with fewer than it
// acknowledged, and say nothing.
func TestOneFlippedBitIsNoticedOrHarmless(t *testing.T) {
	pristine, l := damagedStore(t)
	rng := rand.New(rand.NewPCG(21, 22))
	type tally struct{ noticed, harmless int }
	kinds := map[string]*tally{}
	for _, path := range files(t, pristine, faultDir) {
		size := len(readFile(t, pristine, path))
		kind := filepath.Ext(path)
		if kind == "" {
			kind, _, _ = strings.Cut(filepath.Base(path), "-")
		}
		if kinds[kind] == nil {
			kinds[kind] = &tally{}
		}
		for _, offset := range flipOffsets(rng, kind, size) {
			fsys := pristine.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0})
			data := readFile(t, fsys, path)
			data[offset] ^= 1 << rng.IntN(8)
			writeFile(t, fsys, path, data)
			err := openReadVerify(fsys, l)
			switch {
			case err == nil:
				kinds[kind].harmless++
			case isNoticed(err):
				kinds[kind].noticed++
			default:
				t.Errorf("%s, byte %d of %d: %v", path, offset, size, err)
			}
		}
	}
	for kind, n := range kinds {
		t.Logf("%s: %d flips noticed, %d harmless", kind, n.noticed, n.harmless)
	}
	for _, kind := range []string{".log", ".sst", "MANIFEST", "FORMAT"} {
		if kinds[kind] == nil || kinds[kind].noticed == 0 {
			t.Errorf("no flip in a %s file was noticed: the test does not reach what it should", kind)
		}
	}
}

// flipOffsets chooses where to damage a file, most densely where damage can look
// like the end of the file.
func flipOffsets(rng *rand.Rand, kind string, size int) []int {
	offsets := []int{0, size / 2, size - 1}
	some, step := 25, 293
	if raceEnabled {
		some, step = 2, 7919
	}
	for range some {
		offsets = append(offsets, rng.IntN(size))
	}
	if kind != ".log" && kind != "MANIFEST" {
		step = size
	}
	for at := 7; at < size; at += step {
		offsets = append(offsets, at)
	}
	return offsets
}

// noticedError is a fault that was told.
type noticedError struct{ error }

func isNoticed(err error) bool { _, ok := err.(noticedError); return ok }

// openReadVerify opens a store and reads everything. Faults that the store or
// Verify tell come back as noticedError; a silent difference as another error.
func openReadVerify(fsys vfs.FS, l *ledger) error {
	report, err := Verify(faultDir, VerifyOptions{FS: fsys})
	if err != nil {
		return noticedError{err}
	}
	if report.Bad != nil {
		return noticedError{report.Bad}
	}
	s, err := Open(faultOptions(fsys))
	if err != nil {
		return noticedError{err}
	}
	found, err := contents(s)
	if err == nil {
		err = l.check(found, l.snapshot())
	} else {
		err = noticedError{err}
	}
	if failed := s.Failed(); failed != nil {
		err = noticedError{failed}
	}
	if closeErr := s.Close(); closeErr != nil && err == nil {
		err = noticedError{fmt.Errorf("close: %w", closeErr)}
	}
	return err
}
