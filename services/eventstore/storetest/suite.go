package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/grpc"
)

// Server is a server under test.
type Server struct {
	// Client makes a client of its own for one test. The suite never closes it:
	// the client's Close is not safe beside calls (and the server's end ends it).
	Client func(t testing.TB) *esdb.Client
	// Dial makes a plain gRPC connection, for what the client would hide. The
	// suite closes it.
	Dial func(t testing.TB) *grpc.ClientConn
	// ForgetsIDs says that an append with Any may be written again although its
	// event ids are known. The suite then expects neither the one nor the other.
	ForgetsIDs bool
	// Advance moves the server's clock; nil when the clock is the real one, and
	// then tests of $maxAge are skipped.
	Advance func(time.Duration)
}

type contractTest struct {
	name string
	run  func(*fixture)
}

// Run runs the whole contract against a server.
func Run(t *testing.T, s Server) {
	groups := []struct {
		name  string
		tests []contractTest
	}{
		{"Append", appendTests},
		{"Idempotency", idempotencyTests},
		{"Delete", deleteTests},
		{"Metadata", metadataTests},
		{"Read", readTests},
		{"All", allTests},
		{"Links", linkTests},
		{"Subscribe", subscribeTests},
		{"Filter", filterTests},
		{"Wire", wireTests},
		{"IDs", idTests},
		{"Persistent", persistentTests},
		{"Nack", nackTests},
		{"Replay", replayTests},
		{"Strategy", strategyTests},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, test := range g.tests {
				t.Run(test.name, func(t *testing.T) { test.run(newFixture(t, s)) })
			}
		})
	}
}

// fixture is what one test works with.
type fixture struct {
	testing.TB
	Server
	c   *esdb.Client
	ctx context.Context
}

const testTimeout = 2 * time.Minute // nothing waits for it to pass

func newFixture(t testing.TB, s Server) *fixture {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	t.Cleanup(cancel)
	return &fixture{TB: t, Server: s, c: s.Client(t), ctx: ctx}
}

// stream makes up a name that nobody else uses.
func (f *fixture) stream() string { return "storetest-" + uuid.NewString() }

// events makes n events with fresh ids; data tells them apart.
func events(n int) []esdb.EventData {
	out := make([]esdb.EventData, n)
	for i := range out {
		out[i] = typed("storetest.Happened")
		out[i].Data = fmt.Appendf(nil, `{"n":%d}`, i)
	}
	return out
}

func typed(typ string) esdb.EventData {
	return esdb.EventData{
		EventID: uuid.New(), EventType: typ, ContentType: esdb.ContentTypeJson,
		Data: []byte(`{}`), Metadata: []byte(`{"actor":"a"}`),
	}
}

func expecting(e esdb.ExpectedRevision) esdb.AppendToStreamOptions {
	return esdb.AppendToStreamOptions{ExpectedRevision: e}
}

// append must succeed.
func (f *fixture) append(stream string, e esdb.ExpectedRevision, data ...esdb.EventData) *esdb.WriteResult {
	f.Helper()
	r, err := f.c.AppendToStream(f.ctx, stream, expecting(e), data...)
	if err != nil {
		f.Fatalf("append to %s: %v", stream, err)
	}
	return r
}

// appendRefused must fail with the given code.
func (f *fixture) appendRefused(code esdb.ErrorCode, stream string, e esdb.ExpectedRevision, data ...esdb.EventData) error {
	f.Helper()
	r, err := f.c.AppendToStream(f.ctx, stream, expecting(e), data...)
	if err == nil {
		f.Fatalf("append to %s succeeded with %+v, want error code %d", stream, *r, code)
	}
	f.wantCode(err, code)
	return err
}

func (f *fixture) wantCode(err error, code esdb.ErrorCode) {
	f.Helper()
	var e *esdb.Error
	if !errors.As(err, &e) {
		f.Fatalf("got error %v, want one of the client with code %d", err, code)
	}
	if e.Code() != code {
		f.Fatalf("got error code %d (%v), want %d", e.Code(), err, code)
	}
}

// read returns what a read of a stream yields until its end or its error.
func (f *fixture) read(stream string, o esdb.ReadStreamOptions, count uint64) ([]*esdb.ResolvedEvent, error) {
	f.Helper()
	if o.From == nil {
		o.From = esdb.Start{}
	}
	rs, err := f.c.ReadStream(f.ctx, stream, o, count)
	if err != nil {
		return nil, err
	}
	return collect(rs)
}

func (f *fixture) readAll(o esdb.ReadAllOptions, count uint64) []*esdb.ResolvedEvent {
	f.Helper()
	rs, err := f.c.ReadAll(f.ctx, o, count)
	if err != nil {
		f.Fatalf("read $all: %v", err)
	}
	out, err := collect(rs)
	if err != nil {
		f.Fatalf("read $all: %v", err)
	}
	return out
}

func collect(rs *esdb.ReadStream) ([]*esdb.ResolvedEvent, error) {
	defer rs.Close()
	var out []*esdb.ResolvedEvent
	for {
		e, err := rs.Recv()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, e)
	}
}

// mustRead is read without an error.
func (f *fixture) mustRead(stream string, o esdb.ReadStreamOptions, count uint64) []*esdb.ResolvedEvent {
	f.Helper()
	out, err := f.read(stream, o, count)
	if err != nil {
		f.Fatalf("read %s: %v", stream, err)
	}
	return out
}

// revisions of the events as they were asked for.
func revisions(list []*esdb.ResolvedEvent) []uint64 {
	out := make([]uint64, 0, len(list))
	for _, e := range list {
		out = append(out, e.OriginalEvent().EventNumber)
	}
	return out
}

func (f *fixture) wantRevisions(list []*esdb.ResolvedEvent, want ...uint64) {
	f.Helper()
	if got := revisions(list); fmt.Sprint(got) != fmt.Sprint(want) {
		f.Fatalf("got revisions %v, want %v", got, want)
	}
}

func position(r *esdb.WriteResult) esdb.Position {
	return esdb.Position{Commit: r.CommitPosition, Prepare: r.PreparePosition}
}

const everything = ^uint64(0)
