package eventstore

import (
	"context"
	"errors"
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
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/keys"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// The client leaks connections when the store goes away under load (it forgets them open); ours are not these.
		goleak.IgnoreAnyFunction("google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run"),
		goleak.IgnoreAnyFunction("google.golang.org/grpc.(*addrConn).resetTransportAndUnlock"),
		goleak.IgnoreAnyFunction("google.golang.org/grpc/internal/transport.(*http2Client).reader"),
		goleak.IgnoreAnyFunction("google.golang.org/grpc/internal/transport.(*http2Client).keepalive"),
		goleak.IgnoreAnyFunction("google.golang.org/grpc/internal/transport.(*loopyWriter).run"),
	)
}

var testTime = time.Date(2026, 3, 9, 10, 30, 0, 123456789, time.UTC)

// A server is an embedded store on a unix socket that a test can stop and start.
type server struct {
	t           testing.TB
	dir, socket string
	store       *embedded.Store
	served      chan error
}

func startServer(t testing.TB) *server {
	t.Helper()
	run, err := os.MkdirTemp("", "mash") // a socket's path is short, t.TempDir's may not be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(run) })
	s := &server{t: t, dir: t.TempDir(), socket: filepath.Join(run, "es.sock")}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	store, err := embedded.Open(embedded.Options{Dir: s.dir, Logger: quiet(), DrainTimeout: 100 * time.Millisecond})
	if err != nil {
		s.t.Fatalf("open embedded store: %v", err)
	}
	listener, err := net.Listen("unix", s.socket)
	if err != nil {
		s.t.Fatal(err)
	}
	s.store, s.served = store, make(chan error, 1)
	go func(served chan error) { served <- store.Serve(listener) }(s.served)
}

