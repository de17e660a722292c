package outbox

import (
	"sync"

	"github.com/openmash/mash/services/eventstore"
)

// A job is an event that an agency is to be told of. The event is read again when its turn comes.
type job struct {
	event   eventstore.Recorded
	notices []notice
}

// An inbox hands jobs from the one reader of the record to the feed of one agency, in order. It has no bound: a reader that waited for one
// agency would hold up all of them, and what a whole year has for one agency fits into memory, at some 300 bytes each.
type inbox struct {
	mu   sync.Mutex
	jobs []job
	// reached is how far the reader has got, passed how many events it met since the feed last asked.
	reached eventstore.Position
	passed  int
	wake    chan struct{}
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// add puts jobs at the end, and wakes the feed when there is something for it to do.
func (b *inbox) add(jobs []job, reached eventstore.Position, passed int) {
	b.mu.Lock()
	b.jobs, b.reached, b.passed = append(b.jobs, jobs...), reached, b.passed+passed
	worth := len(jobs) > 0 || b.passed >= quietEvents
	b.mu.Unlock()
	if !worth {
		return
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// next takes the first jobs, n at most.
func (b *inbox) next(n int) []job {
	b.mu.Lock()
	defer b.mu.Unlock()
	n = min(n, len(b.jobs))
	jobs := b.jobs[:n:n]
	b.jobs = b.jobs[n:]
	return jobs
}

// idle tells how far the reader has got, where nothing is left to do up to there.
func (b *inbox) idle() (reached eventstore.Position, passed int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.jobs) > 0 {
		return eventstore.Position{}, 0, false
	}
	passed, b.passed = b.passed, 0
	return b.reached, passed, true
}
