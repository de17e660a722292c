package eventstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// patience bounds a wait for what comes in milliseconds; nothing waits for it to pass.
const patience = 2 * time.Minute

// A follower runs a subscription and hands its batches to the test.
type follower struct {
	t       *testing.T
	batches chan Batch
	ended   chan error
	stop    context.CancelFunc
}

func follow(t *testing.T, s *Store, sub Subscription) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	f := &follower{t: t, batches: make(chan Batch), ended: make(chan error, 1), stop: cancel}
	sub.Handle = func(ctx context.Context, b Batch) error {
		select {
		case f.batches <- b:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	go func() { f.ended <- s.Subscribe(ctx, sub) }()
	t.Cleanup(func() {
		cancel()
		<-f.ended
	})
	return f
}

// until takes batches until enough is true of the one before.
func (f *follower) until(enough func(Batch) bool) []Recorded {
	f.t.Helper()
	deadline := time.After(patience)
	var events []Recorded
	for {
		select {
		case b := <-f.batches:
			events = append(events, b.Events...)
			if enough(b) {
				return events
			}
		case err := <-f.ended:
			f.ended <- err
			f.t.Fatalf("the subscription ended: %v", err)
		case <-deadline:
			f.t.Fatalf("nothing more came after %d events", len(events))
		}
	}
}

func (f *follower) err() error {
	f.t.Helper()
	for {
		select {
		case <-f.batches:
		case err := <-f.ended:
			f.ended <- err
			return err
		case <-time.After(patience):
			f.t.Fatal("the subscription goes on")
		}
	}
}

func caughtUp(b Batch) bool { return b.CaughtUp }

func at(p Position) func(Batch) bool { return func(b Batch) bool { return b.Position.Compare(p) >= 0 } }

func places(events []Recorded) []string {
	var names []string
	for _, r := range events {
		names = append(names, fmt.Sprintf("%s@%d", r.Stream, r.Revision))
	}
	return names
}

func TestSubscribeCatchesUpAndGoesOn(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	first := mustAppend(t, s, "contact-1", NoStream(), allocated("a"), &eventpb.ContactRated{Reason: narrative("why", "s1")})
	f := follow(t, s, Subscription{})
	got := f.until(caughtUp)
	if diff := cmp.Diff([]string{"hub-store@0", "contact-1@0", "contact-1@1"}, places(got)); diff != "" {
		t.Errorf("until caught up (-want +got):\n%s", diff)
	}
	if text := got[2].Message.(*eventpb.ContactRated).GetReason().GetOpen().GetText(); text != "why" {
		t.Errorf("a part: got %q, want it open", text)
	}
	next := mustAppend(t, s, "contact-2", NoStream(), allocated("b"))
	if diff := cmp.Diff([]string{"contact-2@0"}, places(f.until(at(next.Position)))); diff != "" {
		t.Errorf("live (-want +got):\n%s", diff)
	}

	after := follow(t, s, Subscription{After: first.Position, Sealed: true})
	if diff := cmp.Diff([]string{"contact-2@0"}, places(after.until(caughtUp))); diff != "" {
		t.Errorf("after the first contact (-want +got):\n%s", diff)
	}
	end := follow(t, s, Subscription{After: next.Position})
	if got := end.until(caughtUp); len(got) != 0 {
		t.Errorf("after the end: got %v, want nothing", places(got))
	}
	f.stop()
	if err := f.err(); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: got %v, want context.Canceled", err)
	}
}

func TestSubscribeLeavesPartsSealed(t *testing.T) {
	s := connect(t, startServer(t))
	mustAppend(t, s, "contact-1", NoStream(), &eventpb.ContactRated{Reason: narrative("why", "s1")})
	got := follow(t, s, Subscription{Sealed: true}).until(caughtUp)
	if part := got[1].Message.(*eventpb.ContactRated).GetReason(); part.GetSealed() == nil {
		t.Errorf("got %v, want it sealed", part)
	}
}