func (s *server) stop() {
	s.t.Helper()
	if s.store == nil {
		return
	}
	if err := s.store.Close(); err != nil {
		s.t.Errorf("close embedded store: %v", err)
	}
	if err := <-s.served; err != nil {
		s.t.Errorf("serve: %v", err)
	}
	s.store = nil
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func openRing(t testing.TB, dir string) *keys.Ring {
	t.Helper()
	ring, err := keys.Open(context.Background(), keys.Config{
		DSN:           "sqlite:" + filepath.Join(dir, "keys.db"),
		MasterKeyFile: filepath.Join(dir, "master.json"),
		Logger:        quiet(),
	})
	if err != nil {
		t.Fatalf("open keys: %v", err)
	}
	t.Cleanup(func() { ring.Close() })
	return ring
}

// connect opens a Store on a server with keys of its own.
func connect(t testing.TB, srv *server, change ...func(*Config)) *Store {
	t.Helper()
	c := Config{Socket: srv.socket, Now: func() time.Time { return testTime }, Logger: quiet()}
	for _, f := range change {
		f(&c)
	}
	if c.Keys == nil {
		c.Keys = openRing(t, t.TempDir())
	}
	s, err := Open(context.Background(), c)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// rawClient is the official client alone, for what this package never writes.
func rawClient(t testing.TB, srv *server) *esdb.Client {
	t.Helper()
	config, err := configuration(Config{Socket: srv.socket, Logger: quiet(), CallTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func meta() Metadata { return Metadata{Actor: "worker-1", RecordedAt: testTime} }

func allocated(worker string) proto.Message { return &eventpb.ContactAllocated{Worker: worker} }

func mustAppend(t testing.TB, s *Store, stream string, expected Expected, messages ...proto.Message) Appended {
	t.Helper()
	var events []Event
	for _, m := range messages {
		events = append(events, Event{ID: uuid.New(), Message: m})
	}
	at, err := s.Append(context.Background(), stream, expected, meta(), events...)
	if err != nil {
		t.Fatalf("Append to %s: %v", stream, err)
	}
	return at
}

func readStream(t testing.TB, s *Store, stream string) []Recorded {
	t.Helper()
	var got []Recorded
	err := s.Read(context.Background(), stream, 0, func(r Recorded) error {
		got = append(got, r)
		return nil
	})
	if err != nil {
		t.Fatalf("Read %s: %v", stream, err)
	}
	return got
}

// sample returns an event of a type with every field filled, "canary" in every word of its open parts.
func sample(t testing.TB, typeName string) proto.Message {
	t.Helper()
	m, err := NewMessage(typeName)
	if err != nil {
		t.Fatal(err)
	}
	fill(m.ProtoReflect(), "", 0)
	return m
}

// fill depends on the message's type alone. Of a oneof it fills the first field.
func fill(m protoreflect.Message, prefix string, n int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if one := f.ContainingOneof(); one != nil && one.Fields().Get(0) != f {
			continue
		}
		words := prefix
		if partOf(m.Descriptor()) != nil && f.Name() == "open" {
			words = "canary "
		}
		if f.IsList() {
			list := m.Mutable(f).List()
			for k := range 2 {
				if f.Message() != nil {
					fill(list.AppendMutable().Message(), words, n+k)
				} else {
					list.Append(scalar(f, words, n+k))
				}
			}
			continue
		}
		if f.Message() != nil {
			fill(m.Mutable(f).Message(), words, n)
			continue
		}
		m.Set(f, scalar(f, words, n))
	}
}

func scalar(f protoreflect.FieldDescriptor, words string, n int) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(words + string(f.Name()) + strings.Repeat("'", n) + " Zoë Łódź 李")
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte{0, 1, 2, byte(n)})
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(1_773_052_200 + int64(n))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(5 + int32(n))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(7 + uint32(n))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(9 + uint64(n))
	}
	panic("no sample for a field of kind " + f.Kind().String())
}

func TestStoreKeepsItsName(t *testing.T) {
	srv := startServer(t)
	one := connect(t, srv)
	two := connect(t, srv)
	if one.ID() == "" || one.ID() != two.ID() {
		t.Errorf("two connections to one store: got %q and %q, want one name", one.ID(), two.ID())
	}
	if other := connect(t, startServer(t)); other.ID() == one.ID() {
		t.Error("two stores have one name")
	}
	if err := one.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
}

func TestManyNameANewStoreOnce(t *testing.T) {
	srv := startServer(t)
	ids := make(chan string)
	for range 8 {
		go func() {
			s, err := Open(context.Background(), Config{Socket: srv.socket, Logger: quiet()})
			if err != nil {
				t.Errorf("Open: %v", err)
				ids <- ""
				return
			}
			ids <- s.ID()
			s.Close()
		}()
	}
	seen := make(map[string]bool)
	for range 8 {
		seen[<-ids] = true
	}
	if len(seen) != 1 {
		t.Errorf("got names %v, want one", seen)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, c := range map[string]Config{
		"neither": {},
		"both":    {Connection: "esdb://localhost", Socket: "/x"},
		"scheme":  {Connection: "http://localhost"},
		"port":    {Connection: "esdb://user:hunter2@localhost:port"},
	} {
		_, err := Open(t.Context(), c)
		if err == nil {
			t.Errorf("%s: was taken", name)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error tells the password: %v", name, err)
		}
	}
}

func TestClosedStoreRefuses(t *testing.T) {
	s := connect(t, startServer(t))
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	_, err := s.Append(t.Context(), "contact-1", AnyRevision(), meta(), Event{uuid.New(), allocated("w")})
	if !errors.Is(err, ErrClosed) {
		t.Errorf("Append: got %v, want ErrClosed", err)
	}
	if err := s.Read(t.Context(), "contact-1", 0, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Read: got %v, want ErrClosed", err)
	}
	if err := s.Subscribe(t.Context(), Subscription{Handle: func(context.Context, Batch) error { return nil }}); !errors.Is(err, ErrClosed) {
		t.Errorf("Subscribe: got %v, want ErrClosed", err)
	}
}
