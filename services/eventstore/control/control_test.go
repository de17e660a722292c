package control_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/openmash/mash/services/eventstore/control"
	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/eventstore/storetest"
)

// serve opens a store and serves it, to clients and on its control socket, until the test ends.
func serve(t *testing.T, dir string) *esdb.Client {
	t.Helper()
	store, err := embedded.Open(embedded.Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- store.Serve(l) }()
	c, err := control.Start(dir, store)
	if err != nil {
		t.Fatal(err)
	}
	config, err := esdb.ParseConnectionString("esdb://" + l.Addr().String() + "?tls=false")
	if err != nil {
		t.Fatal(err)
	}
	config.Logger = esdb.NoopLogging()
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(client.Close(), c.Close(), store.Close(), <-done); err != nil {
			t.Error(err)
		}
	})
	return client
}

// appended appends one event to a stream of its own and gives its id.
func appended(ctx context.Context, c *esdb.Client) (uuid.UUID, error) {
	id := uuid.New()
	_, err := c.AppendToStream(ctx, "contact-"+id.String(), esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}},
		esdb.EventData{EventID: id, EventType: "test.Happened", ContentType: esdb.ContentTypeBinary, Data: bytes.Repeat([]byte{7}, 500)})
	return id, err
}

func eventsOf(t *testing.T, c *esdb.Client) map[uuid.UUID]int {
	t.Helper()
	all, err := c.ReadAll(t.Context(), esdb.ReadAllOptions{From: esdb.Start{}}, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	found := map[uuid.UUID]int{}
	for {
		e, err := all.Recv()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		found[e.OriginalEvent().EventID]++
	}
}

func checkHolds(t *testing.T, found map[uuid.UUID]int, before []uuid.UUID) {
	t.Helper()
	for _, id := range before {
		if found[id] != 1 {
			t.Errorf("an event answered before the call is there %d times, want once", found[id])
		}
	}
}

func TestBackupOfAServedStoreUnderLoadHoldsEveryAppendAnsweredBefore(t *testing.T) {
	dir, copied, restored := t.TempDir(), filepath.Join(t.TempDir(), "copy"), filepath.Join(t.TempDir(), "restored")
	c := serve(t, dir)
	before := storetest.UnderLoad(t, 300, func(ctx context.Context, _ int) (uuid.UUID, error) { return appended(ctx, c) }, func() {
		if err := control.Backup(t.Context(), dir, copied); err != nil {
			t.Errorf("backup: %v", err)
		}
	})
	report, err := embedded.Verify(copied, embedded.VerifyOptions{})
	if err != nil || report.Bad != nil || int(report.Events) < len(before) {
		t.Fatalf("verify: %+v, %v; want at least %d sound events", report, err, len(before))
	}
	if _, err := embedded.Restore(copied, restored, embedded.VerifyOptions{}); err != nil {
		t.Fatal(err)
	}
	checkHolds(t, eventsOf(t, serve(t, restored)), before)
	if err := control.Backup(t.Context(), dir, copied); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("backup onto a backup: %v, want that it exists", err)
	}
}

func TestExportOfAServedStoreUnderLoadHoldsEveryAppendAnsweredBefore(t *testing.T) {
	dir := t.TempDir()
	c := serve(t, dir)
	var out bytes.Buffer
	var n uint64
	before := storetest.UnderLoad(t, 300, func(ctx context.Context, _ int) (uuid.UUID, error) { return appended(ctx, c) }, func() {
		var err error
		if n, err = control.Export(t.Context(), dir, &out); err != nil {
			t.Errorf("export: %v", err)
		}
	})
	found := map[uuid.UUID]int{}
	err := embedded.ReadExport(&out, func(e embedded.ExportedEvent) error { found[e.ID]++; return nil })
	if err != nil || len(found) != int(n) {
		t.Fatalf("the export has %d events, it said %d: %v", len(found), n, err)
	}
	checkHolds(t, found, before)
}

func TestNobodyServesAStoreThatIsClosedOrWasKilled(t *testing.T) {
	dir := t.TempDir()
	if err := control.Backup(t.Context(), dir, filepath.Join(dir, "copy")); !errors.Is(err, control.ErrNotServed) {
		t.Errorf("no socket: %v, want ErrNotServed", err)
	}
	// A socket whose process is gone.
	path := filepath.Join(dir, "control.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := control.Export(t.Context(), dir, io.Discard); !errors.Is(err, control.ErrNotServed) {
		t.Errorf("a socket left behind: %v, want ErrNotServed", err)
	}
	c := serve(t, dir) // and it is not in the way of the next process
	if _, err := appended(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if n, err := control.Export(t.Context(), dir, io.Discard); n != 1 || err != nil {
		t.Errorf("export: %d, %v, want the 1 event", n, err)
	}
}

func TestSocketIsItsOwnersOnlyAndGoesWithTheServer(t *testing.T) {
	dir := t.TempDir()
	s, err := control.Start(dir, broken{})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("the folder holds %v, %v, want the socket", entries, err)
	}
	if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, %v, want 0600", info.Mode(), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestFolderWithALongNameHasASocketToo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("x", 120))
	c := serve(t, dir)
	if _, err := appended(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if n, err := control.Export(t.Context(), dir, io.Discard); n != 1 || err != nil {
		t.Errorf("export: %d, %v, want the 1 event", n, err)
	}
}

// broken fails after it has written something.
type broken struct{}

var errBroken = errors.New("position 3: checksum differs")

func (broken) Backup(string) error { return errBroken }

func (broken) Export(_ context.Context, w io.Writer) (uint64, error) {
	_, err := fmt.Fprintln(w, strings.Repeat("x", 1<<20))
	return 0, errors.Join(err, errBroken)
}

func TestFaultOfTheStoreReachesWhoAsked(t *testing.T) {
	dir := t.TempDir()
	s, err := control.Start(dir, broken{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := control.Backup(t.Context(), dir, filepath.Join(dir, "copy")); err == nil || err.Error() != errBroken.Error() {
		t.Errorf("backup: %v, want %v", err, errBroken)
	}
	if _, err := control.Export(t.Context(), dir, io.Discard); err == nil || err.Error() != errBroken.Error() {
		t.Errorf("export: %v, want %v", err, errBroken)
	}
}

// endless exports until it is told to stop.
type endless struct {
	broken
	begun chan struct{}
}

func (e endless) Export(ctx context.Context, w io.Writer) (n uint64, err error) {
	for ; ctx.Err() == nil && err == nil; n++ {
		_, err = fmt.Fprintln(w, "{}")
		if n == 0 {
			close(e.begun)
		}
	}
	return n, errors.Join(err, ctx.Err())
}

func TestExportCutOffByAStopIsAnError(t *testing.T) {
	dir := t.TempDir()
	e := endless{begun: make(chan struct{})}
	s, err := control.Start(dir, e)
	if err != nil {
		t.Fatal(err)
	}
	exported := make(chan error, 1)
	go func() {
		_, err := control.Export(context.Background(), dir, io.Discard)
		exported <- err
	}()
	<-e.begun
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-exported; err == nil {
		t.Error("half an export was taken for a whole one")
	}
}
