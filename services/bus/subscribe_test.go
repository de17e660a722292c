package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

func TestDeliveryCarriesTheMessage(t *testing.T) {
	w := newWorld(t, worldOptions{})
	before := time.Now().Add(-time.Minute)
	w.partner(police).request(InSubject(police, "contact"), nats.Header{"ce-id": {"1"}}, "data")
	seen := make(chan Delivery, 1)
	w.subscribe(police, 1, func(d Delivery) { seen <- d })
	d := receive(t, "the message", seen)
	if d.Agency != police || d.Subject != InSubject(police, "contact") || d.Header.Get("ce-id") != "1" || string(d.Data) != "data" ||
		d.Sequence != 1 || d.NumDelivered != 1 || d.Timestamp.Before(before) {
		t.Errorf("delivery = %+v", d)
	}
	if err := d.InProgress(); err != nil {
		t.Errorf("InProgress() = %v", err)
	}
	if got := w.depth(police); got.Messages != 1 || got.Unsettled != 1 || got.Undelivered != 0 {
		t.Errorf("InDepth() while it is handled = %+v", got)
	}
	if err := d.AckSync(w.ctx()); err != nil {
		t.Errorf("AckSync() = %v", err)
	}
	if got := w.depth(police); got.Messages != 0 || got.Unsettled != 0 || !got.Oldest.IsZero() {
		t.Errorf("InDepth() when it is settled = %+v", got)
	}
}

func TestNakComesAgainAndTermDoesNot(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.partner(police)
	for _, data := range []string{"tomorrow", "later", "never", "fine"} {
		p.request(InSubject(police, "contact"), nil, data)
	}
	order := make(chan string, 8)
	w.subscribe(police, 1, func(d Delivery) {
		order <- fmt.Sprintf("%s %d", d.Data, d.NumDelivered)
		switch {
		case string(d.Data) == "tomorrow":
			_ = d.Nak(24 * time.Hour)
		case string(d.Data) == "later" && d.NumDelivered == 1:
			_ = d.Nak(time.Millisecond)
		case string(d.Data) == "never":
			_ = d.Term("cannot be accepted")
		default:
			_ = d.Ack()
		}
	})
	// One that waits holds up nobody. Where "later" comes again among those behind it is left open.
	var first, again []string
	for range 5 {
		if got := receive(t, "another delivery", order); strings.HasSuffix(got, " 1") {
			first = append(first, got)
		} else {
			again = append(again, got)
		}
	}
	if want := []string{"tomorrow 1", "later 1", "never 1", "fine 1"}; !slices.Equal(first, want) || !slices.Equal(again, []string{"later 2"}) {
		t.Errorf("delivered %q and again %q, want %q and later a second time", first, again, want)
	}
	eventually(t, "IN holds what waits for tomorrow alone", func() bool { return w.depth(police).Messages == 1 })
}

func TestSubscribeBoundsWhatIsInFlight(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.partner(police)
	const messages, places = 12, 3
	for i := range messages {
		p.request(InSubject(police, "contact"), nil, fmt.Sprint(i))
	}
	handed := make(chan Delivery, messages)
	var calls atomic.Int32
	w.subscribe(police, places, func(d Delivery) {
		if calls.Add(1) > 1 {
			t.Error("two calls of the handler at once")
		}
		handed <- d
		calls.Add(-1)
	})
	held := make([]Delivery, 0, places)
	for range places {
		held = append(held, receive(t, "a message", handed))
	}
	// The rest waits until one of these is settled: at each moment three are out and none more in the channel.
	for i := places; i < messages; i++ {
		if len(handed) != 0 {
			t.Fatalf("a message beyond the %d places was handed over", places)
		}
		if err := held[0].Ack(); err != nil {
			t.Fatal(err)
		}
		next := receive(t, "the next message", handed)
		if got, want := string(next.Data), fmt.Sprint(i); got != want {
			t.Errorf("delivered %s, want %s: order within an agency", got, want)
		}
		held = append(held[1:], next)
	}
}

func TestStopGivesBackWhatWasNotHandedOver(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.partner(police)
	const messages = 20
	for i := range messages {
		p.request(InSubject(police, "contact"), nil, fmt.Sprint(i))
	}
	w.ackWaitOfADay(police, StreamIn, ConsumerIntake)
	entered, leave := make(chan Delivery), make(chan struct{})
	var handled atomic.Int32
	stop := w.subscribe(police, messages, func(d Delivery) {
		handled.Add(1)
		entered <- d
		<-leave
	})
	d := receive(t, "the first", entered)
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	select {
	case <-stopped:
		t.Error("stop returned while the handler was running")
	case <-time.After(50 * time.Millisecond):
	}
	close(leave)
	receive(t, "end of stop", stopped)
	if got := handled.Load(); got != 1 {
		t.Errorf("%d messages handed over, want the one before stop", got)
	}
	// Settling is possible after stop, and another runner gets all the others at once, not after ackWait, which is a day here.
	if err := d.AckSync(w.ctx()); err != nil {
		t.Errorf("AckSync() after stop = %v", err)
	}
	var mu sync.Mutex
	seen := map[uint64]bool{}
	w.subscribe(police, 4, func(d Delivery) {
		mu.Lock()
		seen[d.Sequence] = true
		mu.Unlock()
		_ = d.Ack()
	})
	eventually(t, "another runner has the rest", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(seen) == messages-1 && !seen[d.Sequence]
	})
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("the life of a hub", func(t *testing.T) {
		w := newWorld(t, worldOptions{})
		w.receiveAll(police)
		if _, err := w.publisher(police).Send(w.ctx(), message("1")); err != nil {
			t.Fatal(err)
		}
	})
	var left error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if left = goleak.Find(before); left == nil {
			return
		}
	}
	t.Error(left)
}

