package embedded

import "sync"

// bells wake those who wait for events: one bell for everything, one for each
// stream that somebody waits for. Waiting costs no memory beyond a channel, and
// a write to one stream does not wake the followers of others.
type bells struct {
	mu      sync.Mutex
	all     chan struct{}
	streams map[string]*bell
}

type bell struct {
	rung    chan struct{}
	waiters int
}

func newBells() bells {
	return bells{all: make(chan struct{}), streams: map[string]*bell{}}
}

// wait returns a channel that is closed at the next ring. Take it before looking
// at the log, or a ring in between is missed.
func (b *bells) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all
}

// join announces interest in a stream; leave must be called once for each join.
func (b *bells) join(stream string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.streams[stream] == nil {
		b.streams[stream] = &bell{rung: make(chan struct{})}
	}
	b.streams[stream].waiters++
}

func (b *bells) leave(stream string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bell := b.streams[stream]
	if bell.waiters--; bell.waiters == 0 {
		delete(b.streams, stream)
	}
}

// waitStream is wait for one stream that the caller has joined.
func (b *bells) waitStream(stream string) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.streams[stream].rung
}

// ring wakes everybody who waits for one of the streams, and for everything.
func (b *bells) ring(streams map[string]struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.all)
	b.all = make(chan struct{})
	if len(b.streams) == 0 {
		return
	}
	for stream := range streams {
		if bell := b.streams[stream]; bell != nil {
			close(bell.rung)
			bell.rung = make(chan struct{})
		}
	}
}
