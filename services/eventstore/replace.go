package eventstore

import (
	"context"
	"errors"
	"slices"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// A client that has given up says "connection is closed" for ever after; one whose connection broke forgets it and leaves
// it open for ever when it makes the next one; and one may be stuck in a way nobody has seen yet. All three are replaced
// here. Calls that run on the old one keep it until they end, and the last one closes it.

// judge replaces a client that says that it is closed, or that its connection broke.
func (l *links) judge(k *link, err error) {
	var client *esdb.Error
	if !errors.As(err, &client) {
		return
	}
	switch client.Code() {
	case esdb.ErrorCodeConnectionClosed, esdb.ErrorUnavailable:
		l.replace(k)
	}
}

// suspect is told of calls that hang. In an outage a client is right to hang, so a second client, with one attempt only,
// looks whether the store is there: if it answers, the first one is stuck.
func (l *links) suspect(k *link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || k.retired || l.probing {
		return
	}
	l.probing = true
	go func() {
		if l.probe() {
			l.replace(k)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.probing = false
		l.idle.Broadcast()
	}()
}

func (l *links) probe() bool {
	config := l.config
	config.MaxDiscoverAttempts = 1
	client, err := esdb.NewClient(&config)
	if err != nil {
		return false
	}
	defer client.Close() // its one call is over
	ctx, cancel := context.WithTimeout(context.Background(), suspectAfter)
	defer cancel()
	stream, err := client.ReadAll(ctx, esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.End{}}, 1)
	if err != nil {
		return false
	}
	defer stream.Close()
	_, err = stream.Recv()
	return err == nil
}

func (l *links) replace(k *link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.current, k)
	if i < 0 || l.closed {
		return
	}
	fresh, err := l.dial() // only makes a goroutine; it connects with its first call
	if err != nil {
		return
	}
	l.logger.Info("replacing an event store client", "calls", k.calls)
	l.current[i] = fresh
	l.retire(k)
}