func TestSubscribeRefusals(t *testing.T) {
	w := newWorld(t, worldOptions{})
	for _, tt := range []struct {
		agency string
		places int
	}{{"nobody", 1}, {police, 0}} {
		if stop, err := w.bus.Subscribe(tt.agency, tt.places, func(Delivery) {}); err == nil {
			stop()
			t.Errorf("Subscribe(%s, %d) succeeded", tt.agency, tt.places)
		}
	}
}

// sendOut starts a message of OUT and waits for it.
func (w *world) sendOut(agency, kind, id string, behind Behind) (uint64, error) {
	p, err := w.bus.StartOut(w.ctx(), agency, kind, nats.Header{HeaderID: {id}}, []byte(id), behind)
	if err != nil {
		return 0, err
	}
	return p.Wait(w.ctx())
}

func TestOutIsFenced(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		w.remember(police, StreamOut)
		for _, tt := range []struct {
			what, id string
			behind   Behind
			want     uint64 // 0: it is refused
		}{
			{"the first", "a", Behind{}, 1},
			{"a second writer's", "b", Behind{}, 0},
			{"the next", "c", Behind{Sequence: 1}, 2},
			{"one behind the next, by its id", "d", Behind{2, "c"}, 3},
			// What another writer stored has the sequence of the message that this one was to follow.
			{"one behind a message that is not there", "e", Behind{3, "x"}, 0},
			{"the last again", "d", Behind{Sequence: 3}, 0},
		} {
			got, err := w.sendOut(police, KindOutcome, tt.id, tt.behind)
			if got != tt.want || tt.want == 0 && !errors.Is(err, ErrWrongSequence) {
				t.Errorf("%s: stored at %d (%v), want %d; 0 is ErrWrongSequence", tt.what, got, err, tt.want)
			}
		}
	})
}

// Messages that are started without waiting lie in OUT in their order; one that is refused takes those behind it with it.
func TestOutIsPublishedOneBehindTheOther(t *testing.T) {
	forEachServer(t, worldOptions{}, func(t *testing.T, w *world) {
		var all []*Publication
		last := ""
		for i := range 10 {
			id := fmt.Sprint(i)
			behind := Behind{uint64(i), last}
			if i == 7 {
				behind.Sequence = 99
			}
			p, err := w.bus.StartOut(w.ctx(), police, KindOutcome, nats.Header{HeaderID: {id}}, []byte(id), behind)
			if err != nil {
				t.Fatal(err)
			}
			all, last = append(all, p), id
		}
		for i, p := range all {
			seq, err := p.Wait(w.ctx())
			if want := uint64(i + 1); i < 7 && (seq != want || err != nil) {
				t.Errorf("message %d: stored at %d (%v), want %d", i, seq, err, want)
			}
			if i >= 7 && !errors.Is(err, ErrWrongSequence) {
				t.Errorf("message %d: stored at %d (%v), want ErrWrongSequence: the 7th was refused", i, seq, err)
			}
		}
	})
}

func TestPublishRefusals(t *testing.T) {
	w := newWorld(t, worldOptions{})
	for name, try := range map[string]func() error{
		"kind of OUT as a receipt": func() error { return w.bus.PublishReceipt(w.ctx(), police, KindOutcome, nil, nil) },
		"kind that breaks out":     func() error { return w.bus.PublishReceipt(w.ctx(), police, "receipt.v1\r\nPUB x 0\r\n", nil, nil) },
		"receipt for nobody":       func() error { return w.bus.PublishReceipt(w.ctx(), "nobody", KindReceipt, nil, nil) },
		"receipt on OUT": func() error {
			_, err := w.bus.StartOut(w.ctx(), police, KindReceipt, nil, nil, Behind{})
			return err
		},
		"another's subject": func() error { return w.bus.RepublishIn(w.ctx(), police, InSubject(health, "contact"), nil, nil) },
		"no subject of IN":  func() error { return w.bus.RepublishIn(w.ctx(), police, OutSubject(police, KindReceipt), nil, nil) },
	} {
		if err := try(); err == nil {
			t.Errorf("%s: published", name)
		}
	}
	err := w.bus.RepublishIn(w.ctx(), police, InSubject(police, "contact"), nil, make([]byte, MaxMessage+1))
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("RepublishIn() of an oversized message = %v, want ErrTooLarge", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.bus.PublishReceipt(ended, police, KindReceipt, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("PublishReceipt() under an ended context = %v", err)
	}
}

// TestFullReceiptsForgetTheOldest: an agency that reads no receipts must not stop its own contacts.
func TestFullReceiptsForgetTheOldest(t *testing.T) {
	w := newWorld(t, worldOptions{limits: Limits{Receipt: 64 << 10}})
	for range 40 {
		if err := w.bus.PublishReceipt(w.ctx(), police, KindReceipt, nil, make([]byte, 4<<10)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := w.bus.links[police].js.Stream(w.ctx(), StreamReceipt)
	if err != nil {
		t.Fatal(err)
	}
	if state := s.CachedInfo().State; state.LastSeq != 40 || state.Msgs == 40 || state.Bytes > 64<<10 {
		t.Errorf("RECEIPT holds %d messages up to %d in %d bytes, want the newest of 40 within 64 KiB", state.Msgs, state.LastSeq, state.Bytes)
	}
}
