package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/eventstore/storetest"
	"github.com/openmash/mash/services/hubtest/selfsigned"
)

// aStore is a mash eventstore serve of its own.
type aStore struct {
	cmd       *exec.Cmd
	addresses []string // in the order of its flags: listen, socket
	said      bytes.Buffer
}

// serveStore starts one on a free port and waits until it has said where it listens.
func serveStore(t *testing.T, dir string, listeners int, flags ...string) *aStore {
	t.Helper()
	s := &aStore{cmd: exec.Command("mash", append([]string{"eventstore", "serve", "--data", dir, "--listen", "127.0.0.1:0"}, flags...)...)}
	s.cmd.Stderr = &s.said
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			s.stop(t)
		}
	})
	lines := bufio.NewScanner(out)
	for len(s.addresses) < listeners && lines.Scan() {
		fields := strings.Fields(lines.Text())
		s.addresses = append(s.addresses, fields[len(fields)-1])
	}
	if len(s.addresses) < listeners {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		t.Fatalf("it said only %v: %s", s.addresses, s.said.String())
	}
	return s
}

// stop interrupts it, as an operator would, and wants it to end with 0.
func (s *aStore) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("stop: %v\n%s", err, s.said.String())
	}
}

// storeClient is the official client on an address: a connection string, or unix:// and a path.
func storeClient(t *testing.T, address string) *esdb.Client {
	t.Helper()
	url := address
	if strings.HasPrefix(address, "unix:") {
		url = "esdb://localhost?tls=false"
	}
	config, err := esdb.ParseConnectionString(url)
	if err != nil {
		t.Fatal(err)
	}
	if url != address {
		config.Address = address
	}
	config.Logger = esdb.NoopLogging()
	c, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func appendTo(ctx context.Context, c *esdb.Client, stream string) (uuid.UUID, error) {
	id := uuid.New()
	_, err := c.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{},
		esdb.EventData{EventID: id, EventType: "test.Happened", ContentType: esdb.ContentTypeBinary, Data: bytes.Repeat([]byte{7}, 500)})
	return id, err
}

