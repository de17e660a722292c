package bus

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/openmash/mash/services/agencies/publisher"
)

func TestAgencyMayPublishNothingElse(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		p := w.partner(police)
		for _, subject := range []string{
			// Another's subject, the hub's, another version, another depth.
			InSubject(health, "contact"), OutSubject(police, KindReceipt), OutSubject(police, KindOutcome),
			"mash.in.kent-police.contact.v2", "mash.in.kent-police.contact", "mash.in.kent-police.a.b.v1",
			// Streams and consumers.
			"$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.INFO.IN", "$JS.API.STREAM.CREATE.MINE",
			"$JS.API.STREAM.UPDATE.IN", "$JS.API.STREAM.DELETE.IN", "$JS.API.STREAM.PURGE.RECEIPT", "$JS.API.STREAM.MSG.DELETE.IN",
			"$JS.API.STREAM.MSG.GET.IN", "$JS.API.DIRECT.GET.IN", "$JS.API.STREAM.SNAPSHOT.IN",
			"$JS.API.CONSUMER.CREATE.RECEIPT", "$JS.API.CONSUMER.CREATE.RECEIPT.mine", "$JS.API.CONSUMER.DURABLE.CREATE.IN.mine",
			"$JS.API.CONSUMER.DELETE.RECEIPT.receipts", "$JS.API.CONSUMER.RESET.RECEIPT.receipts",
			"$JS.API.CONSUMER.MSG.NEXT.IN.intake", "$JS.API.CONSUMER.INFO.IN.intake", "$JS.ACK.IN.intake.1.1.1.1.0",
			"$JS.API.CONSUMER.MSG.NEXT.RECEIPT.out",
			// Inboxes and the system.
			hubInbox + ".x", inboxOf(health) + ".x", inboxOf(police) + ".x", "$SYS.REQ.SERVER.PING", "anything",
		} {
			if err := p.Publish(subject, nil); err != nil {
				t.Fatal(err)
			}
			p.denied(subject)
		}
		if got := w.depth(police).Messages + w.depth(health).Messages; got != 0 {
			t.Errorf("%d messages on IN, want none", got)
		}
		if ack := p.request(InSubject(police, "contact"), nil, "good"); !strings.Contains(ack, `"seq":1`) {
			t.Errorf("the next good message got %s", ack)
		}
	})
}

func TestAgencyMaySubscribeToNothingElse(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		p := w.partner(police)
		for _, subject := range []string{
			">", "*", "mash.>", "mash.out.kent-police.>", OutSubject(police, KindReceipt), InSubject(police, "contact"),
			InSubject(health, "contact"), "_INBOX.>", inboxOf(health) + ".>", hubInbox + ".>", "$JS.>", "$JS.EVENT.>", "$SYS.>",
		} {
			if _, err := p.SubscribeSync(subject); err != nil {
				t.Fatal(err)
			}
			p.denied(subject)
		}
		if ack := p.request(InSubject(police, "contact"), nil, "good"); !strings.Contains(ack, `"seq":1`) {
			t.Errorf("the next good message got %s", ack)
		}
	})
}

func TestOnlyKnownKeysConnect(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		if _, err := nats.Connect(w.url); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("without a key: %v, want an authorization violation", err)
		}
		if _, err := nats.Connect(w.url, nats.UserInfo("kent-police", "kent-police")); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("with a password: %v, want an authorization violation", err)
		}
		stranger, err := EnsureCreds(t.TempDir(), w.reg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dialPartner(t, w.url, police, stranger.AgencyFile(police)); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("with another key: %v, want an authorization violation", err)
		}
		if _, err := Connect(w.ctx(), Config{URL: w.url, Creds: stranger, Registry: w.reg}); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("a hub with other keys: %v, want an authorization violation at once", err)
		}
	})
}

func TestHeadersGiveNoPowerOverTheStream(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		p := w.partner(police)
		subject := InSubject(police, "contact")
		p.request(subject, nil, "first")
		for name, value := range map[string]string{
			"Nats-Rollup": "all", "Nats-TTL": "1s", "Nats-Schedule": "@every 1s", "Nats-Incr": "+1", "Nats-Batch-Id": "b",
			"Nats-Expected-Stream": "OUT", "Nats-Expected-Last-Sequence": "99",
		} {
			if answer := p.request(subject, nats.Header{name: {value}}, "x"); !strings.Contains(answer, `"error"`) {
				t.Errorf("a message with %s is answered %s, want an error", name, answer)
			}
		}
		if got := w.depth(police).Messages; got != 1 {
			t.Errorf("%d messages on IN, want the first alone", got)
		}
		p.request(subject, nil, "next")
		if got := w.depth(police).Messages; got != 2 {
			t.Errorf("%d messages on IN after the next good one, want 2", got)
		}
	})
}

func TestSizeAndFullStreamRefuse(t *testing.T) {
	limits := Limits{In: 1 << 20}
	forEachServer(t, worldOptions{limits: limits}, func(t *testing.T, w *world) {
		p := w.partner(police)
		subject := InSubject(police, "contact")
		if answer := p.request(subject, nil, strings.Repeat("x", MaxMessage+1)); !strings.Contains(answer, "10054") {
			t.Errorf("an oversized message is answered %s, want error 10054", answer)
		}
		large, stored := strings.Repeat("x", MaxMessage-1024), uint64(0)
		var answer string
		for stored < 10 {
			if answer = p.request(subject, nil, large); strings.Contains(answer, `"error"`) {
				break
			}
			stored++
		}
		if !strings.Contains(answer, "maximum bytes exceeded") || stored == 0 {
			t.Errorf("after %d messages a full IN answers %s", stored, answer)
		}
		if got := w.depth(police).Messages; got != stored {
			t.Errorf("a full IN holds %d messages, want all %d that were acknowledged", got, stored)
		}
		// One agency's flood is its own.
		w.partner(health).request(InSubject(health, "contact"), nil, "x")
		if err := w.bus.RepublishIn(w.ctx(), police, subject, nil, []byte(large)); !errors.Is(err, ErrFull) {
			t.Errorf("RepublishIn() on a full IN = %v, want ErrFull", err)
		}
		// When intake has settled them there is room again.
		w.subscribe(police, 8, func(d Delivery) { _ = d.Ack() })
		eventually(t, "IN is empty", func() bool { return w.depth(police).Messages == 0 })
		p.request(subject, nil, large)
	})
}

func TestUnknownKindReachesTheHub(t *testing.T) {
	w := newWorld(t, worldOptions{})
	w.partner(police).request("mash.in.kent-police.nobody-knows-this.v1", nil, "x")
	seen := make(chan Delivery, 1)
	w.subscribe(police, 1, func(d Delivery) { seen <- d; _ = d.Ack() })
	agency, kind, err := ParseInSubject(receive(t, "the message", seen).Subject)
	if err != nil || agency != police || kind != "nobody-knows-this" {
		t.Errorf("ParseInSubject() = %q, %q, %v", agency, kind, err)
	}
}

func TestPublisherSaysPermissionDenied(t *testing.T) {
	w := newWorld(t, worldOptions{})
	_, err := publisher.Dial(publisher.Options{URL: w.url, Agency: health, SeedFile: w.creds.AgencyFile(police)})
	if !errors.Is(err, publisher.ErrPermission) {
		t.Errorf("Dial() as health with police's seed = %v, want ErrPermission", err)
	}
}
