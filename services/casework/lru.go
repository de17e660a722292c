package casework

import (
	"container/list"
	"sync"
)

// An lru holds folded streams, bounded in number. What it holds may be out of
// date: whoever decides by it appends at its revision, and reads again when that
// is refused.
type lru[V any] struct {
	mu      sync.Mutex
	size    int
	entries map[string]*list.Element
	recent  *list.List // of kept[V], most recently used first
}

type kept[V any] struct {
	stream string
	value  V
}

func newLRU[V any](size int) *lru[V] {
	return &lru[V]{size: size, entries: map[string]*list.Element{}, recent: list.New()}
}

func (l *lru[V]) get(stream string) (value V, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	element, found := l.entries[stream]
	if !found {
		return value, false
	}
	l.recent.MoveToFront(element)
	return element.Value.(kept[V]).value, true
}

func (l *lru[V]) put(stream string, value V) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if element, found := l.entries[stream]; found {
		element.Value = kept[V]{stream, value}
		l.recent.MoveToFront(element)
		return
	}
	l.entries[stream] = l.recent.PushFront(kept[V]{stream, value})
	for len(l.entries) > l.size {
		delete(l.entries, l.recent.Remove(l.recent.Back()).(kept[V]).stream)
	}
}

func (l *lru[V]) drop(stream string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if element, found := l.entries[stream]; found {
		l.recent.Remove(element)
		delete(l.entries, stream)
	}
}
