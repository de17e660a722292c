package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/hubtest/parts"
)

const health = "kent-health"

// asked has the record hold n questions to one agency, and gives their contacts in order.
func asked(t *testing.T, p *parts.Parts, n int) (contacts []string) {
	t.Helper()
	for i := range n {
		s := p.Triaged(fmt.Sprintf("m-%d", i))
		s.Consented(time.Time{}, health)
		s.Asked(health)
		contacts = append(contacts, s.ID)
	}
	return contacts
}

func newFeed(t *testing.T, p *parts.Parts, noteEvery int) *feed {
	t.Helper()
	o := New(Config{Store: p.Store, Bus: p.Bus, Registry: p.Registry, Now: p.Clock.Now, Logger: p.Log(), NoteEvery: noteEvery})
	a, ok := p.Registry.Agency(health)
	if !ok {
		t.Fatalf("%s is not in the registry", health)
	}
	return o.feed(a)
}

// killed runs a feed that is gone, without a word, when OUT holds n messages and the next is to be published.
func killed(t *testing.T, p *parts.Parts, noteEvery int, n uint64) {
	t.Helper()
	gone := errors.New("killed")
	f := newFeed(t, p, noteEvery)
	resume(t, p, f)
	err := p.Store.Subscribe(p.Context(), eventstore.Subscription{After: f.from, Sealed: true, MaxBatch: 1, Handle: func(ctx context.Context, b eventstore.Batch) error {
		for _, r := range b.Events {
			if ours := noticesFor(health, r.Message); len(ours) > 0 && f.last == n && len(f.held) == 0 {
				return gone
			}
		}
		f.take(b)
		return f.drain(ctx)
	}})
	if !errors.Is(err, gone) {
		t.Fatalf("ended with %v before it was killed", err)
	}
	if got := len(p.Out(health)); got != int(n) {
		t.Fatalf("%d messages when it was killed, want %d", got, n)
	}
}

// Killed between any publish and the note of its cursor, and started again: the agency has every question once, in the order of the record.
func TestAKilledOutboxSendsNothingTwice(t *testing.T) {
	const n = 5
	for _, noteEvery := range []int{1, 3, 100} {
		t.Run(fmt.Sprintf("noted every %d", noteEvery), func(t *testing.T) {
			p := parts.Start(t)
			want := asked(t, p, n)
			for published := range uint64(n) {
				killed(t, p, noteEvery, published)
			}
			o := New(Config{Store: p.Store, Bus: p.Bus, Registry: p.Registry, Now: p.Clock.Now, Logger: p.Log()})
			stop := p.Run(o.Run)
			p.Partner(health).Take(n)
			stop()
			exactly(t, p, want)
		})
	}
}

// Of two outboxes each message is published by one, whoever is ahead.
func TestTwoOutboxesSendEverythingOnce(t *testing.T) {
	p := parts.Start(t)
	var stops []func()
	for range 2 {
		o := New(Config{Store: p.Store, Bus: p.Bus, Registry: p.Registry, Now: p.Clock.Now, Logger: p.Log(), NoteEvery: 3})
		stops = append(stops, p.Run(o.Run))
	}
	want := asked(t, p, 12)
	p.Partner(health).Take(12)
	for _, stop := range stops {
		stop()
	}
	exactly(t, p, want)
}

// The fence, step by step: an outbox that was away while another published finds its message in OUT, and goes on behind it.
func TestAnOutboxThatIsBehindIsFenced(t *testing.T) {
	p := parts.Start(t)
	ahead, behind := newFeed(t, p, 100), newFeed(t, p, 100)
	resume(t, p, ahead)
	resume(t, p, behind)
	want := asked(t, p, 2)
	events := requests(t, p)
	give := func(f *feed, i int) {
		must(t, f.tell(p.Context(), job{events[i], noticesFor(health, events[i].Message)}))
	}
	give(ahead, 0)
	give(ahead, 1)
	give(behind, 0)
	if got := behind.settled(); got != 1 {
		t.Errorf("who has met the first of two events would note OUT at %d, want 1: the second is still to be found", got)
	}
	give(behind, 1)
	exactly(t, p, want)
	if behind.last != 2 || len(behind.held) != 0 {
		t.Errorf("after both it knows OUT to %d with %d held, want 2 and 0", behind.last, len(behind.held))
	}
}

