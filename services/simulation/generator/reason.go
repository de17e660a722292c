package generator

import (
	"cmp"
	"strconv"
	"time"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// sceneOf says what the slots of a contact's sentences stand for, in the words of a sender who knows what the message says.
func (g *Generator) sceneOf(about subject, kids []*kid, m *intakepb.Contact, at time.Time) scene {
	s := scene{days: g.words.lists["day"], weekdays: g.words.lists["weekday"]}
	main, w := m.Children[0], &s.words
	w[slotChild] = spoken(main)
	w[slotThey], w[slotThem], w[slotTheir] = pronouns(main)
	w[slotAge] = "under a year old"
	if age := kids[0].ageAt(at); age > 0 {
		w[slotAge] = strconv.Itoa(age)
	}
	w[slotSchool] = cmp.Or(kids[0].school, "the setting")
	names := make([]string, len(m.Children))
	for i, c := range m.Children {
		names[i] = spoken(c)
	}
	w[slotChildren] = listed(names)
	w[slotKids], w[slotAre], w[slotWere] = "child", "is", "was"
	if len(names) > 1 {
		w[slotKids], w[slotAre], w[slotWere] = "children", "are", "were"
	}
	w[slotTown] = about.family.town
	s.adults(about.family, m)
	return s
}

// adults names those whom the sender names, the others by what they are.
func (s *scene) adults(f *family, m *intakepb.Contact) {
	w := &s.words
	w[slotParent], w[slotShe], w[slotHer] = "the parent", "the parent", "the parent's"
	w[slotPartner], w[slotHim] = "a partner", "them"
	if len(f.adults) > 0 {
		w[slotParent] = "the " + f.adults[0].relationship
		w[slotShe], _, w[slotHer] = f.adults[0].pronouns()
	}
	if len(f.adults) > 1 {
		_, w[slotHim], _ = f.adults[1].pronouns()
		for _, h := range m.Household {
			if h.Name == f.adults[1].name {
				w[slotPartner] = h.Name
			}
		}
	}
}

// spoken is how a sentence calls the child.
func spoken(c *intakepb.Child) string {
	switch {
	case c.Unborn:
		return "the unborn baby"
	case c.GivenName != "":
		return c.GivenName
	default:
		return "the child"
	}
}

// pronouns of a child whose sex is not known are the name again, which spares the verbs a plural.
func pronouns(c *intakepb.Child) (they, them, their string) {
	if c.Sex == "U" {
		return spoken(c), spoken(c), spoken(c) + "'s"
	}
	return person{woman: c.Sex == "F"}.pronouns()
}

// pronouns in the order subject, object, possessive.
func (p person) pronouns() (they, them, their string) {
	if p.woman {
		return "she", "her", "her"
	}
	return "he", "him", "his"
}

// length is how many sentences of a kind a sender writes, at the least and at the most.
type length struct{ event, detail, child, context, history, good [2]int }

var (
	professional = length{event: [2]int{1, 2}, detail: [2]int{1, 3}, child: [2]int{1, 1}, context: [2]int{0, 3}, history: [2]int{0, 2}, good: [2]int{0, 1}}
	brief        = length{event: [2]int{1, 1}, detail: [2]int{0, 1}, child: [2]int{0, 1}}
)

// chronologies is how often, in a thousand, a professional encloses a chronology, which makes a few reasons long.
const chronologies = 45

// reason puts a text together from the voice of the sender and the sentences of the theme.
func (g *Generator) reason(c *channel, about subject, s *scene, at time.Time) string {
	size, theme := professional, about.theme
	if c.knows.birth < 500 || theme == informationAsk || theme == accessAsk {
		size = brief
	}
	g.text = g.text[:0]
	g.say(c.voice+".opening", 1, s)
	g.saySome(theme.name+"/event", size.event, s)
	g.saySome(theme.name+"/detail", size.detail, s)
	g.saySome(childKey(theme, about.main, at), size.child, s)
	g.saySome("context", size.context, s)
	if about.family.community.language != "English" && chance(g.rng, 250) {
		g.say("language", 1, s)
	}
	g.saySome("history", size.history, s)
	g.saySome("good", size.good, s)
	if size == professional && chance(g.rng, chronologies) {
		g.chronology(theme, s, at)
	}
	g.say(c.voice+".closing", 1, s)
	return string(g.text)
}

// talks is the age from which a theme's sentences may let the child speak.
const talks = 4

// childKey keeps words out of the mouths of those who have none yet.
func childKey(about *theme, k *kid, at time.Time) string {
	if age := k.ageAt(at); age >= 0 && age < talks && about != infantInjury && about != informationAsk && about != accessAsk {
		return "infant"
	}
	return about.name + "/child"
}

// chronology lists dated entries, latest last, as they are pasted in from a record.
func (g *Generator) chronology(about *theme, s *scene, at time.Time) {
	entries := between(g.rng, 8, 40)
	g.text = append(g.text, "\n\nChronology"...)
	for i := entries; i > 0; i-- {
		at := at.AddDate(0, 0, -i*9-g.rng.IntN(9))
		g.text = append(g.text, '\n')
		g.text = at.AppendFormat(g.text, "02/01/2006: ")
		kind := one(g.rng, []string{"/event", "/detail"})
		g.text = one(g.rng, g.words.sentences[about.name+kind]).write(g.text, s, g.rng)
	}
	g.text = append(g.text, "\n\n"...)
}

// saySome says a number of sentences that is drawn between the bounds.
func (g *Generator) saySome(kind string, bounds [2]int, s *scene) {
	g.say(kind, between(g.rng, bounds[0], bounds[1]), s)
}

// say adds n different sentences of a kind, or as many as there are.
func (g *Generator) say(kind string, n int, s *scene) {
	from := g.words.sentences[kind]
	n = min(n, len(from))
	for at := g.rng.IntN(len(from)); n > 0; n-- {
		if last := len(g.text) - 1; last >= 0 && g.text[last] != '\n' {
			g.text = append(g.text, ' ')
		}
		g.text = from[at%len(from)].write(g.text, s, g.rng)
		at++
	}
}
