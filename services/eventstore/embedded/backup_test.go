package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2/vfs"
)

func TestBackupUnderLoadHoldsEverythingAnsweredBefore(t *testing.T) {
	s := startStore(t, Options{})
	l := newLedger()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() { work(s.store, l, 1, 300, uint64(w)) })
	}
	waitFor(t, "some events", func() bool { return len(l.snapshot()) > 100 })
	acked := l.snapshot()
	backup := filepath.Join(t.TempDir(), "backup")
	if err := s.store.Backup(backup); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if err := s.store.Backup(backup); err == nil {
		t.Error("a backup was written over another")
	}
	dir := filepath.Join(t.TempDir(), "restored")
	if _, err := Restore(backup, dir, VerifyOptions{}); err != nil {
		t.Fatal(err)
	}
	restored := startStore(t, Options{Dir: dir})
	found, err := contents(restored.store)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.check(found, acked); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, restored.client(t), "after", esdb.Any{}, sampleEvents(1)...)
	if _, err := Restore(backup, dir, VerifyOptions{}); err == nil {
		t.Error("restore wrote into a store that is there")
	}
}

// fullFS has no room for files below a folder while it is full.
type fullFS struct {
	vfs.FS
	below string
	full  atomic.Bool
}

func (f *fullFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if f.full.Load() && strings.HasPrefix(name, f.below) {
		return nil, syscall.ENOSPC
	}
	return f.FS.Create(name, c)
}

func TestCopyThatFindsNoRoomLeavesNothing(t *testing.T) {
	backup, restored := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "restored")
	disk := &fullFS{FS: vfs.Default, below: filepath.Join(backup, pebbleDir)}
	disk.full.Store(true)
	s := startStore(t, Options{FS: disk})
	mustAppend(t, s.client(t), "s", esdb.Any{}, sampleEvents(3)...)
	if err := s.store.Backup(backup); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("backup: %v, want no room", err)
	}
	if _, err := os.Stat(backup); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a backup that failed left its folder: %v", err)
	}
	disk.full.Store(false)
	if err := s.store.Backup(backup); err != nil {
		t.Fatalf("backup where the first one failed: %v", err)
	}
	disk.below = filepath.Join(restored, pebbleDir)
	disk.full.Store(true)
	if _, err := Restore(backup, restored, VerifyOptions{FS: disk}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("restore: %v, want no room", err)
	}
	if r, err := Restore(backup, restored, VerifyOptions{}); err != nil || r.Events != 3 {
		t.Errorf("restore where the first one failed: %+v, %v", r, err)
	}
}

