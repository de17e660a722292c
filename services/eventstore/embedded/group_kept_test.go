package embedded

import (
	"context"
	"errors"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// Where groups and their places are kept is a stream like others, to which any
// client can write. What does not read there must not keep the store from opening.
func TestStoreOpensWhateverIsWrittenWhereGroupsAreKept(t *testing.T) {
	ctx := context.Background()
	settings := esdb.SubscriptionSettingsDefault()
	for name, rubbish := range map[string]struct{ stream, data string }{
		"no list of groups":   {groupConfigStream, `{"version":"2"}`},
		"an impossible group": {groupConfigStream, `[{"stream":"s","group":"g","readBatch":-1,"historyBuffer":-1,"strategy":"none"}]`},
		"a bad filter":        {groupConfigStream, `[{"group":"g","readBatch":1,"historyBuffer":2,"strategy":"Pinned","filter":{"regex":"(["}}]`},
		"one group twice":     {groupConfigStream, `[{"stream":"s","group":"g","readBatch":1,"historyBuffer":2,"strategy":"Pinned"},{"stream":"s","group":"g","readBatch":1,"historyBuffer":2,"strategy":"Pinned"}]`},
		"no place":            {groupKey{"s", "g"}.checkpointStream(), `"somewhere"`},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Dir: t.TempDir()}
			s := startStore(t, o)
			c := s.client(t)
			mustAppend(t, c, "s", esdb.Any{}, sampleEvents(2)...)
			options := esdb.PersistentStreamSubscriptionOptions{Settings: &settings, StartFrom: esdb.Start{}}
			if err := c.CreatePersistentSubscription(ctx, "s", "g", options); err != nil {
				t.Fatal(err)
			}
			bad := sampleEvents(1)
			bad[0].Data = []byte(rubbish.data)
			mustAppend(t, c, rubbish.stream, esdb.Any{}, bad...)
			if err := s.store.Close(); err != nil {
				t.Fatal(err)
			}
			c = startStore(t, o).client(t)
			if n := len(readEvents(t, c, "s")); n != 2 {
				t.Errorf("read %d events, want 2", n)
			}
			if err := c.CreatePersistentSubscription(ctx, "s", "new", options); err != nil {
				t.Fatal(err)
			}
			recvAndAck(t, connectGroup(t, c, "s", "new"), 0, 2)
			if rubbish.stream != groupConfigStream {
				recvAndAck(t, connectGroup(t, c, "s", "g"), 0, 2)
			}
		})
	}
}

// A client that ends the stream where groups are kept gets no groups any more. It
// is told so, and not that the store is going away.
func TestGroupsThatCannotBeKeptAreRefused(t *testing.T) {
	ctx := context.Background()
	c := startStore(t, Options{}).client(t)
	if _, err := c.TombstoneStream(ctx, groupConfigStream, esdb.TombstoneStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	err := c.CreatePersistentSubscription(ctx, "s", "g", esdb.PersistentStreamSubscriptionOptions{})
	var failed *esdb.Error
	if !errors.As(err, &failed) || failed.Code() == esdb.ErrorUnavailable {
		t.Errorf("got %v, want a refusal", err)
	}
	mustAppend(t, c, "s", esdb.Any{}, sampleEvents(1)...)
}
