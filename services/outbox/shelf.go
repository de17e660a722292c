package outbox

import (
	"container/list"
	"sync"
)

// shelfSize bounds how many contacts are held as they were read last: those that agencies are told of now. Most are told of again within
// minutes, to several agencies at once, and are then read from where they had got.
const shelfSize = 256

// A shelf holds the files that were used last. What they hold may be out of date: whoever takes one reads on.
type shelf struct {
	mu     sync.Mutex
	files  map[string]*list.Element
	recent *list.List // of *file, the one used last in front
}

func newShelf() *shelf { return &shelf{files: map[string]*list.Element{}, recent: list.New()} }

// take gives the file of a contact, a new one where it is not held.
func (s *shelf) take(stream string) *file {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held, ok := s.files[stream]; ok {
		s.recent.MoveToFront(held)
		return held.Value.(*file)
	}
	c := newFile(stream)
	s.files[stream] = s.recent.PushFront(c)
	for len(s.files) > shelfSize {
		delete(s.files, s.recent.Remove(s.recent.Back()).(*file).stream)
	}
	return c
}
