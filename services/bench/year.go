package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/simulation/generator"
)

// A year is a year of Kent being written into a store, week by week, in the order of time, so that the events of one contact lie among
// those of hundreds of others, as they do in a record that grew.
type year struct {
	store   *eventstore.Store
	profile practice.Profile
	rng     *rand.Rand

	contacts int // that have at least six events
	across   int // that passed straight across
	events   int
	shown    map[string]int    // how many contacts the queue must show, by state
	later    []moment          // chapters of contacts that have arrived, in the weeks to come
	received map[string]string // message id → contact, of those that can be duplicated
}

// all is the number of contacts.
func (y *year) all() int { return y.contacts + y.across }

// A moment is a chapter of a life that is due.
type moment struct {
	at      time.Time
	life    *life
	chapter int
}

// writeYear writes n contacts that have at least six events each, and beside them those that passed straight across meanwhile.
func (r *run) writeYear(ctx context.Context, store *eventstore.Store, n int) (*year, error) {
	profile, err := practice.Builtin()
	if err != nil {
		return nil, err
	}
	g, err := generator.New(generator.Options{Seed: seed, Start: newYear})
	if err != nil {
		return nil, err
	}
	y := &year{store: store, profile: profile, rng: rand.New(rand.NewPCG(seed, 0)), shown: map[string]int{}, received: map[string]string{}}
	for said := 0; y.contacts < n || len(y.later) > 0; {
		week := g.Week()
		if y.contacts < n {
			y.arrivals(week, n)
		}
		if err := y.writeWeek(ctx, week.End); err != nil {
			return nil, err
		}
		if tenth := y.contacts * 10 / n; tenth > said {
			said = tenth
			r.progress("written up to %s: %d contacts, %d events", week.End.Format("2 January 2006"), y.all(), y.events)
		}
	}
	y.later, y.received = nil, nil // what is measured next shall not be slowed by collecting them again and again
	return y, nil
}

// arrivals takes up a week's contacts until there are enough.
func (y *year) arrivals(w generator.Week, enough int) {
	for _, s := range w.Steps {
		m, ok := s.Message.(*intakepb.Contact)
		if !ok || y.contacts == enough {
			continue
		}
		l := newLife(s, m, y.received[s.SameAs], y.rng)
		y.later = append(y.later, moment{l.at[0], l, 0})
		if l.across() {
			y.across++
			continue
		}
		y.contacts++
		for n := 1; n < chapters; n++ {
			y.later = append(y.later, moment{l.at[n], l, n})
		}
		if l.of == "" {
			y.received[s.ID] = contact.ID(s.Agency, s.Source, s.ID).String()
		}
	}
}

// writeWeek writes all chapters before the end. A contact's chapters go to one goroutine, in their order; the goroutines run side by
// side, so that contacts interleave much as their times do.
func (y *year) writeWeek(ctx context.Context, end time.Time) error {
	lanes := y.lanes(end)
	written := make([]int, inFlight)
	group, ctx := errgroup.WithContext(ctx)
	for i, moments := range lanes {
		group.Go(func() error {
			for _, m := range moments {
				n, err := m.life.write(ctx, y.store, y.profile, m.chapter)
				if err != nil {
					return fmt.Errorf("write a year: %w", err)
				}
				written[i] += n
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, n := range written {
		y.events += n
	}
	for _, moments := range lanes {
		for _, m := range moments {
			if m.last() {
				y.shown[m.life.shown()]++
			}
		}
	}
	return nil
}

// lanes takes what is due before the end out of what is to come.
func (y *year) lanes(end time.Time) [][]moment {
	slices.SortStableFunc(y.later, func(a, b moment) int { return a.at.Compare(b.at) })
	due, _ := slices.BinarySearchFunc(y.later, end, func(m moment, t time.Time) int { return m.at.Compare(t) })
	lanes := make([][]moment, inFlight)
	lane := map[*life]int{}
	for _, m := range y.later[:due] {
		n, found := lane[m.life]
		if !found {
			n = len(lane) % inFlight
			lane[m.life] = n
		}
		lanes[n] = append(lanes[n], m)
	}
	y.later = slices.Clone(y.later[due:])
	return lanes
}

// last says that nothing follows.
func (m moment) last() bool { return m.chapter == chapters-1 || m.life.gone() }
