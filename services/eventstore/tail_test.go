package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