func countEvents(t *testing.T, c *esdb.Client, stream string) (n int) {
	t.Helper()
	rs, err := c.ReadStream(t.Context(), stream, esdb.ReadStreamOptions{From: esdb.Start{}}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer rs.Close()
	for {
		if _, err := rs.Recv(); err != nil {
			return n
		}
		n++
	}
}

func TestOfficialClientWritesOverTCPAndReadsOverTheSocket(t *testing.T) {
	socket := filepath.Join(socketFolder(t), "s")
	s := serveStore(t, t.TempDir(), 2, "--socket", socket)
	if _, err := appendTo(t.Context(), storeClient(t, "esdb://"+s.addresses[0]+"?tls=false"), "s"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket's mode is %v, %v, want 0600", info.Mode(), err)
	}
	if s.addresses[1] != socket {
		t.Errorf("it says it listens on %s, want %s", s.addresses[1], socket)
	}
	over := storeClient(t, "unix://"+socket)
	if _, err := appendTo(t.Context(), over, "s"); err != nil {
		t.Fatal(err)
	}
	if n := countEvents(t, over, "s"); n != 2 {
		t.Errorf("the stream has %d events over the socket, want 2", n)
	}
	s.stop(t)
	if _, err := os.Stat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

// socketFolder has a short name: a socket's path may have a hundred bytes, and a test's own folder may have more.
func socketFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mash")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestOfficialClientNeedsTheRightPasswordOverTLS(t *testing.T) {
	certificate := selfsigned.New(t)
	s := serveStore(t, t.TempDir(), 1, "--tls-cert", certificate.CertFile, "--tls-key", certificate.KeyFile, "--user", "hub:s3cret:with@signs", "--user", "auditor:other")
	ended := "@" + s.addresses[0] + "?tls=true&tlsCaFile=" + certificate.CertFile
	for _, user := range []string{"hub:s3cret%3Awith%40signs", "auditor:other"} {
		if _, err := appendTo(t.Context(), storeClient(t, "esdb://"+user+ended), "s"); err != nil {
			t.Errorf("%s: %v", user, err)
		}
	}
	for name, url := range map[string]string{
		"another's password": "esdb://hub:other" + ended, "unknown user": "esdb://nobody:s3cret" + ended,
		"no user": "esdb://" + strings.TrimPrefix(ended, "@"),
	} {
		_, err := appendTo(t.Context(), storeClient(t, url), "s")
		var refused *esdb.Error
		if !errors.As(err, &refused) || refused.Code() != esdb.ErrorCodeUnauthenticated {
			t.Errorf("%s: %v, want unauthenticated", name, err)
		}
	}
	in := storeClient(t, "esdb://"+s.addresses[0]+"?tls=false&maxDiscoverAttempts=2")
	if _, err := appendTo(t.Context(), in, "s"); err == nil {
		t.Error("a client without TLS was served on a port with TLS")
	}
	if n := countEvents(t, storeClient(t, "esdb://auditor:other"+ended), "s"); n != 2 {
		t.Errorf("the stream has %d events, want the 2 of those who may", n)
	}
	s.stop(t)
	if strings.Contains(s.said.String(), "s3cret") {
		t.Error("a password stands in the log")
	}
}

func TestBackupOfARunningProcessUnderLoadHoldsWhatItHadAnswered(t *testing.T) {
	dir, copied, restored := t.TempDir(), filepath.Join(t.TempDir(), "copy"), filepath.Join(t.TempDir(), "restored")
	s := serveStore(t, dir, 1)
	c := storeClient(t, "esdb://"+s.addresses[0]+"?tls=false")
	before := storetest.UnderLoad(t, 300, func(ctx context.Context, worker int) (uuid.UUID, error) {
		return appendTo(ctx, c, fmt.Sprint("s-", worker))
	}, func() {
		if out, err := exec.Command("mash", "eventstore", "backup", dir, copied).CombinedOutput(); err != nil {
			t.Errorf("backup: %v: %s", err, out)
		}
	})
	for _, verb := range [][]string{{"verify", copied}, {"restore", copied, restored}, {"verify", restored}} {
		if out, err := exec.Command("mash", append([]string{"eventstore"}, verb...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", verb, err, out)
		}
	}
	export, err := exec.Command("mash", "eventstore", "export", restored).Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[uuid.UUID]int{}
	if err := embedded.ReadExport(bytes.NewReader(export), func(e embedded.ExportedEvent) error { found[e.ID]++; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, id := range before {
		if found[id] != 1 {
			t.Errorf("an event answered before the backup is there %d times, want once", found[id])
		}
	}
	t.Logf("%d appends answered before, %d events in the copy", len(before), len(found))
}

func TestImportIntoARunningProcessBringsItsPersistentSubscriptions(t *testing.T) {
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("mash", append([]string{"eventstore"}, args...)...).Output()
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return string(out)
	}
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "export.jsonl")
	from, to := serveStore(t, dir, 1), serveStore(t, t.TempDir(), 1)
	address := "esdb://" + to.addresses[0] + "?tls=false"
	source, target := storeClient(t, "esdb://"+from.addresses[0]+"?tls=false"), storeClient(t, address)
	if err := source.CreatePersistentSubscription(t.Context(), "s", "g", esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Revision(2)}); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := appendTo(t.Context(), source, "s"); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, []byte(run("export", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"5 events imported\npersistent subscription s::g: made, begins at revision 2\n",
		"5 events imported\npersistent subscription s::g: was there already and is left as it is; the export has it begin at revision 2\n",
	} {
		if got := run("import", file, "--to", address); got != want {
			t.Errorf("import says %q, want %q", got, want)
		}
	}
	sub, err := target.SubscribeToPersistentSubscription(t.Context(), "s", "g", esdb.SubscribeToPersistentSubscriptionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	if e := sub.Recv(); e.EventAppeared == nil || e.EventAppeared.Event.OriginalEvent().EventNumber != 2 {
		t.Errorf("got %+v, want event 2", e)
	}
}

// A listener that ends by itself ends the store, which would otherwise run on with nobody able to reach it.
func TestEventstoreServeEndsWithItsListener(t *testing.T) {
	store, err := embedded.Open(embedded.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	listeners, err := (&eventstoreServeCmd{Listen: "127.0.0.1:0", Socket: filepath.Join(t.TempDir(), "s")}).listen()
	if err != nil {
		t.Fatal(err)
	}
	if err := listeners[1].Close(); err != nil {
		t.Fatal(err)
	}
	copies := 0
	err = serveOn(&environment{ctx: t.Context(), stdout: io.Discard}, store, listeners, make(chan error), func() error { copies++; return nil })
	if !errors.Is(err, net.ErrClosed) || copies != 1 {
		t.Errorf("serve ended with %v and has stopped copies %d times, want %v and once", err, copies, net.ErrClosed)
	}
}
