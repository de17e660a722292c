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
)

// Server is a server under test: how it is reached, and what it lets the suite do to
// it. What a server has no way for is nil, and the tests of it say so and are skipped.
type Server struct {
	// Config is how the official client reaches the server, over TCP or a unix socket,
	// with TLS and credentials or without. Its logger is not used.
	Config esdb.Configuration
	// ForgetsIDs says that an append with Any may be written again although its
	// event ids are known. The suite then expects neither the one nor the other.
	ForgetsIDs bool
	// Advance moves the server's clock; nil when the clock is the real one.
	Advance func(time.Duration)
	// Restart ends the server as its operator would and starts it again at the same
	// address on what it has kept. It returns when the server can be reached.
	Restart func(testing.TB)
	// Impatient leaves out the tests that do nothing but wait, half a minute each.
	Impatient bool
}

type contractTest struct {
	name string
	run  func(*fixture)
}

type contractGroup struct {
	name  string
	tests []contractTest
	// waits says that the tests wait for time to pass, beside whatever else goes on.
	waits bool
}

// Run runs the whole contract against a server.
func Run(t *testing.T, s Server) {
	for _, g := range []contractGroup{
		{name: "Append", tests: appendTests},
		{name: "Idempotency", tests: idempotencyTests},
		{name: "Delete", tests: deleteTests},
		{name: "Metadata", tests: metadataTests},
		{name: "Read", tests: readTests},
		{name: "All", tests: allTests},
		{name: "Links", tests: linkTests},
		{name: "Subscribe", tests: subscribeTests},
		{name: "Filter", tests: filterTests},
		{name: "Wire", tests: wireTests},
		{name: "IDs", tests: idTests},
		{name: "Persistent", tests: persistentTests},
		{name: "Nack", tests: nackTests},
		{name: "Replay", tests: replayTests},
		{name: "Strategy", tests: strategyTests},
		{name: "Credentials", tests: credentialTests},
		{name: "Restart", tests: restartTests},
		{name: "Idle", tests: idleTests, waits: true}, // begins when all others have ended
	} {
		t.Run(g.name, func(t *testing.T) {
			if g.waits {
				t.Parallel()
			}
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
	f := &fixture{TB: t, Server: s, ctx: ctx}
	f.c = f.client(s.Config)
	return f
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