// TestSubscribeGetsPastTheStoresOwnEvents: whoever waits for a position must get there, though nothing is handed over.
func TestSubscribeGetsPastTheStoresOwnEvents(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	for range 3 {
		appendForeign(t, srv, "$settings", "$metadata", []byte("{}"), nil)
	}
	end, err := s.last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := follow(t, s, Subscription{})
	if diff := cmp.Diff([]string{"hub-store@0"}, places(f.until(at(end)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSubscribeToPrefixes(t *testing.T) {
	s := connect(t, startServer(t))
	f := follow(t, s, Subscription{Prefixes: []string{"contact-", "identifier-"}})
	mustAppend(t, s, "contact-1", NoStream(), allocated("a"))
	mustAppend(t, s, "quarantine-kent-police", NoStream(), allocated("b"))
	last := mustAppend(t, s, "identifier-9", NoStream(), allocated("c"))
	if diff := cmp.Diff([]string{"contact-1@0", "identifier-9@0"}, places(f.until(at(last.Position)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBatchesAreBounded feeds the batches by hand, too: how many events come together from the store is the machine's to say.
func TestBatchesAreBounded(t *testing.T) {
	s := connect(t, startServer(t))
	var last Appended
	for i := range 50 {
		last = mustAppend(t, s, fmt.Sprint("contact-", i), NoStream(), allocated("a"), allocated("b"))
	}
	follow(t, s, Subscription{MaxBatch: 7}).until(func(b Batch) bool {
		if len(b.Events) > 7 {
			t.Errorf("a batch has %d events, want 7 at the most", len(b.Events))
		}
		return at(last.Position)(b)
	})

	f := feed(t, s, 7, Subscription{Sealed: true}, 13)
	for _, want := range []int{7, 6} {
		if got := <-f.batches; len(got.Events) != want {
			t.Errorf("of a backlog of 13 a batch has %d events, want %d", len(got.Events), want)
		}
	}
	f.stop()
}

// fed are the batches of a queue that a test fills by hand.
type fed struct {
	t       *testing.T
	q       *queue
	n       uint64
	batches chan Batch
	stop    func()
}

// feed has so many events in the queue before anything is taken from it.
func feed(t *testing.T, s *Store, limit int, sub Subscription, events int) *fed {
	t.Helper()
	f := &fed{t: t, q: newQueue(limit), batches: make(chan Batch)}
	for range events {
		f.push()
	}
	f.q.push(t.Context(), item{mark: markLive})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.batch(ctx, f.q, sub, f.batches) }()
	f.stop = func() {
		t.Helper()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the end of the context", err)
		}
	}
	return f
}

func (f *fed) push() {
	f.t.Helper()
	metadata, err := meta().encode()
	if err != nil {
		f.t.Fatal(err)
	}
	f.n++
	f.q.push(f.t.Context(), item{event: &esdb.RecordedEvent{
		StreamID: "contact-1", EventNumber: f.n - 1, EventType: typeOf(allocated("")), Position: esdb.Position{Commit: f.n}, UserMetadata: metadata,
	}})
}

// TestBatchesGrowUnderLoad: after a batch of many events, what comes a moment apart goes out together.
func TestBatchesGrowUnderLoad(t *testing.T) {
	const many = 30_001 // so many milliseconds the next batch waits, unless it is told that waiting gains nothing
	f := feed(t, connect(t, startServer(t)), 2*many, Subscription{Sealed: true, Linger: time.Minute}, many)
	if got := <-f.batches; len(got.Events) != many || !got.CaughtUp {
		t.Fatalf("first batch: got %d events, caught up %t; want all %d", len(got.Events), got.CaughtUp, many)
	}
	f.push()
	for range 10_000 { // every chance to take the first of the two by itself
		runtime.Gosched()
	}
	f.push()
	f.q.push(t.Context(), item{mark: markLive})
	if got := <-f.batches; len(got.Events) != 2 {
		t.Errorf("second batch: got %d events, want both that came", len(got.Events))
	}
	f.stop()
}

func TestHandlersErrorEndsTheSubscription(t *testing.T) {
	s := connect(t, startServer(t))
	broken := errors.New("the database is gone")
	calls := 0
	err := s.Subscribe(t.Context(), Subscription{Handle: func(context.Context, Batch) error { calls++; return broken }})
	if err != broken || calls != 1 {
		t.Errorf("got %v after %d calls, want the handler's own error after 1", err, calls)
	}
}

func TestUnknownEventEndsTheSubscription(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	before := mustAppend(t, s, "contact-1", NoStream(), allocated("a"))
	appendForeign(t, srv, "contact-1", "mash.event.v9.Unheard", nil, []byte("{}"))
	f := follow(t, s, Subscription{})
	if got := places(f.until(at(before.Position))); !slices.Contains(got, "contact-1@0") {
		t.Errorf("what came before it: got %v", got)
	}
	if err := f.err(); !errors.Is(err, ErrUnknownEvent) {
		t.Errorf("got %v, want ErrUnknownEvent", err)
	}
}

// TestSubscriptionSurvivesRestarts stops and starts the store while events are written, and counts.
func TestSubscriptionSurvivesRestarts(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	f := follow(t, s, Subscription{MaxBatch: 10})
	got := f.until(caughtUp)
	want := []string{"hub-store@0"}
	for round := range 4 {
		stream := fmt.Sprint("contact-", round)
		var last Appended
		for i := range 30 {
			want = append(want, fmt.Sprintf("%s@%d", stream, i))
			last = retryAppend(t, s, stream, i)
		}
		if round%2 == 0 { // once when everything was handed over, once in the middle
			got = append(got, f.until(at(last.Position))...)
		}
		srv.stop()
		srv.start()
		if round%2 == 1 {
			got = append(got, f.until(at(last.Position))...)
		}
	}
	if diff := cmp.Diff(want, places(got)); diff != "" {
		t.Errorf("lost or repeated (-want +got):\n%s", diff)
	}
}

// retryAppend appends event i of a stream, again while the store is away.
func retryAppend(t *testing.T, s *Store, stream string, i int) Appended {
	t.Helper()
	expected := NoStream()
	if i > 0 {
		expected = Exactly(uint64(i - 1))
	}
	event := Event{uuid.NewSHA1(uuid.Nil, fmt.Append(nil, stream, i)), allocated("a")}
	for {
		at, err := s.Append(t.Context(), stream, expected, meta(), event)
		if err == nil {
			return at
		}
		if !errors.Is(err, ErrUnavailable) {
			t.Fatalf("append %s %d: %v", stream, i, err)
		}
	}
}

func TestPositionOfAnotherStoreIsRefused(t *testing.T) {
	one, two := connect(t, startServer(t)), connect(t, startServer(t))
	at := mustAppend(t, one, "contact-1", NoStream(), allocated("a")).Position
	if err := follow(t, two, Subscription{After: at}).err(); !errors.Is(err, ErrOtherStore) {
		t.Errorf("got %v, want ErrOtherStore", err)
	}
}

// TestStorePutInAnothersPlace swaps the store while a subscription follows it: nothing of the new one is handed over as
// if it followed what was there.
func TestStorePutInAnothersPlace(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	f := follow(t, s, Subscription{})
	f.until(caughtUp)
	srv.stop()
	srv.dir = t.TempDir()
	srv.start()
	other := connect(t, srv)
	for i := range 5 {
		mustAppend(t, other, fmt.Sprint("contact-", i), NoStream(), allocated("a"))
	}
	if err := f.err(); !errors.Is(err, ErrOtherStore) {
		t.Errorf("got %v, want ErrOtherStore", err)
	}
}

func TestPositionBeyondTheEndIsRefused(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	srv.stop()
	backup := t.TempDir()
	if err := os.CopyFS(backup, os.DirFS(srv.dir)); err != nil {
		t.Fatal(err)
	}
	srv.start()
	last := retryAppend(t, s, "contact-1", 0)
	srv.stop()
	srv.dir = backup // a restore
	srv.start()
	if err := follow(t, s, Subscription{After: last.Position}).err(); !errors.Is(err, ErrBeyondEnd) {
		t.Errorf("got %v, want ErrBeyondEnd", err)
	}
}

func TestCloseEndsSubscriptions(t *testing.T) {
	s := connect(t, startServer(t))
	f := follow(t, s, Subscription{})
	f.until(caughtUp)
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := f.err(); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}
