package intake

import (
	"sync"

	"github.com/openmash/mash/services/bus"
)

// lanes runs what belongs together one after the other, and everything else beside it. A lane exists while something is in it. The number of
// messages inside is bounded by the bus, which hands out no more than so many unacknowledged ones.
type lanes struct {
	do      func(bus.Delivery)
	mu      sync.Mutex
	waiting map[string][]bus.Delivery // a key is there while its lane runs
	running sync.WaitGroup
}

func newLanes(do func(bus.Delivery)) *lanes {
	return &lanes{do: do, waiting: map[string][]bus.Delivery{}}
}

// add puts a message at the end of its lane and returns at once.
func (l *lanes) add(key string, d bus.Delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if queue, runs := l.waiting[key]; runs {
		l.waiting[key] = append(queue, d)
		return
	}
	l.waiting[key] = nil
	l.running.Go(func() { l.run(key, d) })
}

func (l *lanes) run(key string, d bus.Delivery) {
	for {
		l.do(d)
		var more bool
		if d, more = l.next(key); !more {
			return
		}
	}
}

func (l *lanes) next(key string) (bus.Delivery, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue := l.waiting[key]
	if len(queue) == 0 {
		delete(l.waiting, key)
		return bus.Delivery{}, false
	}
	l.waiting[key] = queue[1:]
	return queue[0], true
}

// wait returns when all lanes are empty. Nothing may be added meanwhile.
func (l *lanes) wait() { l.running.Wait() }
