package bus

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The two attacks that account isolation is for. Each is one function, run against the accounts as the hub makes them,
// where it must fail, and against the same users merged into one account with one stream, where it must succeed: a test
// of an attack that cannot work anywhere would prove nothing.

// injectByReply has the attacker publish on its own subject with the victim's as the reply subject. The server sends the
// PubAck there, past all permissions.
func injectByReply(t *testing.T, attacker *partner, own, victims string) {
	t.Helper()
	if err := attacker.PublishMsg(&nats.Msg{Subject: own, Reply: victims, Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	// A stream sends its answers in order, so when this one is here the other has gone out.
	attacker.request(own, nil, "y")
}

// poisonDedup has the attacker publish first under the id that the victim will use, and reports what the victim is told.
func poisonDedup(t *testing.T, attacker, victim *partner, own, victims string) (told jetstream.PubAck) {
	t.Helper()
	header := nats.Header{"Nats-Msg-Id": {"urn:records|4711"}}
	attacker.request(own, header, "x")
	if err := json.Unmarshal([]byte(victim.request(victims, header, "the referral")), &told); err != nil {
		t.Fatal(err)
	}
	return told
}

func TestReplyInjectionStaysInTheAttackersAccount(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		injectByReply(t, w.partner(police), InSubject(police, "contact"), InSubject(health, "contact"))
		// The victim's own message is behind anything that was injected before it.
		w.partner(health).request(InSubject(health, "contact"), nil, "the referral")
		if got := w.depth(health).Messages; got != 1 {
			t.Errorf("%d messages on health's IN, want its own alone", got)
		}
	})
}

func TestDedupPoisoningStaysInTheAttackersAccount(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		told := poisonDedup(t, w.partner(police), w.partner(health), InSubject(police, "contact"), InSubject(health, "contact"))
		if told.Duplicate {
			t.Error("health is told that its referral is a duplicate of police's")
		}
		if got := w.depth(health).Messages; got != 1 {
			t.Errorf("%d messages on health's IN, want 1", got)
		}
	})
}

func TestControlReplyInjectionWorksOnMergedAccounts(t *testing.T) {
	m := newMergedWorld(t)
	injectByReply(t, m.partner(police), InSubject(police, "contact"), InSubject(health, "contact"))
	var forged *jetstream.RawStreamMsg
	eventually(t, "a message forged on health's subject", func() bool {
		var err error
		forged, err = m.stream.GetLastMsgForSubject(m.ctx(), InSubject(health, "contact"))
		return err == nil
	})
	if !strings.Contains(string(forged.Data), `"stream"`) {
		t.Errorf("forged message = %s, want the server's acknowledgement", forged.Data)
	}
}

func TestControlDedupPoisoningWorksOnMergedAccounts(t *testing.T) {
	m := newMergedWorld(t)
	told := poisonDedup(t, m.partner(police), m.partner(health), InSubject(police, "contact"), InSubject(health, "contact"))
	if !told.Duplicate {
		t.Error("the victim was not told that its referral is a duplicate: this control shows nothing")
	}
	if _, err := m.stream.GetLastMsgForSubject(m.ctx(), InSubject(health, "contact")); err == nil {
		t.Error("health's referral was stored: this control shows nothing")
	}
}

// mergedWorld is the arrangement that the design rejects: the same users and permissions, in one account, with one stream.
type mergedWorld struct {
	*world
	stream jetstream.Stream
}

func newMergedWorld(t *testing.T) mergedWorld {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), reg: registry(t, police, health)}
	var err error
	if w.creds, err = EnsureCreds(w.dir+"/creds", w.reg); err != nil {
		t.Fatal(err)
	}
	accounts, err := accountsOf(w.reg, w.creds)
	if err != nil {
		t.Fatal(err)
	}
	merged := account{name: "shared"}
	for _, a := range accounts {
		merged.users = append(merged.users, a.users...)
	}
	s, err := startServer(ServerOptions{Dir: w.dir + "/nats", Addr: "127.0.0.1:0", Logger: testLog(t)}, []account{merged})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	w.url = s.ClientURL()
	if w.bus, err = Connect(w.ctx(), Config{URL: w.url, Creds: w.creds, Registry: w.reg}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.bus.Close)
	stream, err := w.bus.links[police].js.CreateStream(w.ctx(), jetstream.StreamConfig{
		Name: StreamIn, Subjects: []string{"mash.in.*.*.v1"}, MaxBytes: 1 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	return mergedWorld{w, stream}
}

// TestReplyCannotTouchTheStreams is the same trick turned on the JetStream API of the attacker's own account: the body of
// a PubAck, {"stream":"IN","seq":7}, reads as "purge up to 7" and as "delete message 7".
func TestReplyCannotTouchTheStreams(t *testing.T) {
	for _, api := range []string{
		"$JS.API.STREAM.PURGE.IN", "$JS.API.STREAM.MSG.DELETE.IN", "$JS.API.STREAM.DELETE.IN", "$JS.API.STREAM.PURGE.RECEIPT",
		"$JS.API.STREAM.UPDATE.IN", "$JS.API.CONSUMER.DELETE.IN.intake", "$JS.API.CONSUMER.PAUSE.IN.intake",
		"$JS.API.CONSUMER.RESET.IN.intake",
	} {
		t.Run(api, func(t *testing.T) {
			w := newWorld(t, worldOptions{})
			if err := w.bus.PublishReceipt(w.ctx(), police, KindReceipt, nil, []byte("r")); err != nil {
				t.Fatal(err)
			}
			p := w.partner(police)
			p.request(InSubject(police, "contact"), nil, "first")
			injectByReply(t, p, InSubject(police, "contact"), api)
			seen := make(chan uint64, 8)
			w.subscribe(police, 8, func(d Delivery) { seen <- d.Sequence; _ = d.Ack() })
			for want := uint64(1); want <= 3; want++ {
				if got := receive(t, "message of IN", seen); got != want {
					t.Errorf("delivered message %d, want %d", got, want)
				}
			}
			receipts, err := w.bus.links[police].js.Stream(w.ctx(), StreamReceipt)
			if err != nil || receipts.CachedInfo().State.Msgs != 1 {
				t.Errorf("RECEIPT: %v, %+v; want its one message", err, receipts)
			}
		})
	}
}
