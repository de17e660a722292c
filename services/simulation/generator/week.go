package generator

import (
	"cmp"
	"iter"
	"slices"
	"time"
)

// weeksOfYear is how many weeks Year gives: 52 of 1,604 contacts are some 83,000.
const weeksOfYear = 52

// slotted is something that is to happen: a contact through a channel, or, with none, a change of a case.
type slotted struct {
	at      time.Time
	channel *channel
}

// Week makes up the next seven days. The first week begins with the cases that are open by then, at its start.
func (g *Generator) Week() Week {
	w := Week{Start: g.next, End: g.next.AddDate(0, 0, 7)}
	g.next = w.End
	volume := g.volume
	if volume == 0 {
		volume = volumeOf(w.Start, g.rng)
	}
	w.Steps = make([]Step, 0, volume+volume/4)
	if g.initial {
		w.Steps = g.openingBalance(w.Steps, w.Start, volume)
		g.initial = false
	}
	for _, s := range g.schedule(w.Start, volume) {
		if s.channel != nil {
			w.Steps = append(w.Steps, g.contact(s.channel, s.at))
		} else {
			w.Steps = g.changeOfCase(w.Steps, s.at, w.End)
		}
	}
	if g.beside != nil {
		w.Talks = g.beside.talks(w.Start, volume, g.closed)
	}
	slices.SortStableFunc(w.Steps, func(a, b Step) int {
		return cmp.Or(a.At.Compare(b.At), -cmp.Compare(a.Kind, b.Kind)) // "open-case" before "contact"
	})
	return w
}

// schedule draws what happens when, in order of time.
func (g *Generator) schedule(start time.Time, volume int) []slotted {
	agendas := map[*rhythm]agenda{}
	when := func(r *rhythm) time.Time {
		a, ok := agendas[r]
		if !ok {
			a = r.over(start, g.closed)
			agendas[r] = a
		}
		return a.draw(g.rng)
	}
	all := make([]slotted, 0, volume+volume/16)
	for range volume {
		c := g.channels[g.pick.draw(g.rng)]
		all = append(all, slotted{when(c.rhythm), c})
	}
	if g.cases.feed {
		for range volume / casesPerContact {
			// The case-management system sends its changes on the hour.
			all = append(all, slotted{when(officeHours).Truncate(time.Hour), nil})
		}
	}
	slices.SortStableFunc(all, func(a, b slotted) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(btoi(a.channel != nil), btoi(b.channel != nil)))
	})
	return all
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Year gives 52 weeks, one at a time.
func (g *Generator) Year() iter.Seq[Week] {
	return func(yield func(Week) bool) {
		for range weeksOfYear {
			if !yield(g.Week()) {
				return
			}
		}
	}
}

// Contacts gives n contacts with no order of the day, all at the start: payloads for a benchmark, as many and as fast as
// wanted. Their mix is that of a week, without open cases.
func (g *Generator) Contacts(n int) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		for range n {
			if !yield(g.contact(g.channels[g.pick.draw(g.rng)], g.next)) {
				return
			}
		}
	}
}
