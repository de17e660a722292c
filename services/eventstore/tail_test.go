package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// joined appends until so many subscriptions share the tail, and takes what comes of that off the followers' hands.
func joined(t *testing.T, s *Store, n int, followers ...*follower) {
	t.Helper()
	users := 0
	for range 1000 {
		s.tails.mu.Lock()
		users = s.tails.users
		s.tails.mu.Unlock()
		if users == n {
			return
		}
		last := mustAppend(t, s, "contact-joining-"+uuid.NewString(), NoStream(), allocated("a"))
		for _, f := range followers {
			f.until(at(last.Position))
		}
	}
	t.Fatalf("%d subscriptions share the tail, want %d", users, n)
}

func TestLiveSubscriptionsShareOneTail(t *testing.T) {
	s := connect(t, startServer(t))
	mustAppend(t, s, "contact-0", NoStream(), &eventpb.ContactRated{Reason: narrative("why", "s1")})
	all, sealed := follow(t, s, Subscription{}), follow(t, s, Subscription{Sealed: true})
	some := follow(t, s, Subscription{Sealed: true, Prefixes: []string{"contact-1", "contact-joining"}})
	followers := []*follower{all, sealed, some}
	for _, f := range followers {
		f.until(caughtUp)
	}
	joined(t, s, 3, followers...)
	var last Appended
	var want []string
	for i := range 50 {
		want = append(want, fmt.Sprintf("contact-%d@0", i+100))
		last = mustAppend(t, s, fmt.Sprint("contact-", i+100), NoStream(), &eventpb.ContactRated{Reason: narrative("why", "s1")})
	}
	got := make([][]Recorded, len(followers))
	for i, f := range followers {
		got[i] = f.until(at(last.Position))
		if diff := cmp.Diff(want, places(got[i])); diff != "" {
			t.Errorf("subscription %d (-want +got):\n%s", i, diff)
		}
	}
	for i, r := range got[0] {
		if r.Message.(*eventpb.ContactRated).GetReason().GetOpen().GetText() != "why" {
			t.Fatalf("who asks for parts to be opened has %v", r.Message)
		}
		shared := got[1][i].Message
		if shared.(*eventpb.ContactRated).GetReason().GetSealed() == nil || shared != got[2][i].Message {
			t.Fatalf("who asks for sealed parts has %v and %v, want one sealed message for both", shared, got[2][i].Message)
		}
		if stored, err := UnmarshalEvent(r.Type, r.Raw); err != nil || !proto.Equal(stored, shared) {
			t.Fatalf("the shared message is %v, stored is %v (%v)", shared, stored, err)
		}
	}
}

// A reader that the tail has passed catches up alone, and joins again; nobody waits for it.
func TestASlowReaderIsPassedAndMissesNothing(t *testing.T) {
	s := connect(t, startServer(t))
	s.tails.events = 10
	fast, slow := follow(t, s, Subscription{Sealed: true}), follow(t, s, Subscription{Sealed: true, MaxBatch: 3})
	fast.until(caughtUp)
	slow.until(caughtUp)
	joined(t, s, 2, fast, slow)
	for round := range 3 {
		var want []string
		var last Appended
		for i := range 40 {
			stream := fmt.Sprintf("contact-%d-%d", round, i)
			want = append(want, stream+"@0")
			last = mustAppend(t, s, stream, NoStream(), allocated("a"))
		}
		if diff := cmp.Diff(want, places(fast.until(at(last.Position)))); diff != "" {
			t.Errorf("round %d: the fast one (-want +got):\n%s", round, diff)
		}
		if diff := cmp.Diff(want, places(slow.until(at(last.Position)))); diff != "" {
			t.Errorf("round %d: the slow one (-want +got):\n%s", round, diff)
		}
	}
	joined(t, s, 2, fast, slow)
}

