package domain_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/openmash/mash/services/domain"
)

// The smallest decider that has all there is: a door that can be opened once,
// counts visits in a map, and knows two events.
type door struct{ seen map[string]int }

func doorDecider() domain.Decider[string, string, door] {
	return domain.Decider[string, string, door]{
		Initial: func() door { return door{seen: map[string]int{}} },
		Evolve: func(s door, e string) (door, error) {
			if e != "opened" && e != "closed" {
				return s, fmt.Errorf("unknown event %q", e)
			}
			s.seen[e]++
			return s, nil
		},
		Decide: func(c string, s door) ([]string, error) {
			if c == "open" && s.seen["opened"] > s.seen["closed"] {
				return nil, &domain.Refusal{Reason: "ALREADY_OPEN", Message: "the door is open", Advice: "close it first"}
			}
			return []string{"opened"}, nil
		},
	}
}

func TestFoldBeginsAfreshEachTime(t *testing.T) {
	d := doorDecider()
	for range 2 {
		state, err := d.Fold("opened", "closed", "opened")
		if err != nil {
			t.Fatal(err)
		}
		if got := state.seen["opened"]; got != 2 {
			t.Fatalf("opened %d times, want 2: a state is shared between folds", got)
		}
	}
}

func TestFoldStopsAtAnUnknownEvent(t *testing.T) {
	state, err := doorDecider().Fold("opened", "painted", "closed")
	if err == nil {
		t.Fatal("an unknown event was skipped")
	}
	if got := state.seen["closed"]; got != 0 {
		t.Errorf("folded past the unknown event: closed %d times, want 0", got)
	}
}

func TestDecideReturnsEventsOrARefusal(t *testing.T) {
	d := doorDecider()
	events, err := d.Decide("open", d.Initial())
	if err != nil || !slices.Equal(events, []string{"opened"}) {
		t.Fatalf("got %v, %v, want [opened]", events, err)
	}
	state, err := d.Fold(events...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Decide("open", state)
	refusal, ok := errors.AsType[*domain.Refusal](fmt.Errorf("decide: %w", err))
	if !ok || refusal.Reason != "ALREADY_OPEN" {
		t.Fatalf("got %v, want the refusal ALREADY_OPEN through a wrapped error", err)
	}
}

func TestRefusalText(t *testing.T) {
	for _, tc := range []struct {
		name    string
		refusal domain.Refusal
		want    string
	}{
		{"reason alone", domain.Refusal{Reason: "NOT_FOUND"}, "NOT_FOUND"},
		{
			"rule, message and advice",
			domain.Refusal{Reason: "NOT_PERMITTED", Rule: "KEN-03", Message: "a worker may not triage", Advice: "ask a team manager"},
			"NOT_PERMITTED (KEN-03): a worker may not triage; ask a team manager",
		},
		{
			"fields",
			domain.Refusal{Reason: "INVALID", Message: "two fields are wrong", Fields: []domain.FieldViolation{
				{Field: "reason", Rule: "KEN-02", Description: "is empty"}, {Field: "team", Description: "is unknown"},
			}},
			"INVALID: two fields are wrong: reason: is empty (KEN-02), team: is unknown",
		},
	} {
		if got := tc.refusal.Error(); got != tc.want {
			t.Errorf("%s:\n got %q\nwant %q", tc.name, got, tc.want)
		}
	}
}