// variedStore holds every kind of thing that a log can hold.
func variedStore(t *testing.T) *served {
	t.Helper()
	ctx := context.Background()
	s := startStore(t, Options{})
	c := s.client(t)
	for i := range 3 {
		mustAppend(t, c, fmt.Sprintf("contact-%d", i), esdb.NoStream{}, sampleEvents(700)...)
	}
	json := sampleEvents(1)
	json[0].ContentType, json[0].Data = esdb.ContentTypeJson, []byte(`{"ü":1}`)
	mustAppend(t, c, "contact-0", esdb.Any{}, json...)
	var meta esdb.StreamMetadata
	meta.SetMaxCount(10)
	if _, err := c.SetStreamMetadata(ctx, "contact-1", esdb.AppendToStreamOptions{}, meta); err != nil {
		t.Fatal(err)
	}
	for range 2 { // deleted, continued, deleted again
		mustAppend(t, c, "deleted", esdb.Any{}, sampleEvents(2)...)
		if _, err := c.DeleteStream(ctx, "deleted", esdb.DeleteStreamOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	mustAppend(t, c, "continued", esdb.Any{}, sampleEvents(2)...)
	if _, err := c.DeleteStream(ctx, "continued", esdb.DeleteStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, c, "continued", esdb.Any{}, sampleEvents(3)...)
	mustAppend(t, c, "ended", esdb.Any{}, sampleEvents(2)...)
	if _, err := c.SetStreamMetadata(ctx, "ended", esdb.AppendToStreamOptions{}, meta); err != nil {
		t.Fatal(err)
	}
	if _, err := c.TombstoneStream(ctx, "ended", esdb.TombstoneStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, c, "contact-0", esdb.Any{}, sampleEvents(1)...)
	for _, size := range []int{400_000, 1_000_000, 600_000, 10} { // no two of the large ones fit one append
		e := sampleEvents(1)
		e[0].Data = make([]byte, size)
		mustAppend(t, c, "large", esdb.Any{}, e...)
	}
	link := sampleEvents(1)
	link[0].EventType, link[0].Data = typeLink, []byte("1@contact-1")
	mustAppend(t, c, "links", esdb.Any{}, link...)
	// Hidden by its metadata and not by a delete, before there was an event and after.
	for _, stream := range []string{"described", "contact-2"} {
		hide := sampleEvents(1)
		hide[0].EventType, hide[0].ContentType = typeMetadata, esdb.ContentTypeJson
		hide[0].Data = []byte(`{"$tb":9223372036854775807,"owner":"intake"}`)
		mustAppend(t, c, "$$"+stream, esdb.NoStream{}, hide...)
	}
	mustAppend(t, c, "described", esdb.NoStream{}, sampleEvents(1)...)
	return s
}

func exportOf(t *testing.T, s *Store) []byte {
	t.Helper()
	var out bytes.Buffer
	n, err := s.Export(context.Background(), &out)
	if err != nil || n != s.Position() {
		t.Fatalf("exported %d of %d events: %v", n, s.Position(), err)
	}
	return out.Bytes()
}

// lines are an export without what an import cannot keep.
func lines(t *testing.T, export []byte) []string {
	t.Helper()
	var out []string
	err := ReadExport(bytes.NewReader(export), func(e ExportedEvent) error {
		id := e.ID.String()
		if strings.HasPrefix(e.Type, "$") {
			id = "(made by the server)"
		}
		out = append(out, fmt.Sprintf("%s %d %s %s %s %q %q", e.Stream, e.Revision, id, e.Type, e.ContentType, e.Metadata, e.Data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestImportOfAnExportIsTheSameLog(t *testing.T) {
	export := exportOf(t, variedStore(t).store)
	other := startStore(t, Options{})
	c := other.client(t)
	done, err := Import(context.Background(), c, bytes.NewReader(export))
	if err != nil {
		t.Fatal(err)
	}
	want := lines(t, export)
	if int(done.Events) != len(want) {
		t.Errorf("imported %d events, want %d", done.Events, len(want))
	}
	compareLines(t, lines(t, exportOf(t, other.store)), want)
	// Run again, it changes nothing.
	if _, err := Import(context.Background(), c, bytes.NewReader(export)); err != nil {
		t.Fatalf("second import: %v", err)
	}
	compareLines(t, lines(t, exportOf(t, other.store)), want)
}

// A later export of a store that went on is imported on top of the one before,
// wherever that one ended.
func TestImportOfALaterExportAddsWhatIsNew(t *testing.T) {
	s, other := startStore(t, Options{}), startStore(t, Options{})
	c, target := s.client(t), other.client(t)
	for _, n := range []int{3, 4} {
		mustAppend(t, c, "s", esdb.Any{}, sampleEvents(n)...)
		export := exportOf(t, s.store)
		if _, err := Import(context.Background(), target, bytes.NewReader(export)); err != nil {
			t.Fatal(err)
		}
		compareLines(t, lines(t, exportOf(t, other.store)), lines(t, export))
	}
	mustAppend(t, target, "s", esdb.Any{}, sampleEvents(1)...)
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(2)...)
	if _, err := Import(context.Background(), target, bytes.NewReader(exportOf(t, s.store))); !errors.Is(err, errOther) || !strings.Contains(err.Error(), `stream "s"`) {
		t.Error("imported into a stream that had gone another way")
	}
}

func compareLines(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Fatalf("line %d is missing: %s", i+1, want[i])
		case i >= len(want):
			t.Fatalf("line %d is too much: %s", i+1, got[i])
		case got[i] != want[i]:
			t.Fatalf("line %d: got %s\nwant %s", i+1, got[i], want[i])
		}
	}
}

func TestChangedExportIsNoticed(t *testing.T) {
	s := startStore(t, Options{})
	mustAppend(t, s.client(t), "s", esdb.Any{}, sampleEvents(5)...)
	list := bytes.SplitAfter(exportOf(t, s.store), []byte("\n"))
	none := func(ExportedEvent) error { return nil }
	cases := map[string][][]byte{
		"changed":  {list[0], bytes.Replace(list[1], []byte("test.Happened"), []byte("test.happened"), 1), list[2]},
		"left out": {list[0], list[2]}, "twice": {list[0], list[0]}, "swapped": {list[1], list[0]},
		"cut": {list[0], list[1][:40]},
	}
	for name, changed := range cases {
		if err := ReadExport(bytes.NewReader(bytes.Join(changed, nil)), none); err == nil {
			t.Errorf("an export with a line %s was read", name)
		}
	}
	if err := ReadExport(bytes.NewReader(bytes.Join(list, nil)), none); err != nil {
		t.Errorf("an untouched export: %v", err)
	}
}
