package generator

import (
	"time"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// telling is a contact that was made up: what later ones may tell again.
type telling struct {
	id       string
	at       time.Time
	family   *family
	main     *kid
	theme    *theme
	channel  *channel
	occurred *intakepb.Occurrence
}

// How contacts repeat, in a thousand. About one in five is about a child who was heard of in the same week, as 22.4 % of
// referrals in England 2023-24 came within a year of another; some of them tell of the very same thing.
const (
	tellsAgain    = 70
	sameFamily    = 190
	openCase      = 140
	againWithin   = 48 * time.Hour
	resemblesDays = 7
)

// shared are the kinds of work that can tell of one thing from two sides.
var shared = map[string]bool{support: true, section47: true, ambulance: true, nspcc: true, police: true, abuseNotice: true, public: true}

// subject is what a contact is to be about.
type subject struct {
	family *family
	main   *kid
	theme  *theme
	again  *telling // the contact that it tells again; nil for most
}

// subjectOf decides whom a contact is about: somebody new, somebody heard of before, or somebody with an open case.
func (g *Generator) subjectOf(workType string, c *channel, now time.Time) subject {
	about := g.themeOf(workType, c)
	x := g.rng.IntN(1000)
	if x < tellsAgain && shared[workType] {
		if t := g.toTellAgain(c, now); t != nil {
			return subject{t.family, t.main, t.theme, t}
		}
	}
	if about != alone {
		// A family that the theme does not fit is passed over; after three there is a new one, so the shares of repeats stay below
		// what the constants say.
		for range 3 {
			if f := g.known(x); f != nil {
				if k := g.fitting(f, about, now); k != nil {
					return subject{f, k, about, nil}
				}
			}
		}
	}
	f := g.newFamily(about, now)
	g.families.push(f)
	return subject{f, f.kids[0], about, nil}
}

// themeOf lets what a sender does decide before what the form is for: housing writes about homes.
func (g *Generator) themeOf(workType string, c *channel) *theme {
	if t, ok := voiceThemes[c.voice]; ok && workType == support {
		return t.draw(g.rng)
	}
	return themesOf[workType].draw(g.rng)
}

// toTellAgain finds a contact of the last two days that this sender could have heard of too.
func (g *Generator) toTellAgain(c *channel, now time.Time) *telling {
	for range min(4, len(g.recent.values)) {
		t := one(g.rng, g.recent.values)
		if t.channel != c && t.channel.agency != c.agency && now.Sub(t.at) < againWithin {
			return t
		}
	}
	return nil
}

// known draws a family that is not new, or nil.
func (g *Generator) known(x int) *family {
	switch {
	case x < tellsAgain+sameFamily && len(g.recent.values) > 0 && chance(g.rng, 700):
		return one(g.rng, g.recent.values).family
	case x < tellsAgain+sameFamily && len(g.families.values) > 0:
		return one(g.rng, g.families.values)
	case x < tellsAgain+sameFamily+openCase && len(g.cases.open) > 0:
		return one(g.rng, g.cases.open).family
	default:
		return nil
	}
}

// fitting finds a child whom the theme fits; a child with an open case is preferred, as it is why the family is known.
func (g *Generator) fitting(f *family, about *theme, now time.Time) *kid {
	var found *kid
	for _, k := range f.kids {
		g.birth(k, f, now)
		if about.fits(k, now) && (found == nil || k.record != nil && k.record.open) {
			found = k
		}
	}
	return found
}

// birth turns a child who was expected by now into one who is born.
func (g *Generator) birth(k *kid, f *family, now time.Time) {
	if !k.unborn || now.Before(k.born) {
		return
	}
	k.unborn, k.sex, k.given = false, "F", one(g.rng, f.community.girl)
	if chance(g.rng, 515) {
		k.sex, k.given = "M", one(g.rng, f.community.boy)
	}
	k.nhs = g.numbers.nextNHS()
}

// remember notes a contact for those that come after it. One that tells again is no original for a third.
func (g *Generator) remember(s *Step, about subject, c *channel, workType string, contact *intakepb.Contact) {
	if about.again != nil {
		s.SameAs = about.again.id
		return
	}
	if last := about.family.last; last != nil && s.At.Sub(last.at) < resemblesDays*24*time.Hour {
		s.Resembles = last.id
	}
	t := &telling{id: s.ID, at: s.At, family: about.family, main: about.main, theme: about.theme, channel: c, occurred: contact.GetOccurred()}
	about.family.last = t
	if shared[workType] {
		g.recent.push(t)
	}
}
