package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// UnderLoad keeps four workers appending, calls do once enough appends were answered, and gives the ids of those that had been by then:
// whatever do copies has to hold them.
func UnderLoad(t *testing.T, enough int, appendOne func(ctx context.Context, worker int) (uuid.UUID, error), do func()) []uuid.UUID {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	var answered []uuid.UUID
	reached := make(chan struct{})
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				id, err := appendOne(context.WithoutCancel(ctx), worker)
				if err != nil {
					t.Errorf("append under load: %v", err)
					return
				}
				mu.Lock()
				if answered = append(answered, id); len(answered) == enough {
					close(reached)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-reached:
	case <-time.After(5 * time.Minute):
		t.Fatal("the store answers too slowly")
	}
	mu.Lock()
	before := answered[:len(answered):len(answered)]
	mu.Unlock()
	do()
	stop()
	all.Wait()
	return before
}
