package generator

import (
	"math/rand/v2"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// stance is what a referrer says of consent (SOT-02).
type stance string

const (
	given     stance = "given"
	refused   stance = "refused"
	notSought stance = "not-sought"
	notKnown  stance = "not-known"
)

func stances(given4, refused4, notSought4, notKnown4 int) table[stance] {
	return tableOf(share[stance]{given, given4}, share[stance]{refused, refused4}, share[stance]{notSought, notSought4}, share[stance]{notKnown, notKnown4})
}

// How often each kind of sender has asked, in a hundred: given, refused, not sought, not known. No figure is published.
var (
	openConsent       = stances(72, 9, 15, 4)
	policeConsent     = stances(24, 11, 52, 13)
	councilConsent    = stances(58, 8, 28, 6)
	publicConsent     = stances(6, 1, 9, 84)
	protectionConsent = stances(24, 6, 64, 6)
)

// consentOf draws a statement. Where consent was not sought it says why; a form says what KEN-02 wants of it.
func (g *Generator) consentOf(c *channel, workType string, protection bool, about *theme, s *scene) *intakepb.ConsentStatement {
	from := c.consent
	if protection && c.voice != "public" && c.voice != "anonymous" {
		from = protectionConsent
	}
	if c.code == "1C" || workType == access {
		from = stances(1, 0, 0, 0) // they ask for themselves
	}
	said := from.draw(g.rng)
	statement := &intakepb.ConsentStatement{Stance: string(said)}
	switch said {
	case given, refused:
		statement.FamilyKnows = "yes"
	case notSought:
		statement.FamilyKnows = "no"
		statement.WhyNotSought = g.whyNotSought(about, s)
	default:
		statement.FamilyKnows = "not-known"
	}
	if workType == support || chance(g.rng, 300) {
		statement.AgreesToEngage = engages(said, g.rng)
	}
	return statement
}

// whyNotSought is specific to what happened in most statements, as SOT-02 wants a reason and no form of words.
func (g *Generator) whyNotSought(about *theme, s *scene) string {
	from := g.words.sentences[about.name+"/why"]
	if chance(g.rng, 300) {
		from = g.words.sentences["why"]
	}
	g.text = one(g.rng, from).write(g.text[:0], s, g.rng)
	return string(g.text)
}

// engages is another thing than agreeing to information being shared: some refuse the one and take the other.
func engages(said stance, r *rand.Rand) string {
	switch {
	case said == given && chance(r, 820), said == refused && chance(r, 120):
		return "yes"
	case said == refused, said == given && chance(r, 450):
		return "no"
	default:
		return "not-known"
	}
}
