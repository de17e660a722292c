package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openmash/mash/services/agencies/publisher"
)

// These tests hold the partner's side (services/agencies/publisher) and the hub's to the same protocol.

func resendAfter(d time.Duration) func(*publisher.Options) {
	return func(o *publisher.Options) { o.ResendAfter = d }
}

func TestPublisherAndHubAgree(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		m := message("4711")
		m.ID, m.Source = `50% | "größe"`, "urn:a|b c"
		seen := make(chan Delivery, 1)
		w.subscribe(police, 4, func(d Delivery) { seen <- d; w.answer(d, KindReceipt) })
		a, err := w.publisher(police).Send(w.ctx(), m)
		if err != nil || a.Kind != publisher.KindReceipt || string(a.Data) != string(m.Data) {
			t.Fatalf("Send() = %+v, %v; want a receipt", a, err)
		}
		e, err := DecodeEnvelope(receive(t, "the message", seen).Header)
		want := Envelope{ID: m.ID, Source: m.Source, Type: m.Type, Time: m.Time, ContentType: m.ContentType}
		if err != nil || e != want {
			t.Errorf("the hub reads %+v, %v; want %+v", e, err, want)
		}
		if publisher.Answers != HeaderAnswers || publisher.KindReceipt != KindReceipt || publisher.KindRejection != KindRejection {
			t.Error("the publisher's words for answers are not the hub's")
		}
	})
}

func TestPublisherGetsRejections(t *testing.T) {
	w := newWorld(t, worldOptions{})
	w.subscribe(police, 4, func(d Delivery) { w.answer(d, KindRejection) })
	if a, err := w.publisher(police).Send(w.ctx(), message("1")); err != nil || a.Kind != publisher.KindRejection {
		t.Errorf("Send() = %+v, %v; want a rejection", a, err)
	}
}

func TestPublisherSendsAgainUntilTheReceipt(t *testing.T) {
	w := newWorld(t, worldOptions{})
	var deliveries atomic.Int32
	// The first two receipts are lost: the message is settled and nothing is said.
	w.subscribe(police, 4, func(d Delivery) {
		if deliveries.Add(1) < 3 {
			_ = d.Ack()
			return
		}
		w.answer(d, KindReceipt)
	})
	a, err := w.publisher(police, resendAfter(50*time.Millisecond)).Send(w.ctx(), message("1"))
	if err != nil || a.Kind != publisher.KindReceipt {
		t.Errorf("Send() = %+v, %v; want a receipt", a, err)
	}
	if got := deliveries.Load(); got < 3 {
		t.Errorf("the hub saw the message %d times, want at least 3", got)
	}
}

func TestPublisherManyInFlight(t *testing.T) {
	w := newWorld(t, worldOptions{})
	w.receiveAll(police)
	w.receiveAll(health)
	p, other := w.publisher(police), w.publisher(health)
	var all sync.WaitGroup
	for i := range 1000 {
		from := p
		if i%2 == 0 {
			from = other
		}
		m := message(fmt.Sprint(i))
		pending, err := from.SendAsync(w.ctx(), m)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			if a, err := pending.Answer(w.ctx()); err != nil || string(a.Data) != string(m.Data) {
				t.Errorf("message %d: answer %q, %v; want its own", i, a.Data, err)
			}
		})
	}
	all.Wait()
}

func TestTwoProcessesOfOneAgencyShareTheReceipts(t *testing.T) {
	w := newWorld(t, worldOptions{})
	w.receiveAll(police)
	first, second := w.publisher(police), w.publisher(police)
	var all sync.WaitGroup
	for i := range 20 {
		for name, p := range map[string]*publisher.Publisher{"first": first, "second": second} {
			all.Go(func() {
				if _, err := p.Send(w.ctx(), message(fmt.Sprint(name, i))); err != nil {
					t.Errorf("%s, message %d: %v", name, i, err)
				}
			})
		}
	}
	all.Wait()
}

func TestPublisherRefusals(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.publisher(police)
	large := message("large")
	large.Data = make([]byte, MaxMessage+1)
	if _, err := p.Send(w.ctx(), large); !errors.Is(err, publisher.ErrRefused) {
		t.Errorf("Send() of an oversized message = %v, want ErrRefused", err)
	}
	huge := message("huge")
	huge.Data = make([]byte, maxPayload+1)
	if _, err := p.Send(w.ctx(), huge); !errors.Is(err, publisher.ErrRefused) {
		t.Errorf("Send() beyond the server's payload = %v, want ErrRefused", err)
	}
	pending, err := p.SendAsync(w.ctx(), message("1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.SendAsync(w.ctx(), message("1")); !errors.Is(err, publisher.ErrInFlight) {
		t.Errorf("the same message twice at once = %v, want ErrInFlight", err)
	}
	// Nobody answers: the caller's patience ends it, and its place is free again.
	short, cancel := context.WithTimeout(w.ctx(), 20*time.Millisecond)
	defer cancel()
	if _, err := pending.Answer(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Answer() with nobody to answer = %v", err)
	}
	w.receiveAll(police)
	if _, err := p.Send(w.ctx(), message("1")); err != nil {
		t.Errorf("the next good message: %v", err)
	}
	last, err := p.SendAsync(w.ctx(), publisher.Message{Kind: "Contact"})
	if err == nil || last != nil {
		t.Errorf("a message with a bad kind = %v", err)
	}
}

func TestPublisherCloseEndsWhatWaits(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.publisher(police)
	pending, err := p.SendAsync(w.ctx(), message("1"))
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	if _, err := pending.Answer(w.ctx()); !errors.Is(err, publisher.ErrClosed) {
		t.Errorf("Answer() after Close = %v, want ErrClosed", err)
	}
	if _, err := p.Send(w.ctx(), message("2")); !errors.Is(err, publisher.ErrClosed) {
		t.Errorf("Send() after Close = %v, want ErrClosed", err)
	}
	p.Close()
}

func TestPublisherWaitsForRoom(t *testing.T) {
	w := newWorld(t, worldOptions{limits: Limits{In: 64 << 10}})
	agent := w.partner(police)
	for filler := make([]byte, 8<<10); ; {
		msg, err := agent.RequestMsg(&nats.Msg{Subject: InSubject(police, "contact"), Header: headers(t, envelope()), Data: filler}, patience)
		if err != nil {
			t.Fatal(err)
		}
		if len(msg.Data) > 0 && string(msg.Data[:8]) == `{"error"` {
			break
		}
	}
	pending, err := w.publisher(police, resendAfter(50*time.Millisecond)).SendAsync(w.ctx(), func() publisher.Message {
		m := message("1")
		m.Data = make([]byte, 8<<10)
		return m
	}())
	if err != nil {
		t.Fatal(err)
	}
	w.receiveAll(police)
	if a, err := pending.Answer(w.ctx()); err != nil || a.Kind != publisher.KindReceipt {
		t.Errorf("a message that found IN full: %+v, %v; want a receipt once there is room", a, err)
	}
}
