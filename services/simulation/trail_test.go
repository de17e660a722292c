package simulation

import "testing"

// SOT-08: mothers give and refuse, and of the overrides that follow some are approved and some declined.
func TestSOT08_EveryAnswerAndDecisionIsPlayed(t *testing.T) {
	counts := map[string]int{}
	for n := range uint64(4000) {
		stance, outcome := saidOf(n)
		counts[stance+" "+outcome]++
	}
	for what, want := range map[string]int{" ": 3200, "given ": 600, "refused declined": 100, "refused approved": 100} {
		if counts[what] != want {
			t.Errorf("%q is played %d times in 4,000, want %d", what, counts[what], want)
		}
	}
}
