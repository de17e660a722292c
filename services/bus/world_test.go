package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/agencies/publisher"
)

const (
	police = "kent-police"
	health = "kent-health"
)

// patience is how long a test waits for what must happen; what happens takes milliseconds. Nothing waits for it to pass, and no test rests on
// its being short.
const patience = 5 * time.Minute

// A world is a nats-server with the accounts of a few agencies, and the hub connected to it.
type world struct {
	t     testing.TB
	dir   string
	reg   *agencies.Registry
	creds Creds
	url   string
	bus   *Bus
	// server is the embedded one, nil for an external.
	server *Server
	// fatal gets what the embedded server says of storage that failed.
	fatal chan error
	// stop and start the server, on the same address and folder.
	stop, start func()
}

// worldOptions are what a test wants otherwise than usual.
type worldOptions struct {
	agencies []string
	limits   Limits
	external bool
	// inProcess connects the hub to an embedded server without a socket.
	inProcess bool
}

func registry(t testing.TB, ids ...string) *agencies.Registry {
	t.Helper()
	files := fstest.MapFS{}
	for _, id := range ids {
		files[id+".json"] = &fstest.MapFile{Data: fmt.Appendf(nil, `{"id":%q,"name":"n","sector":"police",
			"systems":[{"id":"s","name":"s","source":"urn:%s"}],"kinds":["contact"],"source_codes":["6"]}`, id, id)}
	}
	reg, err := agencies.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

func newWorld(t testing.TB, o worldOptions) *world {
	t.Helper()
	if o.agencies == nil {
		o.agencies = []string{police, health}
	}
	w := &world{t: t, dir: t.TempDir(), reg: registry(t, o.agencies...)}
	var err error
	if w.creds, err = EnsureCreds(filepath.Join(w.dir, "creds"), w.reg); err != nil {
		t.Fatal(err)
	}
	if o.external {
		w.external()
	} else {
		w.embedded()
	}
	w.start()
	t.Cleanup(func() { w.stop() })
	cfg := Config{URL: w.url, Creds: w.creds, Registry: w.reg, Limits: o.limits, Logger: testLog(t)}
	if o.inProcess {
		cfg.InProcess = w.server
	}
	if w.bus, err = Connect(w.ctx(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.bus.Close)
	if err := w.bus.EnsureStreams(w.ctx()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) embedded() {
	addr := freeAddr(w.t)
	w.url, w.fatal = "nats://"+addr, make(chan error, 8)
	w.start = func() {
		w.t.Helper()
		var err error
		w.server, err = StartServer(ServerOptions{Dir: filepath.Join(w.dir, "nats"), Addr: addr, Registry: w.reg, Creds: w.creds, Logger: testLog(w.t), OnFatal: func(err error) { w.fatal <- err }})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	w.stop = func() { w.server.Shutdown() }
}

// external runs the nats-server of the same module as a process of its own, on the configuration written for it.
func (w *world) external() {
	conf, err := ServerConfig(w.reg, w.creds)
	if err != nil {
		w.t.Fatal(err)
	}
	path := filepath.Join(w.dir, "nats.conf")
	if err := os.WriteFile(path, conf, 0o600); err != nil {
		w.t.Fatal(err)
	}
	addr := freeAddr(w.t)
	host, port, _ := net.SplitHostPort(addr)
	binary := natsServer(w.t)
	var cmd *exec.Cmd
	w.url = "nats://" + addr
	w.start = func() {
		w.t.Helper()
		cmd = exec.Command(binary, "-c", path, "-a", host, "-p", port)
		// The configuration's storage folder is relative.
		cmd.Dir = w.dir
		if err := cmd.Start(); err != nil {
			w.t.Fatal(err)
		}
	}
	w.stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
}

// binDir is where TestMain keeps the built nats-server, for all tests that need it.
var binDir string

var buildServer = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(binDir, "nats-server")
	out, err := exec.Command("go", "build", "-o", binary, "github.com/nats-io/nats-server/v2").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build nats-server: %w\n%s", err, out)
	}
	return binary, nil
})

func natsServer(t testing.TB) string {
	t.Helper()
	binary, err := buildServer()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

func TestMain(m *testing.M) {
	var err error
	if binDir, err = os.MkdirTemp("", "mash-bus-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(binDir)
	os.Exit(code)
}

// freeAddr is an address that a server may leave and come back to: none of those that the system gives to whoever asks for any.
func freeAddr(t testing.TB) string {
	t.Helper()
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no address is free")
	return ""
}

// ackWaitOfADay gives a durable consumer of an agency so long an ackWait: what comes again comes for another reason.
func (w *world) ackWaitOfADay(agency, stream, consumer string) {
	w.t.Helper()
	c, err := w.bus.links[agency].js.Consumer(w.ctx(), stream, consumer)
	if err != nil {
		w.t.Fatal(err)
	}
	config := c.CachedInfo().Config
	config.AckWait = 24 * time.Hour
	if _, err := w.bus.links[agency].js.UpdateConsumer(w.ctx(), stream, config); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w.t.Cleanup(cancel)
	return ctx
}

// remember gives a stream a day in which it knows a message again by its id; it usually has 100 ms.
func (w *world) remember(agency, stream string) {
	w.t.Helper()
	js := w.bus.links[agency].js
	s, err := js.Stream(w.ctx(), stream)
	if err != nil {
		w.t.Fatal(err)
	}
	config := s.CachedInfo().Config
	config.Duplicates = 24 * time.Hour
	if _, err := js.UpdateStream(w.ctx(), config); err != nil {
		w.t.Fatal(err)
	}
}

// forEachServer runs a test on the embedded server and on one of its own with the configuration that ServerConfig writes.
func forEachServer(t *testing.T, o worldOptions, test func(t *testing.T, w *world)) {
	t.Run("embedded", func(t *testing.T) { test(t, newWorld(t, o)) })
	o.external = true
	t.Run("external", func(t *testing.T) { test(t, newWorld(t, o)) })
}

// A partner is an agency's bare connection, for doing what a publisher would not.
type partner struct {
	*nats.Conn
	t      testing.TB
	errors chan error
}

func (w *world) partner(agency string) *partner {
	w.t.Helper()
	p, err := dialPartner(w.t, w.url, agency, w.creds.AgencyFile(agency))
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func dialPartner(t testing.TB, url, agency, seedFile string) (*partner, error) {
	key, err := nats.NkeyOptionFromSeed(seedFile)
	if err != nil {
		return nil, err
	}
	p := &partner{t: t, errors: make(chan error, 64)}
	p.Conn, err = nats.Connect(url, key, nats.CustomInboxPrefix(inboxOf(agency)),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { p.errors <- err }))
	if err != nil {
		return nil, err
	}
	t.Cleanup(p.Close)
	return p, nil
}

// request publishes and waits for the PubAck, of which it returns the text.
func (p *partner) request(subject string, header nats.Header, data string) string {
	p.t.Helper()
	msg, err := p.RequestMsg(&nats.Msg{Subject: subject, Header: header, Data: []byte(data)}, patience)
	if err != nil {
		p.t.Fatalf("request on %s: %v", subject, err)
	}
	return string(msg.Data)
}

// denied expects the server to have refused what was just done about subject.
func (p *partner) denied(subject string) {
	p.t.Helper()
	if err := p.FlushTimeout(patience); err != nil {
		p.t.Fatalf("flush: %v", err)
	}
	select {
	case err := <-p.errors:
		if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), `"`+subject+`"`) {
			p.t.Errorf("on %s the server says %v, want a permissions violation", subject, err)
		}
	case <-time.After(patience):
		p.t.Errorf("nothing refused on %s", subject)
	}
}

func (w *world) publisher(agency string, change ...func(*publisher.Options)) *publisher.Publisher {
	w.t.Helper()
	o := publisher.Options{URL: w.url, Agency: agency, SeedFile: w.creds.AgencyFile(agency), Logger: testLog(w.t)}
	for _, c := range change {
		c(&o)
	}
	p, err := publisher.Dial(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(p.Close)
	return p
}

func message(id string) publisher.Message {
	return publisher.Message{
		Kind: "contact", ID: id, Source: "urn:s", Type: "mash.intake.v1.Contact",
		Time: time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC), ContentType: "application/json", Data: []byte(`{"n":"` + id + `"}`),
	}
}

// receiveAll answers every message of an agency with a receipt that repeats its data, as intake would.
func (w *world) receiveAll(agency string) (stop func()) {
	w.t.Helper()
	return w.subscribe(agency, 64, func(d Delivery) { go w.answer(d, KindReceipt) })
}

func (w *world) subscribe(agency string, inFlight int, handle func(Delivery)) (stop func()) {
	w.t.Helper()
	end, err := w.bus.Subscribe(agency, inFlight, handle)
	if err != nil {
		w.t.Fatal(err)
	}
	stop = sync.OnceFunc(end)
	w.t.Cleanup(stop)
	return stop
}

func (w *world) answer(d Delivery, kind string) {
	e, err := DecodeEnvelope(d.Header)
	if err != nil {
		w.t.Errorf("message %d: %v", d.Sequence, err)
		_ = d.Term("not a CloudEvent")
		return
	}
	header := nats.Header{HeaderAnswers: {AnswerKey(e.Source, e.ID)}}
	if err := w.bus.PublishReceipt(context.Background(), d.Agency, kind, header, d.Data); err != nil {
		_ = d.Nak(0)
		return
	}
	_ = d.Ack()
}

// depth is the number of messages in an agency's IN.
func (w *world) depth(agency string) Depth {
	w.t.Helper()
	d, err := w.bus.InDepth(w.ctx(), agency)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// eventually waits until what is true.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for tick := time.NewTicker(5 * time.Millisecond); !is(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never happened: %s", what)
		}
	}
}

// receive takes one value, or fails.
func receive[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("never came: %s", what)
		panic("unreachable")
	}
}

func testLog(t testing.TB) *slog.Logger {
	if !testing.Verbose() {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})).With("test", t.Name())
}
