package simulation

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/openmash/mash/services/simulation/generator"
)

func TestTheClockNeverGoesBack(t *testing.T) {
	var shown []time.Time
	c := newClock(0, func(to time.Time) { shown = append(shown, to) })
	for _, minutes := range []int{0, 5, 3, 5, 9, 0, 10} {
		if err := c.to(t.Context(), monday.Add(time.Duration(minutes)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if len(shown) != 4 {
		t.Fatalf("the hub's clock was set %d times, want 4: %v", len(shown), shown)
	}
	for i := 1; i < len(shown); i++ {
		if !shown[i].After(shown[i-1]) {
			t.Errorf("the hub's clock was set from %v to %v", shown[i-1], shown[i])
		}
	}
}

func TestAtSomeSpeedTheClockWaits(t *testing.T) {
	c := newClock(3600, func(time.Time) {})
	begun := time.Now()
	for _, s := range []int{0, 60, 180} {
		if err := c.to(t.Context(), monday.Add(time.Duration(s)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begun); took < 50*time.Millisecond {
		t.Errorf("three minutes at 3600 times the speed took %v, want 50 ms", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.to(ctx, monday.Add(time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for the next hour ended with %v, want that it was cancelled", err)
	}
}

// KEN-04 needs what is said of open cases to be on record before the contacts that follow.
func TestKEN04_OpenCasesAreNeverInFlightWithContacts(t *testing.T) {
	g, err := generator.New(generator.Options{Seed: 3, Start: monday})
	if err != nil {
		t.Fatal(err)
	}
	steps := g.Week().Steps
	batches := 0
	for len(steps) > 0 {
		n := batch(steps)
		for _, s := range steps[:n] {
			if s.Kind != steps[0].Kind {
				t.Fatalf("a %s is in flight with a %s", s.Kind, steps[0].Kind)
			}
			if s.At.Sub(steps[0].At) >= window {
				t.Fatalf("what comes at %v is in flight with what came at %v", s.At, steps[0].At)
			}
		}
		steps, batches = steps[n:], batches+1
	}
	if batches < 300 || batches > 900 {
		t.Errorf("a week is sent in %d batches", batches)
	}
}
