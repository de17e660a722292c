package embedded

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// testdata/format1 holds a store of format 1 as a clean stop left it (clean), as
// a power cut left it (crashed), and what is in both (events.jsonl). They are
// never made again: a change that cannot read them has lost somebody's record.
// The flag is for the next format, in a folder of its own.
var writeGolden = flag.String("write-golden-store", "", "make a golden store in this new folder")

const goldenDir = "testdata/format1"

func TestStoreOfFormat1IsReadWhole(t *testing.T) {
	want, err := os.ReadFile(filepath.Join(goldenDir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"clean", "crashed"} {
		t.Run(state, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "store")
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(goldenDir, state))); err != nil {
				t.Fatal(err)
			}
			s := startStore(t, Options{Dir: dir})
			if got := exportOf(t, s.store); !bytes.Equal(got, want) {
				t.Fatalf("the store does not hold what was written to it:\ngot\n%s\nwant\n%s", got, want)
			}
			// Its indexes work too: ids are known, numbers go on.
			c := s.client(t)
			known := goldenEvents(3)
			if r := mustAppend(t, c, "contact-1", esdb.Any{}, known...); r.CommitPosition != 3 {
				t.Errorf("the repetition got %+v, want position 3", *r)
			}
			if r := mustAppend(t, c, "contact-1", esdb.Revision(2), sampleEvents(1)...); r.NextExpectedVersion != 3 {
				t.Errorf("got %+v, want revision 3", *r)
			}
			if err := s.store.Close(); err != nil {
				t.Fatal(err)
			}
			if report, err := Verify(dir, VerifyOptions{}); err != nil || report.Bad != nil {
				t.Errorf("verify: %+v, %v", report, err)
			}
		})
	}
}

func goldenEvents(n int) []esdb.EventData {
	out := sampleEvents(n)
	for i := range out {
		out[i].EventID = [16]byte{0x90, 15: byte(i + 1)}
		out[i].Data = fmt.Appendf(nil, "event %d", i)
	}
	return out
}

func TestWriteGoldenStore(t *testing.T) {
	if *writeGolden == "" {
		t.Skip("only with -write-golden-store: golden stores are made once")
	}
	if err := os.Mkdir(*writeGolden, 0o755); err != nil {
		t.Fatal(err)
	}
	var minutes atomic.Int64
	now := func() time.Time {
		return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(minutes.Add(1)) * time.Minute)
	}
	mem := vfs.NewCrashableMem()
	s := startStore(t, Options{Dir: "store", FS: mem, Now: now, Logger: slog.New(slog.DiscardHandler)})
	c, ctx := s.client(t), context.Background()
	mustAppend(t, c, "contact-1", esdb.NoStream{}, goldenEvents(3)...)
	json := sampleEvents(1)
	json[0].ContentType, json[0].Data = esdb.ContentTypeJson, []byte(`{"name":"ü"}`)
	mustAppend(t, c, "contact-ü", esdb.NoStream{}, json...)
	if _, err := c.DeleteStream(ctx, "contact-ü", esdb.DeleteStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, c, "contact-ü", esdb.Any{}, sampleEvents(2)...)
	mustAppend(t, c, "ended", esdb.Any{}, sampleEvents(1)...)
	if _, err := c.TombstoneStream(ctx, "ended", esdb.TombstoneStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*writeGolden, "events.jsonl"), exportOf(t, s.store), 0o644); err != nil {
		t.Fatal(err)
	}
	copyOut := func(state string) {
		fsys := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0})
		if ok, err := vfs.Clone(fsys, vfs.Default, "store", filepath.Join(*writeGolden, state)); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	copyOut("crashed")
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	copyOut("clean")
}
