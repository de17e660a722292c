package casework

import (
	"context"
	"hash/maphash"
)

// turns lets callers of one process take turns at a stream. Expected revisions
// alone would keep them correct; but of ten who write at once nine would lose,
// and read and decide again, and the last of them ten times.
//
// Who holds a turn takes no second one: two streams may share a place, and would
// wait for each other for ever.
type turns struct {
	seed   maphash.Seed
	places []chan struct{}
}

func newTurns() turns {
	t := turns{seed: maphash.MakeSeed(), places: make([]chan struct{}, 256)}
	for i := range t.places {
		t.places[i] = make(chan struct{}, 1)
	}
	return t
}

// take waits for a turn at the stream. The caller gives it back.
func (t turns) take(ctx context.Context, stream string) (giveBack func(), err error) {
	return enter(ctx, t.places[maphash.String(t.seed, stream)%uint64(len(t.places))])
}

func enter(ctx context.Context, place chan struct{}) (leave func(), err error) {
	select {
	case place <- struct{}{}:
		return func() { <-place }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
