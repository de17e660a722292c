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
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
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

// Two outboxes that find a whole backlog publish it at once, many messages on their way together: whatever each of them loses to the other,
// every message is there once and in order.
func TestTwoOutboxesWorkOffABacklogOnce(t *testing.T) {
	p := parts.Start(t)
	want := asked(t, p, 40)
	var stops []func()
	for range 2 {
		o := New(Config{Store: p.Store, Bus: p.Bus, Registry: p.Registry, Now: p.Clock.Now, Logger: p.Log(), NoteEvery: 7})
		stops = append(stops, p.Run(o.Run))
	}
	p.Partner(health).Take(len(want))
	for _, stop := range stops {
		stop()
	}
	exactly(t, p, want)
}

// Killed with messages on their way of which it never hears: some of them, all or none are in OUT by then.
func TestKilledWithMessagesOnTheirWay(t *testing.T) {
	for stored := range 4 {
		t.Run(fmt.Sprintf("%d of 3 stored", stored), func(t *testing.T) {
			p := parts.Start(t)
			want := asked(t, p, 5)
			f := newFeed(t, p, 1)
			resume(t, p, f)
			var jobs []job
			for _, r := range requests(t, p)[:stored] {
				jobs = append(jobs, job{r, noticesFor(health, r.Message)})
			}
			flights, err := f.launch(p.Context(), jobs)
			must(t, err)
			for _, fl := range flights { // the server has them; the feed does not get to know
				_, err := fl.publication.Wait(p.Context())
				must(t, err)
			}
			stop := p.Run(New(Config{Store: p.Store, Bus: p.Bus, Registry: p.Registry, Now: p.Clock.Now, Logger: p.Log()}).Run)
			p.Partner(health).Take(len(want))
			stop()
			exactly(t, p, want)
		})
	}
}

// A message that another outbox stored in the place of the first of three: the two that were to follow that first are not stored behind it.
func TestMessagesDoNotFollowAnothersInTheirPlace(t *testing.T) {
	p := parts.Start(t)
	want := asked(t, p, 3)
	ours, other := newFeed(t, p, 100), newFeed(t, p, 100)
	resume(t, p, ours)
	resume(t, p, other)
	var jobs []job
	for _, r := range requests(t, p) {
		jobs = append(jobs, job{r, noticesFor(health, r.Message)})
	}
	must(t, other.deliver(p.Context(), jobs[1:2])) // as if it had withheld the first
	must(t, ours.deliver(p.Context(), jobs))
	exactly(t, p, []string{want[1], want[0], want[2]})
}

// What is folded with its parts sealed answers as what casework decides by, which is folded open.
func TestASealedContactStandsAsAnOpenOne(t *testing.T) {
	p := parts.Start(t)
	s := p.Triaged("m-1")
	s.Consented(parts.Monday.Add(time.Hour), health, "kent-schools")
	s.Asked(health, "kent-schools")
	s.Do(access.AgencySystem, contact.ShareInformation{Agency: "kent-schools", RequestID: "r1", Answer: contact.AnswerNothingKnown})
	sealed := newFile(s.Stream)
	must(t, sealed.read(p.Context(), p.Store))
	open := contact.Initial()
	for _, r := range p.Events(s.Stream) {
		var err error
		open, err = contact.Evolve(open, r.Message)
		must(t, err)
	}
	stood := 0
	for _, agency := range []string{health, "kent-schools", "kent-police"} {
		for _, at := range []time.Time{parts.Monday, parts.Monday.Add(2 * time.Hour)} {
			got, want := sealed.state.Stands("r1", agency, at), open.Stands("r1", agency, at)
			if got != want {
				t.Errorf("the question to %s at %v stands: %t, want %t", agency, at, got, want)
			}
			if want {
				stood++
			}
		}
	}
	if stood != 1 {
		t.Errorf("%d of six questions stand, want the one that waits while its consent lasts", stood)
	}
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
		must(t, f.deliver(p.Context(), []job{{events[i], noticesFor(health, events[i].Message)}}))
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
	want := asked(t, p, 10)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	f := newFeed(t, p, 1000)
	resume(t, p, f)
	f.at = time.Now().Add(time.Hour) // what is noted after a while is not this test's, however slow the machine is
	for _, r := range requests(t, p) {
		f.take(eventstore.Batch{Events: []eventstore.Recorded{r}, Position: r.Position})
		must(t, f.drain(p.Context()))
	}
	if got := len(p.Events(Stream(health))); got != 0 {
		t.Errorf("%d cursors were noted while 10 messages went out, want none before the end", got)
	}
	must(t, f.run(stopped))
	if got := len(p.Events(Stream(health))); got != 1 {
		t.Errorf("%d cursors were noted for 10 messages, want 1", got)
	}
	f = newFeed(t, p, 100)
	must(t, f.resume(p.Context()))
	if f.last != 10 {
		t.Errorf("it resumes at %d of OUT, want 10", f.last)
	}
	f.at = time.Now().Add(-noteAfter)
	last := p.Triaged("last")
	last.Consented(time.Time{}, health)
	last.Asked(health)
	must(t, f.look(p.Context()))
	for _, r := range requests(t, p) {
		f.take(eventstore.Batch{Events: []eventstore.Recorded{r}, Position: r.Position})
		must(t, f.drain(p.Context()))
	}
	if got := len(p.Events(Stream(health))); got != 2 {
		t.Errorf("%d cursors were noted when one was due and a message went out, want 2", got)
	}
	exactly(t, p, append(want, last.ID))
}

