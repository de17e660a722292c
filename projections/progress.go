package projections

import (
	"context"
	"sync"

	"github.com/openmash/mash/services/eventstore"
)

// Progress is how far the rows that readers use have got, and the signal that they have got further. It is the same thing to a
// reader whether a [Runner] in this process keeps it or a [Follower].
type Progress struct {
	mu       sync.Mutex
	position eventstore.Position
	changed  chan struct{}
}

func newProgress() *Progress { return &Progress{changed: make(chan struct{})} }

// Position is what the rows show; zero: nothing yet.
func (p *Progress) Position() eventstore.Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.position
}

// Changed gives a channel that is closed after the next commit. Take it before reading rows: a commit after that closes it.
func (p *Progress) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

// WaitFor returns when the rows show the position or a later one, or with ctx's error when it ends before.
func (p *Progress) WaitFor(ctx context.Context, position eventstore.Position) error {
	for {
		changed := p.Changed()
		if p.Position().Compare(position) >= 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// set moves to a position, backwards too: a restored store begins again.
func (p *Progress) set(position eventstore.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.position == position {
		return
	}
	p.position = position
	close(p.changed)
	p.changed = make(chan struct{})
}
