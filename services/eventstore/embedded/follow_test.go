package embedded

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

// shown is how many events a cursor shows next.
func shown(t *testing.T, cur *streamCursor) int {
	t.Helper()
	var c chunk
	if _, err := cur.fill(&c, cur.s.Position()); err != nil && !errors.Is(err, errStreamNotFound) {
		t.Fatal(err)
	}
	return len(c.ends)
}

// What is written while a subscription is live reaches it, however soon metadata
// hides it again: a quicker reader would have had it. One that lags far behind
// reads the stream as it is.
func TestLiveSubscriptionGetsWhatMetadataHidesMeanwhile(t *testing.T) {
	begun := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var hours atomic.Int64
	hide := map[string]func(t *testing.T, c *esdb.Client){
		"$maxCount": func(t *testing.T, c *esdb.Client) { describe(t, c, `{"$maxCount":1}`) },
		"$tb":       func(t *testing.T, c *esdb.Client) { describe(t, c, `{"$tb":100000}`) },
		"$maxAge":   func(t *testing.T, c *esdb.Client) { describe(t, c, `{"$maxAge":1}`); hours.Add(1) },
		"delete": func(t *testing.T, c *esdb.Client) {
			if _, err := c.DeleteStream(context.Background(), "s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, by := range hide {
		t.Run(name, func(t *testing.T) {
			s := startStore(t, Options{Now: func() time.Time { return begun.Add(time.Duration(hours.Load()) * time.Hour) }})
			c := s.client(t)
			mustAppend(t, c, "s", esdb.Any{}, sampleEvents(3)...)
			live := streamCursor{s: s.store, stream: "s", remaining: unlimited, next: 3, live: true}
			late := streamCursor{s: s.store, stream: "s", remaining: unlimited, next: 3}
			mustAppend(t, c, "s", esdb.Any{}, sampleEvents(5)...)
			by(t, c)
			if got := shown(t, &live); got != 5 {
				t.Errorf("a live subscription gets %d events, want 5", got)
			}
			if got := shown(t, &late); got > 1 {
				t.Errorf("one that catches up gets %d events of what is hidden", got)
			}
			mustAppend(t, c, "s", esdb.Any{}, sampleEvents(liveLag)...)
			mustAppend(t, c, "s", esdb.Any{}, sampleEvents(2)...)
			by(t, c)
			if got := shown(t, &live); got > 1 {
				t.Errorf("one that has fallen behind gets %d events of what is hidden", got)
			}
		})
	}
}

// What was hidden when a subscription came to the end stays behind it, also when
// metadata shows it again.
func TestSubscriptionIsNotTakenBack(t *testing.T) {
	s := startStore(t, Options{})
	c := s.client(t)
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(3)...)
	describe(t, c, `{"$tb":10}`)
	cur := streamCursor{s: s.store, stream: "s", remaining: unlimited}
	if got := shown(t, &cur); got != 0 {
		t.Fatalf("got %d events of a truncated stream", got)
	}
	cur.live = true
	describe(t, c, `{}`)
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
	if got := shown(t, &cur); got != 1 || cur.next != 4 {
		t.Errorf("got %d events up to revision %d, want only the new one, 3", got, cur.next-1)
	}
}

// describe writes the metadata of the stream "s".
func describe(t *testing.T, c *esdb.Client, metadata string) {
	t.Helper()
	mustAppend(t, c, "$$s", esdb.Any{}, esdb.EventData{
		EventID: uuid.New(), EventType: typeMetadata, ContentType: esdb.ContentTypeJson, Data: []byte(metadata),
	})
}

// Without a maximum of its own a filter's window is EventStoreDB's 32: a
// subscription that nothing matches still gets somewhere to resume from.
func TestFilterWithoutAMaximumHasCheckpoints(t *testing.T) {
	s := startStore(t, Options{})
	c := s.client(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	sub, err := c.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{
		From: esdb.Start{}, MaxSearchWindow: esdb.NoMaxSearchWindow, CheckpointInterval: 2,
		Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"no such"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	untilLive(t, sub)
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(200)...)
	var got []uint64
	for len(got) < 3 {
		e := sub.Recv()
		if e.CheckPointReached == nil {
			t.Fatalf("got %+v, want a checkpoint", e)
		}
		got = append(got, e.CheckPointReached.Commit)
	}
	if want := []uint64{64, 128, 192}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got checkpoints %v, want %v", got, want)
	}
}

// A position beyond the end is not confirmed by a checkpoint: it was given, not
// reached, and after a restore events are still to be written there.
func TestSubscriptionBeyondTheEndHasNoCheckpoint(t *testing.T) {
	s := startStore(t, Options{})
	c := s.client(t)
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(2)...)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	sub, err := c.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{
		From: esdb.Position{Commit: 100, Prepare: 100}, Filter: esdb.ExcludeSystemEventsFilter(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	if e := sub.Recv(); e.CaughtUp == nil {
		t.Errorf("got %+v, want that the subscription is live", e)
	}
}
