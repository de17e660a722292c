package casework

import (
	"context"
	"testing"
)

func TestLRUForgetsWhatWasUsedLongestAgo(t *testing.T) {
	l := newLRU[int](2)
	l.put("a", 1)
	l.put("b", 2)
	l.get("a")
	l.put("a", 3)
	l.put("c", 4)
	for stream, want := range map[string]int{"a": 3, "b": 0, "c": 4} {
		if got, found := l.get(stream); got != want || found != (want != 0) {
			t.Errorf("%s: got %d (%t), want %d", stream, got, found, want)
		}
	}
	l.drop("a")
	l.drop("a")
	if _, found := l.get("a"); found || len(l.entries) != 1 || l.recent.Len() != 1 {
		t.Errorf("after a drop: %d entries, %d in order, want 1 and 1", len(l.entries), l.recent.Len())
	}
}

func TestTurnsAreTakenOneByOneAndGivenUp(t *testing.T) {
	turns := newTurns()
	giveBack, err := turns.take(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turns.take(ctx, "a"); err == nil {
		t.Error("two have a turn at once")
	}
	giveBack()
	if giveBack, err = turns.take(t.Context(), "a"); err != nil {
		t.Fatalf("after it was given back: %v", err)
	}
	giveBack()
}
