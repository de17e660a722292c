package generator

import (
	"math/rand/v2"
	"sort"
)

// weights is a running sum: the chance of entry i is weights[i]-weights[i-1].
type weights []int

func (w weights) add(weight int) weights {
	if len(w) == 0 {
		return weights{weight}
	}
	return append(w, w[len(w)-1]+weight)
}

// draw picks an entry by its weight.
func (w weights) draw(r *rand.Rand) int {
	n := r.IntN(w[len(w)-1])
	if len(w) > 12 {
		return sort.SearchInts(w, n+1)
	}
	for i, sum := range w {
		if n < sum {
			return i
		}
	}
	return len(w) - 1
}

// share is a value and its weight among others.
type share[T any] struct {
	value  T
	weight int
}

// table draws values by weight.
type table[T any] struct {
	values  []T
	weights weights
}

func tableOf[T any](shares ...share[T]) table[T] {
	var t table[T]
	for _, s := range shares {
		t.values = append(t.values, s.value)
		t.weights = t.weights.add(s.weight)
	}
	return t
}

func (t table[T]) draw(r *rand.Rand) T { return t.values[t.weights.draw(r)] }

// chance is true permille times in a thousand.
func chance(r *rand.Rand, permille int) bool { return r.IntN(1000) < permille }

func one[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// between draws from low to high, both possible.
func between(r *rand.Rand, low, high int) int { return low + r.IntN(high-low+1) }

// ring keeps the last values, so that years can be made up in little memory.
type ring[T any] struct {
	values []T
	at     int
}

func newRing[T any](size int) ring[T] { return ring[T]{values: make([]T, 0, size)} }

func (r *ring[T]) push(v T) {
	if len(r.values) < cap(r.values) {
		r.values = append(r.values, v)
		return
	}
	r.values[r.at] = v
	r.at = (r.at + 1) % len(r.values)
}
