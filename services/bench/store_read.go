package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// withReadable runs do with a store that holds events to be read, and the empty server.
func (r *storeRun) withReadable(ctx context.Context, do func(readable, empty *storeSite) error) error {
	return withEmpty(ctx, func(empty *storeSite) error {
		return r.withStore(ctx, nil, func(readable *storeSite) error {
			r.progress("writing %d events to be read", r.events)
			if err := fill(ctx, readable.client, 0, r.events, nil); err != nil {
				return err
			}
			return do(readable, empty)
		})
	})
}

const (
	// fillBatch is how many events an append holds, and a stream, when a store is filled.
	fillBatch = 100
	// fillWriters fill at once.
	fillWriters = 8
)

func fillStream(n int) string { return fmt.Sprintf("contact-00000000-0-0-%d", n) }

// fill writes so many events, a stream at a time, beginning with the stream of a number. It tells, if asked, of each stream that is
// written, with the position of its end.
func fill(ctx context.Context, client *esdb.Client, first, events int, written func(stream int, end esdb.Position)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var all sync.WaitGroup
	for w := range fillWriters {
		all.Go(func() {
			data := randomData(uint64(w))
			for ctx.Err() == nil {
				at := int(next.Add(1) - 1)
				n := min(fillBatch, events-at*fillBatch)
				if n <= 0 {
					return
				}
				batch := make([]esdb.EventData, n)
				for i := range batch {
					batch[i] = storeEvent(data[i%len(data)])
				}
				result, err := client.AppendToStream(ctx, fillStream(first+at), esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, batch...)
				if err != nil {
					cancel(fmt.Errorf("fill the store: %w", err))
					return
				}
				if written != nil {
					written(first+at, esdb.Position{Commit: result.CommitPosition, Prepare: result.PreparePosition})
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// reads measures reading and following of the embedded store and of the empty server by turns.
func (r *storeRun) reads(ctx context.Context, round int, readable, empty *storeSite) error {
	kinds := []struct {
		name, figure string
		read         func(context.Context, *esdb.Client, int) error
	}{{"$all forwards", readShare, readForwards}, {"catch-up", followShare, catchUp}}
	for _, k := range kinds {
		var ours, theirs float64
		turns := []func() error{
			func() (err error) { ours, err = r.readRate(ctx, readable, k.read); return err },
			func() (err error) { theirs, err = r.readRate(ctx, empty, k.read); return err },
		}
		if err := inTurn(round, turns); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		r.record(k.figure, "", ours/min(100_000, 0.8*theirs))
		r.record("embedded store: "+k.name, "/s", ours)
		r.record("empty server: "+k.name, "/s", theirs)
	}
	return nil
}

func (r *storeRun) readRate(ctx context.Context, s *storeSite, read func(context.Context, *esdb.Client, int) error) (float64, error) {
	watch := startWatch()
	err := labelled(ctx, s.label(), func(ctx context.Context) error { return read(ctx, s.client, r.events) })
	return perSecond(r.events, watch.elapsed()), err
}

// readForwards reads n events of $all from the beginning.
func readForwards(ctx context.Context, client *esdb.Client, n int) error {
	return readFrom(ctx, client, esdb.Start{}, n)
}

func readFrom(ctx context.Context, client *esdb.Client, from esdb.AllPosition, n int) error {
	all, err := client.ReadAll(ctx, esdb.ReadAllOptions{From: from, Direction: esdb.Forwards}, uint64(n))
	if err != nil {
		return fmt.Errorf("read $all: %w", err)
	}
	defer all.Close()
	for got := 0; ; got++ {
		e, err := all.Recv()
		if errors.Is(err, io.EOF) && got == n {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read $all, %d of %d events: %w", got, n, err)
		}
		if len(e.Event.Data) != eventSize {
			return fmt.Errorf("read $all: an event of %d bytes, want %d", len(e.Event.Data), eventSize)
		}
	}
}

// catchUp subscribes to $all from the beginning, without system events, until n events have come. The empty server has no system events
// to leave out and sends no checkpoints in their place.
func catchUp(ctx context.Context, client *esdb.Client, n int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sub, err := client.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{From: esdb.Start{}, Filter: esdb.ExcludeSystemEventsFilter()})
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	defer sub.Close()
	for got := 0; got < n; {
		switch e := sub.Recv(); {
		case e.SubscriptionDropped != nil:
			return fmt.Errorf("subscription, %d of %d events: %w", got, n, e.SubscriptionDropped.Error)
		case e.EventAppeared != nil:
			got++
		}
	}
	return nil
}
