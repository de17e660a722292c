package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func sampleEvents(n int) []esdb.EventData {
	out := make([]esdb.EventData, n)
	for i := range out {
		out[i] = esdb.EventData{EventID: uuid.New(), EventType: "test.Happened", Data: []byte("d"), Metadata: []byte("m")}
	}
	return out
}

func mustAppend(t testing.TB, c *esdb.Client, stream string, e esdb.ExpectedRevision, data ...esdb.EventData) *esdb.WriteResult {
	t.Helper()
	r, err := c.AppendToStream(context.Background(), stream, esdb.AppendToStreamOptions{ExpectedRevision: e}, data...)
	if err != nil {
		t.Fatalf("append to %s: %v", stream, err)
	}
	return r
}

// readEvents is how many events a read of the stream yields.
func readEvents(t testing.TB, c *esdb.Client, stream string) []*esdb.ResolvedEvent {
	t.Helper()
	rs, err := c.ReadStream(context.Background(), stream, esdb.ReadStreamOptions{From: esdb.Start{}}, ^uint64(0))
	if err != nil {
		t.Fatal(err)
	}
	defer rs.Close()
	var out []*esdb.ResolvedEvent
	for {
		e, err := rs.Recv()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("read %s: %v", stream, err)
		}
		out = append(out, e)
	}
}

func TestForgetEventIDsKeepsNoIndex(t *testing.T) {
	o := Options{Dir: t.TempDir(), ForgetEventIDs: true}
	s := startStore(t, o)
	a := sampleEvents(2)
	mustAppend(t, s.client(t), "s", esdb.Any{}, a...)
	mustAppend(t, s.client(t), "s", esdb.Any{}, a...)
	if n := len(readEvents(t, s.client(t), "s")); n != 4 {
		t.Errorf("%d events, want 4: nothing is remembered for Any", n)
	}
	if r := mustAppend(t, s.client(t), "s", esdb.NoStream{}, a...); r.NextExpectedVersion != 1 {
		t.Errorf("got %+v: an explicit revision is recognised by the log itself", *r)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := Verify(o.Dir, VerifyOptions{})
	if err != nil || report.Bad != nil || report.EventIDs != 0 || report.Events != 4 {
		t.Errorf("got %+v, %v, want 4 events and no ids", report, err)
	}
}

// With room for a handful of states every stream is forgotten and loaded again
// many times, metadata, deletes and repetitions in between.
func TestForgottenStreamStatesAreLoadedAgain(t *testing.T) {
	s := startStore(t, Options{maxStates: 3})
	c := s.client(t)
	const streams = 20
	name := func(i int) string { return fmt.Sprintf("s-%d", i) }
	first := make([][]esdb.EventData, streams)
	for i := range streams {
		first[i] = sampleEvents(2)
		mustAppend(t, c, name(i), esdb.NoStream{}, first[i]...)
	}
	for i := range streams {
		if i%2 == 0 {
			if _, err := c.DeleteStream(context.Background(), name(i), esdb.DeleteStreamOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range streams {
		if r := mustAppend(t, c, name(i), esdb.NoStream{}, first[i]...); r.NextExpectedVersion != 1 {
			t.Errorf("stream %d: the repetition got %+v", i, *r)
		}
		if r := mustAppend(t, c, name(i), esdb.Revision(1), sampleEvents(1)...); r.NextExpectedVersion != 2 {
			t.Errorf("stream %d: got %+v, want revision 2", i, *r)
		}
		want := 3
		if i%2 == 0 {
			want = 1
		}
		if n := len(readEvents(t, c, name(i))); n != want {
			t.Errorf("stream %d: %d events are visible, want %d", i, n, want)
		}
	}
}

func TestSecondOpenOfADirectoryIsRefused(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	startStore(t, o)
	if s, err := Open(o); err == nil {
		_ = s.Close()
		t.Fatal("a directory in use was opened twice")
	}
}

func TestDirectoryOfAnotherFormatIsRefused(t *testing.T) {
	for name, text := range map[string]string{"later": "mash event store, format 2\n", "damaged": "mash"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := Open(Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, formatFile), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "FORMAT") {
				t.Fatalf("got %v, want a refusal that names FORMAT", err)
			}
			if _, err := Verify(dir, VerifyOptions{}); err == nil {
				t.Fatal("verify did not mind")
			}
		})
	}
	t.Run("data without FORMAT", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, pebbleDir), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Options{Dir: dir}); err == nil {
			t.Fatal("data of unknown format were opened")
		}
	})
}

