package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// oddSettings differ from the client's own in every one that can be asked for.
func oddSettings() *esdb.PersistentSubscriptionSettings {
	return &esdb.PersistentSubscriptionSettings{
		ResolveLinkTos: true, ExtraStatistics: true, MaxRetryCount: 3, CheckpointLowerBound: 1, CheckpointUpperBound: 7,
		MaxSubscriberCount: 4, LiveBufferSize: 301, ReadBatchSize: 9, HistoryBufferSize: 302,
		ConsumerStrategyName: esdb.ConsumerStrategyPinned, MessageTimeout: 12_345, CheckpointAfter: 1,
	}
}

// storeWithGroups has a group on "s" that dealt with 20 of 40 events and parked
// number 3, one on "s" that dealt with none, one that begins at the end of "s", and
// one on $all, of "s" only, that dealt with 20.
func storeWithGroups(t *testing.T) *served {
	t.Helper()
	ctx := context.Background()
	o := Options{Dir: t.TempDir()}
	s := startStore(t, o)
	c := s.client(t)
	mustAppend(t, c, "before", esdb.NoStream{}, sampleEvents(3)...)
	for range 40 {
		mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
	}
	for name, from := range map[string]esdb.StreamPosition{"half": esdb.Start{}, "idle": esdb.Revision(2), "end": esdb.End{}} {
		err := c.CreatePersistentSubscription(ctx, "s", name, esdb.PersistentStreamSubscriptionOptions{Settings: oddSettings(), StartFrom: from})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.CreatePersistentSubscriptionToAll(ctx, "half", esdb.PersistentAllSubscriptionOptions{
		Settings: oddSettings(), StartFrom: esdb.Start{}, Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"s"}},
	}); err != nil {
		t.Fatal(err)
	}
	sub := connectGroup(t, c, "s", "half")
	for want := range uint64(20) {
		e := sub.Recv().EventAppeared
		if e == nil {
			t.Fatal("dropped")
		}
		answer := func() error { return sub.Ack(e.Event) }
		if want == 3 {
			answer = func() error { return sub.Nack("no good", esdb.NackActionPark, e.Event) }
		}
		if err := answer(); err != nil {
			t.Fatal(err)
		}
	}
	all, err := c.SubscribeToPersistentSubscriptionToAll(ctx, "half", esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: 5})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = all.Close() })
	recvAndAck(t, all, 0, 20)
	waitFor(t, "the answers to arrive", func() bool {
		stream, err1 := s.store.groups.get(groupKey{"s", "half"})
		all, err2 := s.store.groups.get(groupKey{"", "half"})
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		return stream.place(stream.lowestNow()) == "20" && all.lowestNow() == 24
	})
	// Checkpoints are written at the latest when a store is closed.
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	return startStore(t, o)
}

func (g *group) lowestNow() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lowest()
}

func TestImportMakesGroupsThatGoOnAtOnce(t *testing.T) {
	ctx := context.Background()
	from, to := storeWithGroups(t), startStore(t, Options{})
	export := exportOf(t, from.store)
	c := to.client(t)
	mustAppend(t, c, "other", esdb.NoStream{}, sampleEvents(5)...) // so that positions differ
	was, err := from.client(t).ListAllPersistentSubscriptions(ctx, esdb.ListPersistentSubscriptionsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	done := mustImport(t, c, export)
	// The 21st event of "s" has position 24 there and 29 here.
	want := []ImportedGroup{
		{"$all", "half", "position C:29/P:29", false}, {"s", "end", "revision 40", false},
		{"s", "half", "revision 20", false}, {"s", "idle", "revision 2", false},
	}
	if !slices.Equal(done.Groups, want) {
		t.Errorf("got %+v, want %+v", done.Groups, want)
	}
	is, err := c.ListAllPersistentSubscriptions(ctx, esdb.ListPersistentSubscriptionsOptions{})
	if err != nil || len(is) != len(was) {
		t.Fatalf("got %d groups, %v, want %d", len(is), err, len(was))
	}
	for i := range is {
		want := oddSettings()
		is[i].Settings.StartFrom = nil
		if is[i].EventSource != was[i].EventSource || is[i].GroupName != was[i].GroupName || *is[i].Settings != *want {
			t.Errorf("got %s::%s %+v, want %+v", is[i].EventSource, is[i].GroupName, *is[i].Settings, *want)
		}
	}
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
	half := connectGroup(t, c, "s", "half")
	recvAndAck(t, half, 20, 21)
	recvAndAck(t, connectGroup(t, c, "s", "idle"), 2, 39)
	recvAndAck(t, connectGroup(t, c, "s", "end"), 40, 1)
	all, err := c.SubscribeToPersistentSubscriptionToAll(ctx, "half", esdb.SubscribeToPersistentSubscriptionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = all.Close() })
	recvAndAck(t, all, 20, 21)
	if err := c.ReplayParkedMessages(ctx, "s", "half", esdb.ReplayParkedMessagesOptions{}); err != nil {
		t.Fatal(err)
	}
	e := half.Recv().EventAppeared
	if e == nil || e.Event.Event.EventNumber != 3 || e.Event.Event.StreamID != "s" {
		t.Errorf("replayed %+v, want event 3 of s, which had been parked", e)
	}
}

