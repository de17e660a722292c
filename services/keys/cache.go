package keys

import (
	"container/list"
	"sync"
	"time"
)

// An lru is a cache bounded in entries and in the age of each: what it holds may have been destroyed meanwhile. Age is
// real time, not the hub's clock, which a demo may stop.
type lru[K comparable, V any] struct {
	mu      sync.Mutex
	entries map[K]*list.Element
	recent  *list.List // of lruEntry[K, V], most recently used first
	size    int
	age     time.Duration
}

type lruEntry[K comparable, V any] struct {
	key   K
	value V
	until time.Time
}

func newLRU[K comparable, V any](size int, age time.Duration) *lru[K, V] {
	return &lru[K, V]{entries: make(map[K]*list.Element), recent: list.New(), size: size, age: age}
}

func (c *lru[K, V]) get(key K) (value V, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, found := c.entries[key]
	if !found {
		return value, false
	}
	entry := element.Value.(*lruEntry[K, V])
	if time.Now().After(entry.until) {
		c.remove(element)
		return value, false
	}
	c.recent.MoveToFront(element)
	return entry.value, true
}

func (c *lru[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, found := c.entries[key]; found {
		c.remove(element)
	}
	for len(c.entries) >= c.size {
		c.remove(c.recent.Back())
	}
	entry := &lruEntry[K, V]{key: key, value: value, until: time.Now().Add(c.age)}
	c.entries[key] = c.recent.PushFront(entry)
}

func (c *lru[K, V]) remove(element *list.Element) {
	delete(c.entries, c.recent.Remove(element).(*lruEntry[K, V]).key)
}
