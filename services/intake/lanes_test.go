package intake

import (
	"sync"
	"testing"

	"github.com/openmash/mash/services/bus"
)

// What shares a lane is handled in order and never at once; another lane does not wait for it.
func TestLanesKeepOrderAndDoNotBlockEachOther(t *testing.T) {
	var mu sync.Mutex
	var slow []uint64
	release, quick := make(chan struct{}), make(chan struct{})
	l := newLanes(func(d bus.Delivery) {
		if d.Agency == "quick" {
			close(quick)
			return
		}
		<-release
		mu.Lock()
		defer mu.Unlock()
		slow = append(slow, d.Sequence)
	})
	for n := range uint64(5) {
		l.add("slow", bus.Delivery{Agency: "slow", Sequence: n})
	}
	l.add("quick", bus.Delivery{Agency: "quick"})
	<-quick // while nothing of the slow lane has been handled
	close(release)
	l.wait()
	for n, got := range slow {
		if got != uint64(n) {
			t.Fatalf("handled in the order %v", slow)
		}
	}
	if len(slow) != 5 || len(l.waiting) != 0 {
		t.Errorf("handled %d of 5, %d lanes left over", len(slow), len(l.waiting))
	}
}
