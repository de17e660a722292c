package storetest

import (
	"strconv"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/go-cmp/cmp"
)

// needsRestart skips a test on a server that is only named.
func (f *fixture) needsRestart() {
	f.Helper()
	if f.Restart == nil {
		f.Skip("this server cannot be restarted from here")
	}
}

// restarted ends the server and starts it again. Clients from before are used no
// more: each would fail once before it finds the server again.
func (f *fixture) restarted() {
	f.Helper()
	f.Restart(f)
	f.c = f.client(f.Config)
}

var restartTests = []contractTest{
	{"EventsAreWhatTheyWere", func(f *fixture) {
		f.needsRestart()
		s := f.stream()
		data := events(3)
		f.append(s, esdb.NoStream{}, data...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetTruncateBefore(1) })
		before := f.mustRead(s, esdb.ReadStreamOptions{}, everything)
		f.wantRevisions(before, 1, 2)
		f.restarted()
		if diff := cmp.Diff(before, f.mustRead(s, esdb.ReadStreamOptions{}, everything)); diff != "" {
			f.Fatalf("events before and after the restart:\n%s", diff)
		}
		f.append(s, esdb.Revision(2), events(1)...)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 1, 2, 3)
	}},
	{"DeletedStreamsAreDeleted", func(f *fixture) {
		f.needsRestart()
		deleted, ended := f.stream(), f.stream()
		f.append(deleted, esdb.NoStream{}, events(3)...)
		f.append(ended, esdb.NoStream{}, events(1)...)
		f.mustDelete(deleted)
		f.mustTombstone(ended)
		f.restarted()
		f.wantNotFound(deleted)
		f.append(deleted, esdb.NoStream{}, events(1)...)
		f.wantRevisions(f.mustRead(deleted, esdb.ReadStreamOptions{}, everything), 3)
		f.appendRefused(esdb.ErrorCodeStreamDeleted, ended, esdb.Any{}, events(1)...)
	}},
	{"RepetitionIsRecognised", func(f *fixture) {
		f.needsRestart()
		s := f.stream()
		data := events(2)
		before := f.append(s, esdb.NoStream{}, data...)
		f.restarted()
		wants := []esdb.ExpectedRevision{esdb.NoStream{}}
		if !f.ForgetsIDs {
			wants = append(wants, esdb.Any{})
		}
		for _, want := range wants {
			if again := f.append(s, want, data...); *again != *before {
				f.Fatalf("expecting %T the repetition got %+v, want %+v", want, *again, *before)
			}
		}
		f.wantLength(s, 2)
	}},
	{"PersistentSubscriptionsGoOn", func(f *fixture) {
		f.needsRestart()
		groupsGoOn(f, f.restarted)
	}},
	{"PersistentSubscriptionsGoOnWhereTheyAloneAreRestarted", func(f *fixture) {
		groupsGoOn(f, func() {
			if err := f.c.RestartPersistentSubscriptionSubsystem(f.ctx, esdb.RestartPersistentSubscriptionSubsystemOptions{}); err != nil {
				f.Fatal(err)
			}
		})
	}},
}

// groupsGoOn restarts a server on which one group has got half way and another has
// not begun. Each must go on from where it was, with its settings.
func groupsGoOn(f *fixture, restart func()) {
	s := f.stream()
	f.append(s, esdb.NoStream{}, events(40)...)
	g := f.group(s, func(st *esdb.PersistentSubscriptionSettings) {
		st.CheckpointLowerBound, st.CheckpointUpperBound, st.CheckpointAfter = 1, 10, 10
	})
	idle := f.group(s, func(st *esdb.PersistentSubscriptionSettings) { st.MaxRetryCount = 42 })
	c := g.connect(10)
	for i := range uint64(20) {
		c.ack(c.want(i))
	}
	g.wantCheckpoint(19)
	restart()
	c = g.connect(10)
	for i := range uint64(20) {
		c.ack(c.want(20 + i))
	}
	if n := g.info().Settings.CheckpointUpperBound; n != 10 {
		f.Fatalf("got a checkpoint after %d events, want 10", n)
	}
	if n := idle.info().Settings.MaxRetryCount; n != 42 {
		f.Fatalf("got %d retries, want 42", n)
	}
	c = idle.connect(1)
	c.ack(c.want(0))
}

// wantCheckpoint follows where the group keeps its place until it has got to a revision.
func (g *group) wantCheckpoint(revision uint64) {
	g.f.Helper()
	sub := g.f.follow("$persistentsubscription-"+g.stream+"::"+g.name+"-checkpoint", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	for {
		text := string(sub.event().Event.Data)
		if got, err := strconv.ParseUint(strings.Trim(text, `"`), 10, 64); err != nil {
			g.f.Fatalf("got checkpoint %s: %v", text, err)
		} else if got == revision {
			return
		}
	}
}