// The second import finds the groups of the first one, which may have gone on.
func TestImportLeavesGroupsThatAreThereAsTheyAre(t *testing.T) {
	ctx := context.Background()
	to := startStore(t, Options{})
	c := to.client(t)
	export := exportOf(t, storeWithGroups(t).store)
	mustImport(t, c, export)
	other := oddSettings()
	other.MaxRetryCount = 77
	if err := c.UpdatePersistentSubscription(ctx, "s", "idle", esdb.PersistentStreamSubscriptionOptions{Settings: other, StartFrom: esdb.Start{}}); err != nil {
		t.Fatal(err)
	}
	recvAndAck(t, connectGroup(t, c, "s", "idle"), 0, 40)
	done := mustImport(t, c, export)
	for _, g := range done.Groups {
		if !g.Exists {
			t.Errorf("made anew: %+v", g)
		}
	}
	info, err := c.GetPersistentSubscriptionInfo(ctx, "s", "idle", esdb.GetPersistentSubscriptionOptions{})
	if err != nil || info.Settings.MaxRetryCount != 77 || len(done.Groups) != 4 {
		t.Errorf("got %+v, %v among %d groups: it is not what it was", info, err, len(done.Groups))
	}
}

// What cannot be made is named, after everything else has been imported.
func TestImportNamesGroupsThatItCannotMake(t *testing.T) {
	to := startStore(t, Options{})
	c := to.client(t)
	endStream(t, c, groupConfigStream)
	export := exportOf(t, storeWithGroups(t).store)
	done, err := Import(context.Background(), c, bytes.NewReader(export))
	if err == nil || int(done.Events) != len(lines(t, export)) || len(readEvents(t, c, "s")) != 40 {
		t.Fatalf("dealt with %d events: %v, want all of them and an error", done.Events, err)
	}
	for _, name := range []string{"$all::half", "s::half", "s::idle", "s::end"} {
		if !strings.Contains(err.Error(), fmt.Sprintf("persistent subscription %q, to begin at ", name)) {
			t.Errorf("%v: does not name %s", err, name)
		}
	}
}

// Nothing is appended where a server keeps its own groups, nor where their places
// are, and a group that was deleted is not made.
func TestImportLeavesTheServersOwnStreamsToIt(t *testing.T) {
	ctx := context.Background()
	from, to := storeWithGroups(t), startStore(t, Options{})
	c := from.client(t)
	for _, group := range []string{"half", "idle"} {
		if err := c.DeletePersistentSubscription(ctx, "s", group, esdb.DeletePersistentSubscriptionOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	// Made again, it begins at its start: the place of the one before is gone.
	if err := c.CreatePersistentSubscription(ctx, "s", "half", esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Revision(1)}); err != nil {
		t.Fatal(err)
	}
	if err := c.DeletePersistentSubscriptionToAll(ctx, "half", esdb.DeletePersistentSubscriptionOptions{}); err != nil {
		t.Fatal(err)
	}
	done := mustImport(t, to.client(t), exportOf(t, from.store))
	want := []ImportedGroup{{"s", "end", "revision 40", false}, {"s", "half", "revision 1", false}}
	if !slices.Equal(done.Groups, want) {
		t.Errorf("got %+v, want %+v", done.Groups, want)
	}
	own := 0
	for _, line := range lines(t, exportOf(t, to.store)) {
		if strings.HasPrefix(line, groupConfigStream+" ") {
			own++
		} else if strings.Contains(line, checkpointSuffix) {
			t.Errorf("imported: %s", line)
		}
	}
	if own != 2 {
		t.Errorf("the configuration was written %d times, want once for each group that was made", own)
	}
}

// The client panics when it is asked for this strategy.
func TestImportNamesAGroupWhoseStrategyTheClientDoesNotKnow(t *testing.T) {
	from, to := startStore(t, Options{}), startStore(t, Options{})
	for _, k := range []groupKey{{"s", "g"}, {"", "g"}} {
		cfg := groupConfig{
			groupKey: k, Start: 1, ReadBatch: 10, HistoryBuffer: 100, MinCheckpoint: 10, MaxCheckpoint: 100, Strategy: strategyByCorrelation,
		}
		if err := from.store.groups.create(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		export, c := exportOf(t, from.store), to.client(t)
		done, err := Import(t.Context(), c, bytes.NewReader(export))
		if !errors.Is(err, errByCorrelation) || !strings.Contains(err.Error(), fmt.Sprintf("%q", k.id())) {
			t.Errorf("got %+v, %v: want an error that names %s", done.Groups, err, k.id())
		}
		// Somebody makes it with another client, and the import is run again.
		if err := to.store.groups.create(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		if done := mustImport(t, c, export); !done.Groups[0].Exists {
			t.Errorf("got %+v, want that it is there", done.Groups)
		}
	}
}
