package bench

import (
	"math"
	"slices"
	"time"
)

// A Series is one quantity, measured once in each round.
type Series struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit,omitempty"`
	Rounds []float64 `json:"rounds"`
}

func (s *Series) add(v float64) { s.Rounds = append(s.Rounds, v) }

// Median is that of the rounds, NaN when there is none.
func (s Series) Median() float64 {
	n := len(s.Rounds)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s.Rounds))
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Range is the lowest and the highest round, NaN when there is none.
func (s Series) Range() (low, high float64) {
	if len(s.Rounds) == 0 {
		return math.NaN(), math.NaN()
	}
	return slices.Min(s.Rounds), slices.Max(s.Rounds)
}

// A Figure is a series that has a goal.
type Figure struct {
	Goal   Goal
	Series Series
}

// Value is what the figure is judged by.
func (f Figure) Value() float64 {
	if !f.Goal.EveryRound {
		return f.Series.Median()
	}
	low, high := f.Series.Range()
	if f.Goal.Sense == AtLeast {
		return low
	}
	return high
}

// Met reports whether the goal was reached. A figure that was not measured has not reached it: no comparison with NaN is true.
func (f Figure) Met() bool {
	v := f.Value()
	switch f.Goal.Sense {
	case AtLeast:
		return v >= f.Goal.Bound
	case AtMost:
		return v <= f.Goal.Bound
	case Under:
		return v < f.Goal.Bound
	}
	return false
}

// quantile is the smallest of the values that at least the share q of them does not exceed. It sorts them.
func quantile(values []time.Duration, q float64) time.Duration {
	slices.Sort(values)
	return values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }
