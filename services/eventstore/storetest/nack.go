package storetest

import "github.com/EventStore/EventStore-Client-Go/v4/esdb"

var nackTests = []contractTest{
	{"RetriedEventComesAgainWithItsCount", func(f *fixture) { comesAgain(f, esdb.NackActionRetry) }},
	{"UnknownIsLeftToTheServerWhichRetries", func(f *fixture) { comesAgain(f, esdb.NackActionUnknown) }},
	{"EventIsParkedAfterItsRetries", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		g := f.group(s, func(st *esdb.PersistentSubscriptionSettings) { st.MaxRetryCount = 1 })
		c := g.connect(1)
		c.nack(esdb.NackActionRetry, c.want(0))
		c.nack(esdb.NackActionRetry, c.want(0))
		c.ack(c.want(1))
		g.wantParked(1)
	}},
	{"SkippedEventIsGone", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		c := f.group(s, nil).connect(1)
		c.nack(esdb.NackActionSkip, c.want(0))
		c.ack(c.want(1))
	}},
	// The action's name promises an end of the subscription. What EventStoreDB does is
	// to take the event for dealt with: it neither comes again nor is it parked.
	{"StoppedEventIsGoneAndTheSubscriptionGoesOn", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		g := f.group(s, nil)
		c := g.connect(1)
		c.nack(esdb.NackActionStop, c.want(0))
		c.ack(c.want(1))
		if n := g.info().Stats.ParkedMessagesCount; n != 0 {
			f.Fatalf("%d events are parked, want none", n)
		}
	}},
	{"UnansweredEventComesAgain", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(1)...)
		c := f.group(s, func(st *esdb.PersistentSubscriptionSettings) { st.MessageTimeout = 100 }).connect(10)
		c.want(0)
		if e := c.want(0); e.RetryCount != 1 {
			f.Fatalf("got retry count %d, want 1", e.RetryCount)
		}
	}},
}

// comesAgain answers an event with an action that has it delivered again, and again.
func comesAgain(f *fixture, action esdb.NackAction) {
	s := f.stream()
	f.append(s, esdb.NoStream{}, events(1)...)
	c := f.group(s, nil).connect(10)
	for i := range 3 {
		e := c.want(0)
		if e.RetryCount != i {
			f.Fatalf("got retry count %d, want %d", e.RetryCount, i)
		}
		c.nack(action, e)
	}
}