func TestCloseEndsSubscriptionsAndRefusesCalls(t *testing.T) {
	s := startStore(t, Options{DrainTimeout: time.Hour}) // which an idle subscription is not to use up
	c := s.client(t)
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
	sub, err := c.SubscribeToAll(context.Background(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	untilLive(t, sub)
	closeInTime(t, s.store)
	e := sub.Recv()
	if e.SubscriptionDropped == nil || status.Code(e.SubscriptionDropped.Error) != codes.Unavailable {
		t.Errorf("got %+v, want a drop with Unavailable", e)
	}
	l := listener(t)
	if err := s.store.Serve(l); err != nil {
		t.Errorf("serve after close: got %v, want nil as from a store that is closed meanwhile", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after close: got %v, want a listener that was closed", err)
	}
	if err := s.store.Backup(filepath.Join(t.TempDir(), "b")); !errors.Is(err, ErrClosed) {
		t.Errorf("backup after close: got %v, want ErrClosed", err)
	}
}

// Appends that run while the store closes are answered, one way or the other,
// and those answered with success are there afterwards.
func TestCloseUnderLoadKeepsWhatItAnswered(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	s := startStore(t, o)
	acked := make(chan int, 8)
	started := make(chan struct{}, 8)
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	for range 8 {
		c := s.client(t)
		go func() {
			n := 0
			defer func() { acked <- n }()
			for {
				if _, err := c.AppendToStream(ctx, "s", esdb.AppendToStreamOptions{}, sampleEvents(1)...); err != nil {
					return
				}
				if n++; n == 20 {
					started <- struct{}{}
				}
			}
		}()
	}
	for range 8 {
		select {
		case <-started:
		case <-ctx.Done():
			t.Fatal("the store answers too slowly")
		}
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	stop() // a client may go on looking for a store that is gone
	total := 0
	for range 8 {
		total += <-acked
	}
	report, err := Verify(o.Dir, VerifyOptions{})
	if err != nil || report.Bad != nil {
		t.Fatalf("verify: %+v, %v", report, err)
	}
	if int(report.Events) < total {
		t.Fatalf("%d appends were acknowledged, %d are there", total, report.Events)
	}
}

func TestLogsHoldNoNamesAndNoData(t *testing.T) {
	var logged bytes.Buffer
	s := startStore(t, Options{Logger: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	c := s.client(t)
	e := sampleEvents(1)
	e[0].EventType, e[0].Data = "secret-type", []byte("secret-data")
	mustAppend(t, c, "secret-stream", esdb.Any{}, e...)
	_, _ = c.AppendToStream(context.Background(), "secret-stream", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Revision(9)}, sampleEvents(1)...)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if logged.Len() == 0 {
		t.Fatal("nothing was logged: the test shows nothing")
	}
	if strings.Contains(logged.String(), "secret") {
		t.Fatalf("the log tells: %s", logged.String())
	}
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s := startStore(t, Options{})
	if err := s.store.groups.create(context.Background(), groupConfig{
		groupKey: groupKey{"s", "g"}, ReadBatch: 1, HistoryBuffer: 2, Strategy: strategySingle,
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	left := goleak.Find(before)
	for deadline := time.Now().Add(patience); left != nil && time.Now().Before(deadline); {
		left = goleak.Find(before)
	}
	if left != nil {
		t.Error(left)
	}
}

// EventStoreDB takes a tombstone for metadata and then cannot describe the stream
// any more; here it is refused, and the store stays one that Verify passes.
func TestTombstoneOfMetadataIsRefused(t *testing.T) {
	ctx := context.Background()
	o := Options{Dir: t.TempDir()}
	s := startStore(t, o)
	c := s.client(t)
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(2)...)
	var meta esdb.StreamMetadata
	meta.SetMaxCount(1)
	if _, err := c.SetStreamMetadata(ctx, "s", esdb.AppendToStreamOptions{}, meta); err != nil {
		t.Fatal(err)
	}
	if _, err := c.TombstoneStream(ctx, "$$s", esdb.TombstoneStreamOptions{}); err == nil {
		t.Error("metadata was tombstoned")
	}
	if _, err := c.DeleteStream(ctx, "s", esdb.DeleteStreamOptions{}); err != nil {
		t.Error(err)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(o.Dir, VerifyOptions{}); err != nil || r.Bad != nil {
		t.Errorf("verify: %+v, %v", r, err)
	}
}
