package storetest

import (
	"slices"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
)

// allIsManagedLikeAStream makes the calls about $all that differ from those about
// a stream: start, park, replay, list, update, restart and end.
func allIsManagedLikeAStream(f *fixture) {
	s, name := f.stream(), "g-"+uuid.NewString()[:8]
	from := f.append(f.stream(), esdb.Any{}, events(1)...)
	settings := esdb.SubscriptionSettingsDefault()
	o := esdb.PersistentAllSubscriptionOptions{Settings: &settings, StartFrom: position(from), Filter: prefixes(esdb.StreamFilterType, s)}
	must := func(err error) {
		f.Helper()
		if err != nil {
			f.Fatal(err)
		}
	}
	connect := func() *connection {
		f.Helper()
		sub, err := f.c.SubscribeToPersistentSubscriptionToAll(f.ctx, name, esdb.SubscribeToPersistentSubscriptionOptions{})
		must(err)
		return &connection{f, sub}
	}
	must(f.c.CreatePersistentSubscriptionToAll(f.ctx, name, o))
	data := events(2)
	f.append(s, esdb.NoStream{}, data...)
	c := connect()
	c.nack(esdb.NackActionPark, c.want(0))
	c.ack(c.want(1))
	(&group{f, "$all", name}).wantParked(1)
	must(f.c.ReplayParkedMessagesToAll(f.ctx, name, esdb.ReplayParkedMessagesOptions{}))
	c.wantReplayed(data[0].EventID)
	settings.MaxRetryCount = 42
	must(f.c.UpdatePersistentSubscriptionToAll(f.ctx, name, o))
	c.wantDropped(codes.Canceled)
	list, err := f.c.ListPersistentSubscriptionsToAll(f.ctx, esdb.ListPersistentSubscriptionsOptions{})
	must(err)
	found := slices.IndexFunc(list, func(i esdb.PersistentSubscriptionInfo) bool { return i.GroupName == name })
	if found < 0 {
		f.Fatalf("%d groups are listed and not this one", len(list))
	}
	got := list[found].Settings
	if start, ok := got.StartFrom.(*esdb.Position); !ok || *start != position(from) || got.MaxRetryCount != 42 {
		f.Fatalf("got %+v, want a start at %+v and 42 retries", got, position(from))
	}
	c = connect()
	must(f.c.RestartPersistentSubscriptionSubsystem(f.ctx, esdb.RestartPersistentSubscriptionSubsystemOptions{}))
	c.wantDropped(codes.Canceled)
	c = connect()
	f.append(s, esdb.Any{}, events(1)...)
	for e := c.next(); e.Event.OriginalEvent().EventNumber != 2; e = c.next() { // at least once
		c.ack(e)
	}
	must(f.c.DeletePersistentSubscriptionToAll(f.ctx, name, esdb.DeletePersistentSubscriptionOptions{}))
	c.wantDropped(codes.Canceled)
}
