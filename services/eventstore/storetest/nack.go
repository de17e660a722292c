package storetest

import "github.com/EventStore/EventStore-Client-Go/v4/esdb"

var nackTests = []contractTest{
	{"RetriedEventComesAgainWithItsCount", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(1)...)
		c := f.group(s, nil).connect(10)
		for i := range 3 {
			e := c.want(0)
			if e.RetryCount != i {
				f.Fatalf("got retry count %d, want %d", e.RetryCount, i)
			}
			c.nack(esdb.NackActionRetry, e)
		}
	}},
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
