package bus

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func TestEnsureStreamsTwiceChangesNothing(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		w.partner(police).request(InSubject(police, "contact"), nil, "x")
		if err := w.bus.EnsureStreams(w.ctx()); err != nil {
			t.Fatal(err)
		}
		if got := w.depth(police); got.Messages != 1 || got.Undelivered != 1 || got.Oldest.IsZero() {
			t.Errorf("InDepth() = %+v, want the one message", got)
		}
	})
}

func TestEnsureStreamsKeepsWhatIsTheOperators(t *testing.T) {
	w := newWorld(t, worldOptions{limits: Limits{In: 1 << 20}})
	js := w.bus.links[police].js
	s, err := js.Stream(w.ctx(), StreamIn)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.Metadata["owner"] = "integration team"
	if _, err := js.UpdateStream(w.ctx(), cfg); err != nil {
		t.Fatal(err)
	}
	// A larger stream is no risk to any message.
	w.bus.cfg.Limits.In = 2 << 20
	if err := w.bus.EnsureStreams(w.ctx()); err != nil {
		t.Fatal(err)
	}
	if s, err = js.Stream(w.ctx(), StreamIn); err != nil {
		t.Fatal(err)
	}
	if got := s.CachedInfo().Config; got.MaxBytes != 2<<20 || got.Metadata["owner"] != "integration team" {
		t.Errorf("after EnsureStreams: %d bytes, metadata %v", got.MaxBytes, got.Metadata)
	}
}

func TestEnsureStreamsRefusesDestructiveDrift(t *testing.T) {
	good := func() jetstream.StreamConfig {
		return (&Bus{cfg: Config{Limits: Limits{1 << 20, 1 << 20, 1 << 20}}}).streams(police)[0]
	}
	if err := checkDrift(good(), good()); err != nil {
		t.Fatalf("a stream as it should be drifts: %v", err)
	}
	for _, tt := range []struct {
		setting string
		change  func(*jetstream.StreamConfig)
	}{
		{"retention", func(c *jetstream.StreamConfig) { c.Retention = jetstream.LimitsPolicy }},
		{"storage", func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage }},
		{"discard", func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld }},
		{"max bytes", func(c *jetstream.StreamConfig) { c.MaxBytes *= 2 }},
		{"max bytes", func(c *jetstream.StreamConfig) { c.MaxBytes = -1 }},
		{"max message size", func(c *jetstream.StreamConfig) { c.MaxMsgSize *= 2 }},
		{"subjects", func(c *jetstream.StreamConfig) { c.Subjects = append(c.Subjects, "mash.in.kent-police.*.v2") }},
		{"metadata mash.schema", func(c *jetstream.StreamConfig) { c.Metadata = map[string]string{schemaKey: "2"} }},
		{"metadata mash.schema", func(c *jetstream.StreamConfig) { c.Metadata = nil }},
	} {
		is := good()
		tt.change(&is)
		var drift *DriftError
		if err := checkDrift(is, good()); !errors.As(err, &drift) || drift.Setting != tt.setting {
			t.Errorf("checkDrift() = %v, want a refusal of %s", err, tt.setting)
		}
	}

	w := newWorld(t, worldOptions{limits: Limits{In: 2 << 20}})
	w.bus.cfg.Limits.In = 1 << 20
	var drift *DriftError
	if err := w.bus.EnsureStreams(w.ctx()); !errors.As(err, &drift) || drift.Setting != "max bytes" {
		t.Errorf("EnsureStreams() with less room = %v, want a refusal of max bytes", err)
	}
}

func TestLimitsBeyondTheAccount(t *testing.T) {
	reg := registry(t, police)
	creds, err := EnsureCreds(t.TempDir(), reg)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []Limits{{In: maxAccountBytes}, {Out: -1}} {
		if b, err := Connect(t.Context(), Config{Creds: creds, Registry: reg, Limits: l}); err == nil {
			b.Close()
			t.Errorf("Connect() with limits %+v succeeded", l)
		}
	}
}

func TestStartServerRefusals(t *testing.T) {
	reg := registry(t, police)
	creds, err := EnsureCreds(t.TempDir(), reg)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := StartServer(ServerOptions{Dir: t.TempDir(), Addr: "127.0.0.1:0", Registry: reg, Creds: creds})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Shutdown()
	for name, o := range map[string]ServerOptions{
		"address in use":         {Dir: t.TempDir(), Addr: taken.ClientURL()[len("nats://"):], Creds: creds},
		"no folder":              {Addr: "127.0.0.1:0", Creds: creds},
		"no port":                {Dir: t.TempDir(), Addr: "127.0.0.1", Creds: creds},
		"port is a word":         {Dir: t.TempDir(), Addr: "127.0.0.1:nats", Creds: creds},
		"beyond loopback":        {Dir: t.TempDir(), Addr: "0.0.0.0:0", Creds: creds},
		"every address":          {Dir: t.TempDir(), Addr: ":0", Creds: creds},
		"agency without its key": {Dir: t.TempDir(), Addr: "127.0.0.1:0"},
	} {
		o.Registry = reg
		if s, err := StartServer(o); err == nil {
			s.Shutdown()
			t.Errorf("%s: StartServer() succeeded", name)
		}
	}
}