// A cursor that the slower of two notes late is true: what it says is still to come is found in OUT.
func TestALateNoteOfACursorIsTrue(t *testing.T) {
	p := parts.Start(t)
	want := asked(t, p, 3)
	ahead, behind := newFeed(t, p, 100), newFeed(t, p, 100)
	resume(t, p, ahead)
	resume(t, p, behind)
	for i, r := range requests(t, p) {
		for _, f := range []*feed{ahead, behind}[:2-min(i, 1)] {
			f.take(eventstore.Batch{Events: []eventstore.Recorded{r}, Position: r.Position})
			must(t, f.drain(p.Context()))
		}
	}
	must(t, behind.look(p.Context()))
	ahead.note(p.Context())
	behind.note(p.Context())
	o := New(Config{Store: p.Store, Bus: p.Bus, Registry: p.Registry, Now: p.Clock.Now, Logger: p.Log()})
	stop := p.Run(o.Run)
	last := p.Triaged("last")
	last.Consented(time.Time{}, health)
	last.Asked(health)
	p.Partner(health).Take(4)
	stop()
	exactly(t, p, append(want, last.ID))
}

// What was never noted and what was noted are the same to an outbox that is stopped in good order: it writes one cursor, not one a message.
func TestACursorIsNotedNowAndThen(t *testing.T) {
	p := parts.Start(t)
	asked(t, p, 10)
	o := New(Config{Store: p.Store, Bus: p.Bus, Registry: p.Registry, Now: p.Clock.Now, Logger: p.Log(), NoteEvery: 1000})
	stop := p.Run(o.Run)
	p.Partner(health).Take(10)
	stop()
	if got := len(p.Events(Stream(health))); got != 1 {
		t.Errorf("%d cursors were noted for 10 messages, want 1", got)
	}
	f := newFeed(t, p, 100)
	resume(t, p, f)
	// The last of the ten may have been in OUT before its outbox heard so.
	if f.last != 10 || len(f.held) > 1 {
		t.Errorf("it resumes at %d of OUT with %d to be found, want 10 and at most 1", f.last, len(f.held))
	}
}

// An agency whose OUT cannot take more waits; the others do not.
func TestAFullOutHoldsUpNobodyElse(t *testing.T) {
	p := parts.Start(t, parts.Limits(bus.Limits{Out: 3000}))
	o := New(Config{Store: p.Store, Bus: p.Bus, Registry: p.Registry, Now: p.Clock.Now, Logger: p.Log()})
	p.Run(o.Run)
	full := asked(t, p, 8)
	s := p.Triaged("other")
	s.Consented(time.Time{}, "kent-schools")
	s.Asked("kent-schools")
	p.Partner("kent-schools").Next()
	if got := len(p.Out(health)); got == 0 || got >= len(full) {
		t.Errorf("OUT holds %d of %d messages: it was to be full, or nothing was proved", got, len(full))
	}
}

// resume has a feed begin, as Run does.
func resume(t *testing.T, p *parts.Parts, f *feed) {
	t.Helper()
	must(t, f.resume(p.Context()))
	must(t, f.look(p.Context()))
}

// requests are the questions on record, in order and sealed, as a subscription hands them over.
func requests(t *testing.T, p *parts.Parts) (events []eventstore.Recorded) {
	t.Helper()
	enough := errors.New("enough")
	err := p.Store.Subscribe(p.Context(), eventstore.Subscription{Sealed: true, Handle: func(_ context.Context, b eventstore.Batch) error {
		for _, r := range b.Events {
			if ours := noticesFor(health, r.Message); len(ours) > 0 {
				events = append(events, r)
			}
		}
		if b.CaughtUp {
			return enough
		}
		return nil
	}})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	return events
}

// exactly compares OUT with the contacts that were asked about, in order.
func exactly(t *testing.T, p *parts.Parts, want []string) {
	t.Helper()
	var got, ids []string
	for _, m := range p.Out(health) {
		e, err := bus.DecodeEnvelope(m.Header)
		must(t, err)
		ids = append(ids, e.ID)
		got = append(got, parts.Decode(p, m, &intakepb.InformationRequest{}).GetContactId())
	}
	if !slices.Equal(got, want) {
		t.Errorf("OUT is about %v, want %v", got, want)
	}
	slices.Sort(ids)
	if once := slices.Compact(slices.Clone(ids)); len(once) != len(ids) {
		t.Errorf("%d messages have %d ids", len(ids), len(once))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