// Who begins in the middle of the record, before or within what the tail holds, comes to share it while events are added,
// and gets every event after its position once and in order.
func TestSubscriptionsJoinATailFromAnywhere(t *testing.T) {
	s := connect(t, startServer(t))
	s.tails.events = 20
	first := follow(t, s, Subscription{Sealed: true})
	first.until(caughtUp)
	joined(t, s, 1, first)
	const before, more = 60, 300
	var want []string
	for i := range before + more {
		want = append(want, fmt.Sprintf("contact-%d@0", i))
	}
	var positions []Position
	for i := range before {
		positions = append(positions, mustAppend(t, s, fmt.Sprint("contact-", i), NoStream(), allocated("a")).Position)
	}
	first.until(at(positions[before-1]))

	type beginning struct {
		*follower
		after int
	}
	all := []beginning{{first, before - 1}}
	for _, after := range []int{0, 30, 39, 45, before - 1} {
		all = append(all, beginning{follow(t, s, Subscription{After: positions[after], Sealed: true, MaxBatch: 3}), after})
	}
	written := make(chan error, 1)
	go func() {
		var err error
		for i := before; i < before+more && err == nil; i++ {
			event := Event{uuid.New(), allocated("a")}
			_, err = s.Append(context.Background(), fmt.Sprint("contact-", i), NoStream(), meta(), event)
		}
		written <- err
	}()
	last := fmt.Sprint("contact-", before+more-1)
	ended := func(b Batch) bool {
		return slices.ContainsFunc(b.Events, func(r Recorded) bool { return r.Stream == last })
	}
	for _, f := range all {
		if diff := cmp.Diff(want[f.after+1:], places(f.until(ended))); diff != "" {
			t.Errorf("after contact-%d (-want +got):\n%s", f.after, diff)
		}
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	var followers []*follower
	for _, f := range all {
		followers = append(followers, f.follower)
	}
	joined(t, s, len(followers), followers...)
}

// The tail holds no more bytes than it may, whatever it holds in events; who was passed for that misses nothing either.
func TestATailIsBoundedInBytes(t *testing.T) {
	s := connect(t, startServer(t))
	s.tails.bytes = 10 << 10
	f := follow(t, s, Subscription{Sealed: true})
	f.until(caughtUp)
	joined(t, s, 1, f)
	var want []string
	var last Appended
	for i := range 40 {
		want = append(want, fmt.Sprintf("contact-%d@0", i))
		last = mustAppend(t, s, fmt.Sprint("contact-", i), NoStream(), allocated(strings.Repeat("x", 2<<10)))
	}
	if diff := cmp.Diff(want, places(f.until(at(last.Position)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	joined(t, s, 1, f)
	s.tails.mu.Lock()
	defer s.tails.mu.Unlock()
	of := s.tails.current
	of.mu.Lock()
	defer of.mu.Unlock()
	held := 0
	for _, r := range of.events {
		held += storedBytes(r)
	}
	if held != of.bytes || held > s.tails.bytes {
		t.Errorf("the tail holds %d bytes and counts %d, want at most %d", held, of.bytes, s.tails.bytes)
	}
}

// Close ends all who share a tail, and the tail with them.
func TestCloseEndsATail(t *testing.T) {
	s := connect(t, startServer(t))
	followers := []*follower{follow(t, s, Subscription{}), follow(t, s, Subscription{Sealed: true})}
	for _, f := range followers {
		f.until(caughtUp)
	}
	joined(t, s, len(followers), followers...)
	s.tails.mu.Lock()
	of := s.tails.current
	s.tails.mu.Unlock()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	of.mu.Lock()
	if of.ended == nil {
		t.Error("the tail goes on after Close")
	}
	of.mu.Unlock()
	for i, f := range followers {
		if err := f.err(); !errors.Is(err, ErrClosed) {
			t.Errorf("subscription %d: got %v, want ErrClosed", i, err)
		}
	}
}

// An event that nobody knows ends those that follow it, and not those that share a tail with them.
func TestAnUnknownEventEndsOnlyWhomItConcerns(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	concerned := follow(t, s, Subscription{Sealed: true})
	other := follow(t, s, Subscription{Sealed: true, Prefixes: []string{"contact-"}})
	concerned.until(caughtUp)
	other.until(caughtUp)
	joined(t, s, 2, concerned, other)
	mustAppend(t, s, "contact-1", NoStream(), allocated("a"))
	appendForeign(t, srv, "pathway-1", "mash.event.v9.Unheard", nil, []byte("{}"))
	last := mustAppend(t, s, "contact-2", NoStream(), allocated("b"))
	if got := places(other.until(at(last.Position))); !slices.Equal(got, []string{"contact-1@0", "contact-2@0"}) {
		t.Errorf("who does not follow its stream got %v", got)
	}
	if err := concerned.err(); !errors.Is(err, ErrUnknownEvent) {
		t.Errorf("who follows its stream ends with %v, want ErrUnknownEvent", err)
	}
	joined(t, s, 1, other)
}

// The last to leave ends the tail; another begins with the next.
func TestTheTailEndsWithItsLastSubscription(t *testing.T) {
	s := connect(t, startServer(t))
	for range 3 {
		f := follow(t, s, Subscription{})
		f.until(caughtUp)
		joined(t, s, 1, f)
		f.stop()
		if err := f.err(); !errors.Is(err, context.Canceled) {
			t.Errorf("stopped: got %v, want context.Canceled", err)
		}
		s.tails.mu.Lock()
		if s.tails.current != nil || s.tails.users != 0 {
			t.Errorf("a tail with %d subscriptions is left", s.tails.users)
		}
		s.tails.mu.Unlock()
		s.tails.running.Wait()
	}
}

// While the store is away and back, again and again, every subscription of a tail goes on where it was.
func TestATailSurvivesRestarts(t *testing.T) {
	srv := startServer(t)
	s := connect(t, srv)
	var followers []*follower
	for range 3 {
		followers = append(followers, follow(t, s, Subscription{Sealed: true, MaxBatch: 7}))
	}
	for _, f := range followers {
		f.until(caughtUp)
	}
	joined(t, s, len(followers), followers...)
	for round := range 3 {
		stream := fmt.Sprint("contact-", round)
		var want []string
		var last Appended
		for i := range 20 {
			if i == 10 {
				srv.stop()
				srv.start()
			}
			want = append(want, fmt.Sprintf("%s@%d", stream, i))
			last = retryAppend(t, s, stream, i)
		}
		for i, f := range followers {
			if diff := cmp.Diff(want, places(f.until(at(last.Position)))); diff != "" {
				t.Errorf("round %d, subscription %d (-want +got):\n%s", round, i, diff)
			}
		}
	}
	joined(t, s, len(followers), followers...)
}
