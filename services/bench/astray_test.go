package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// TestAstrayContactsAreFound bends one thing at a time in an account that is in order: each must be told.
func TestAstrayContactsAreFound(t *testing.T) {
	for _, tt := range []struct {
		name string
		bend func(a *account, l *ledger, states map[string][]string)
		want string
	}{
		{"in order", func(*account, *ledger, map[string][]string) {}, ""},
		{"a receipt that never came", func(a *account, _ *ledger, _ map[string][]string) { delete(a.receipts, "c1") }, "no receipt"},
		{"another's receipt", func(a *account, _ *ledger, _ map[string][]string) { a.receipts["c1"].ContactId = "c2" }, "of another"},
		{"an event that was lost", func(_ *account, l *ledger, _ map[string][]string) { delete(l.events, "e1") }, "0 times"},
		{"an event that is there twice", func(_ *account, l *ledger, _ map[string][]string) { l.events["e1"]++ }, "2 times"},
		{"a second arrival", func(_ *account, l *ledger, _ map[string][]string) { l.arrivals["c1"]++ }, "received 2 times"},
		{"no row", func(_ *account, _ *ledger, s map[string][]string) { delete(s, "c1") }, "0 rows"},
		{"two rows", func(_ *account, _ *ledger, s map[string][]string) { s["c1"] = append(s["c1"], duplicate) }, "2 rows"},
		{"out of the queue for no reason", func(_ *account, _ *ledger, s map[string][]string) { s["c1"] = []string{passedAcross} }, "nothing on record"},
		{"in the queue though it left", func(_ *account, l *ledger, _ map[string][]string) { l.left["c1"] = duplicate }, "shown as unrated"},
		{"a link that is not on record", func(a *account, _ *ledger, _ map[string][]string) { a.linked["c1"] = "c2" }, "does not say so"},
	} {
		a := &account{receipts: map[string]*intakepb.Receipt{"c1": {ContactId: "c1", EventId: "e1"}}, linked: map[string]string{}}
		l := &ledger{events: map[string]int{"e1": 1}, arrivals: map[string]int{"c1": 1}, left: map[string]string{}}
		states := map[string][]string{"c1": {"unrated"}}
		tt.bend(a, l, states)
		got := a.judge(l, states, "c1")
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: judge() = %q, want %q in it", tt.name, got, tt.want)
		}
	}
}

func TestFloodDoesEachOnceAndNoMoreAtATime(t *testing.T) {
	var running, most, sum atomic.Int64
	items := make([]int64, 1000)
	for i := range items {
		items[i] = int64(i)
	}
	err := flood(t.Context(), items, func(_ context.Context, i int64) error {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		sum.Add(i)
		running.Add(-1)
		return nil
	})
	if err != nil || sum.Load() != 999*1000/2 || most.Load() > inFlight {
		t.Errorf("flood() = %v, sum %d, at most %d at a time; want nil, %d, at most %d", err, sum.Load(), most.Load(), 999*1000/2, inFlight)
	}
	broken := errors.New("broken")
	if err := flood(t.Context(), items, func(context.Context, int64) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("flood() of what fails = %v, want %v", err, broken)
	}
}

func TestArrivalsComeAtTheirRateAndInOrder(t *testing.T) {
	all := arrivals(200, 100*time.Second, rand.New(rand.NewPCG(seed, 0)))
	if n := len(all); n < 19_400 || n > 20_600 { // four standard deviations of a Poisson process
		t.Errorf("%d arrivals in 100 s, want about 20,000", n)
	}
	for i := 1; i < len(all); i++ {
		if all[i] < all[i-1] {
			t.Fatalf("arrival %d is due at %v, before the one before it at %v", i, all[i], all[i-1])
		}
	}
}
