package storetest

import "github.com/EventStore/EventStore-Client-Go/v4/esdb"

var replayTests = []contractTest{
	{"ParkedEventsAreReplayed", func(f *fixture) {
		s := f.stream()
		data := events(3)
		f.append(s, esdb.NoStream{}, data...)
		g := f.group(s, nil)
		c := g.connect(10)
		c.nack(esdb.NackActionPark, c.want(0))
		c.nack(esdb.NackActionPark, c.want(1))
		c.ack(c.want(2))
		g.wantParked(2)
		if n := g.info().Stats.ParkedMessagesCount; n != 2 {
			f.Fatalf("%d events are parked, want 2", n)
		}
		if err := f.c.ReplayParkedMessages(f.ctx, s, g.name, esdb.ReplayParkedMessagesOptions{}); err != nil {
			f.Fatal(err)
		}
		for i := range 2 {
			e := c.next()
			if e.Event.Event == nil || e.Event.Event.EventID != data[i].EventID {
				f.Fatalf("got %+v, want event %d again", e.Event.Event, i)
			}
			c.ack(e)
		}
		f.append(s, esdb.Any{}, events(1)...)
		c.ack(c.want(3))
	}},
	{"ParkedLinkIsReplayedAsWhatItLedTo", func(f *fixture) {
		target, s := f.stream(), f.stream()
		data := events(1)
		f.append(target, esdb.NoStream{}, data...)
		f.append(s, esdb.NoStream{}, link(0, target), link(0, f.stream()))
		g := f.group(s, func(st *esdb.PersistentSubscriptionSettings) { st.ResolveLinkTos = true })
		c := g.connect(10)
		c.nack(esdb.NackActionPark, c.want(0))
		c.nack(esdb.NackActionPark, c.want(1))
		g.wantParked(2)
		if err := f.c.ReplayParkedMessages(f.ctx, s, g.name, esdb.ReplayParkedMessagesOptions{}); err != nil {
			f.Fatal(err)
		}
		for _, want := range []*esdb.EventData{&data[0], nil} { // the second leads nowhere, and is not lost for that
			e := c.next()
			if got := e.Event.Event; (got == nil) != (want == nil) || (got != nil && got.EventID != want.EventID) {
				f.Fatalf("got %+v, want %+v", got, want)
			}
			c.ack(e)
		}
	}},
}