// Stopped in the middle, whatever was on its way is in OUT though the outbox may not have heard so: the next one finds it there.
func TestWhatIsOnItsWayAtTheStopIsFound(t *testing.T) {
	p := parts.Start(t)
	want := asked(t, p, 10)
	c := Config{Store: p.Store, Bus: p.Bus, Registry: p.Registry, Now: p.Clock.Now, Logger: p.Log(), NoteEvery: 1000}
	partner := p.Partner(health)
	stop := p.Run(New(c).Run)
	partner.Take(10)
	stop()
	stop = p.Run(New(c).Run)
	last := p.Triaged("last")
	last.Consented(time.Time{}, health)
	last.Asked(health)
	partner.Take(1)
	stop()
	exactly(t, p, append(want, last.ID))
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
	p.Partner(health).Next() // the two feeds are in no order: wait for the first of those that fit
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

// Killed between two actions that one event gives an agency: the next outbox sends the one that is missing, and not the other again.
func TestAKilledOutboxTellsTheRestOfAnEvent(t *testing.T) {
	p := parts.Start(t)
	at := parts.Monday
	m := p.Triaged("m-1").Meeting()
	m.Called("meeting", at, health, "kent-police")
	c := parts.Conclusion("meeting", at, health, "kent-police")
	for range 3 {
		c.Actions = append(c.Actions, strategymeeting.Action{Agency: health, Words: "Look into the records.", DueAt: at.Add(24 * time.Hour)})
	}
	m.Do(access.TeamManager, c)
	events := requests(t, p)
	last := events[len(events)-1]
	all := noticesFor(health, last.Message)
	if len(all) != 3 {
		t.Fatalf("%d notices of the conclusion, want an action each of three", len(all))
	}
	killed := newFeed(t, p, 1)
	resume(t, p, killed)
	flights, err := killed.launch(p.Context(), []job{{last, all[:2]}})
	must(t, err)
	if _, err = killed.land(p.Context(), flights); err != nil {
		t.Fatal(err)
	}
	n := killed.settle([]job{{last, all}}, flights)
	if settled := killed.settled(); n != 0 || settled != 0 {
		t.Errorf("told in part, %d events count as met and OUT would be noted at %d, want none and 0", n, settled)
	}
	o := New(Config{Store: p.Store, Bus: p.Bus, Registry: p.Registry, Now: p.Clock.Now, Logger: p.Log()})
	p.Run(o.Run)
	var got []string
	partner := p.Partner(health)
	for range 3 {
		got = append(got, parts.Decode(p, partner.Next(), &intakepb.StrategyAction{}).GetActionId())
	}
	if want := []string{"x1", "x2", "x3"}; !slices.Equal(got, want) || len(p.Out(health)) != 3 {
		t.Errorf("the agency has %v in %d messages, want %v", got, len(p.Out(health)), want)
	}
}