func TestInProcessConnection(t *testing.T) {
	w := newWorld(t, worldOptions{inProcess: true})
	w.receiveAll(police)
	if a, err := w.publisher(police).Send(w.ctx(), message("1")); err != nil || a.Kind != KindReceipt {
		t.Errorf("Send() = %+v, %v; want a receipt", a, err)
	}
}

func TestMessagesAndCredsSurviveARestart(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		w.partner(police).request(InSubject(police, "contact"), nil, "before")
		if err := w.bus.PublishReceipt(w.ctx(), police, KindReceipt, nil, []byte("r")); err != nil {
			t.Fatal(err)
		}
		w.stop()
		creds, err := EnsureCreds(filepath.Join(w.dir, "creds"), w.reg)
		if err != nil || creds.AgencyKey(police) != w.creds.AgencyKey(police) {
			t.Fatalf("EnsureCreds() again: %v, or another key", err)
		}
		w.start()
		eventually(t, "the hub is connected again", func() bool { return len(w.bus.Disconnected()) == 0 })
		if err := w.bus.EnsureStreams(w.ctx()); err != nil {
			t.Fatal(err)
		}
		if got := w.depth(police).Messages; got != 1 {
			t.Errorf("%d messages on IN after a restart, want 1", got)
		}
		receipts, err := w.bus.links[police].js.Stream(w.ctx(), StreamReceipt)
		if err != nil || receipts.CachedInfo().State.Msgs != 1 {
			t.Errorf("RECEIPT after a restart: %v, want its one message", err)
		}
		w.partner(police).request(InSubject(police, "contact"), nil, "after")
	})
}

// TestHubReconnectsAndGoesOnReading stops the server under a subscription and a publisher that is waiting for a receipt.
func TestHubReconnectsAndGoesOnReading(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		w.receiveAll(police)
		p := w.publisher(police, resendAfter(200*time.Millisecond))
		if _, err := p.Send(w.ctx(), message("before")); err != nil {
			t.Fatal(err)
		}
		w.stop()
		if got := w.bus.Disconnected(); len(got) == 0 {
			eventually(t, "the hub notices", func() bool { return len(w.bus.Disconnected()) > 0 })
		}
		pending, err := p.SendAsync(w.ctx(), message("during"))
		if err != nil {
			t.Fatal(err)
		}
		w.start()
		if a, err := pending.Answer(w.ctx()); err != nil || a.Kind != KindReceipt {
			t.Errorf("message sent while the server was away: %+v, %v; want a receipt", a, err)
		}
		if _, err := p.Send(w.ctx(), message("after")); err != nil {
			t.Errorf("message after the restart: %v", err)
		}
	})
}

// TestWhatACrashCutOffComesAgainAtOnce leaves a message unsettled, as a hub that is killed does, over a restart of the server. It
// must not wait for ackWait, which is a day here.
func TestWhatACrashCutOffComesAgainAtOnce(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		w.ackWaitOfADay(police, StreamIn, ConsumerIntake)
		deliveries := make(chan Delivery, 4)
		w.subscribe(police, 2, func(d Delivery) { deliveries <- d })
		w.partner(police).request(InSubject(police, "contact"), nil, "in hand")
		first := receive(t, "the message", deliveries)
		w.stop()
		w.start()
		again := receive(t, "the message again", deliveries)
		if again.Sequence != first.Sequence || again.NumDelivered != 1 {
			t.Errorf("message %d came, delivery %d; want message %d again, counted anew", again.Sequence, again.NumDelivered, first.Sequence)
		}
		if err := again.Ack(); err != nil {
			t.Error(err)
		}
		eventually(t, "IN is empty", func() bool { return w.depth(police).Messages == 0 })
	})
}

// TestSubscriptionSurvivesAServerThatLostItsDisk deletes the consumer under a running subscription.
func TestSubscriptionSurvivesAServerThatLostItsDisk(t *testing.T) {
	w := newWorld(t, worldOptions{})
	w.receiveAll(police)
	p := w.publisher(police)
	if _, err := p.Send(w.ctx(), message("before")); err != nil {
		t.Fatal(err)
	}
	if err := w.bus.links[police].js.DeleteConsumer(w.ctx(), StreamIn, ConsumerIntake); err != nil {
		t.Fatal(err)
	}
	if a, err := p.Send(w.ctx(), message("after")); err != nil || a.Kind != KindReceipt {
		t.Errorf("Send() = %+v, %v; want a receipt", a, err)
	}
}
