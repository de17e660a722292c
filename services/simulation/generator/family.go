package generator

import (
	"slices"
	"strconv"
	"time"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// family is a household that contacts are about, as it is; senders know parts of it.
type family struct {
	community *community
	kids      []*kid
	adults    []person // the first cares for the children
	street    string
	town      string
	postcode  string
	last      *telling // the last contact about it
}

// kid is a child of a family. In a case that is open it has a place in the caseload.
type kid struct {
	given, family name
	sex           string
	born          time.Time // or expected, for an unborn child
	unborn        bool
	ethnicity     string
	nhs, upn      string
	school        string
	record        *caseRecord // nil: never known to the case-management system
}

type person struct {
	name         string
	relationship string
	woman        bool
	born         int // year
	phone        string
}

// Ages of children who are referred, in whole years from 0 to 17. The shape is that of children in need: the youngest are
// over-represented, and so are adolescents.
var ages = func() weights {
	var w weights
	for _, weight := range []int{62, 52, 52, 52, 54, 55, 55, 55, 55, 56, 58, 60, 63, 66, 68, 68, 62, 47} {
		w = w.add(weight)
	}
	return w
}()

// sizes is how many children live in a household that is referred, from one to seven.
var sizes = tableOf(share[int]{1, 470}, share[int]{2, 295}, share[int]{3, 145}, share[int]{4, 60}, share[int]{5, 20}, share[int]{6, 7}, share[int]{7, 3})

// ageAt is in whole years; an unborn child is minus one.
func (k *kid) ageAt(now time.Time) int {
	if k.unborn {
		return -1
	}
	years := now.Year() - k.born.Year()
	if now.Month() < k.born.Month() || now.Month() == k.born.Month() && now.Day() < k.born.Day() {
		years--
	}
	return years
}

// fits reports whether the child can be the one that a contact on the theme is most about.
func (t *theme) fits(k *kid, now time.Time) bool {
	age := k.ageAt(now)
	if t.unborn {
		return k.unborn
	}
	return age >= t.minAge && age <= t.maxAge
}

// newFamily makes up a household with a child that the theme fits.
func (g *Generator) newFamily(about *theme, now time.Time) *family {
	lone := about == alone
	share := g.words.share
	if lone {
		share = g.words.arrivals
	}
	c := g.words.communities[share.draw(g.rng)]
	f := &family{community: c, town: one(g.rng, g.words.lists["town"]), postcode: postcode(g.rng)}
	f.street = strconv.Itoa(between(g.rng, 1, 140)) + " " + one(g.rng, g.words.lists["street"])
	if chance(g.rng, 150) {
		f.street = "Flat " + strconv.Itoa(between(g.rng, 1, 24)) + ", " + one(g.rng, g.words.lists["house"])
	}
	surname := g.rng.IntN(len(c.family))
	f.addKids(g, about, surname, now)
	if lone {
		f.street, f.postcode = "Reception facility", noFixedAbode
		return f
	}
	f.addAdults(g, about, surname, now)
	return f
}

// addKids makes the child that the contact will be about first, so that it fits whatever the brothers and sisters are.
func (f *family) addKids(g *Generator, about *theme, surname int, now time.Time) {
	count := sizes.draw(g.rng)
	if about == alone {
		count = 1
	}
	first := g.newKid(f.community, surname, g.ageWithin(about), now)
	f.kids = append(f.kids, first)
	if about.unborn {
		first.makeUnborn(g, now)
	}
	for len(f.kids) < count {
		// Brothers and sisters are mostly within a few years of each other.
		age := first.ageAt(now) + between(g.rng, -7, 7)
		if age < 0 || age > 17 {
			age = ages.draw(g.rng)
		}
		k := g.newKid(f.community, surname, age, now)
		for range 8 {
			if !f.hasGiven(k.given) {
				break
			}
			k = g.newKid(f.community, surname, age, now)
		}
		f.kids = append(f.kids, k)
	}
	if last := f.kids[len(f.kids)-1]; len(f.kids) > 1 && chance(g.rng, 15) {
		last.makeUnborn(g, now)
	}
}

func (f *family) hasGiven(given name) bool {
	return slices.ContainsFunc(f.kids, func(k *kid) bool { return k.given == given })
}

// ageWithin draws an age that fits the theme.
func (g *Generator) ageWithin(about *theme) int {
	for range 40 {
		if age := ages.draw(g.rng); age >= about.minAge && age <= about.maxAge {
			return age
		}
	}
	return about.maxAge
}

// newKid makes up a child of that age in whole years, with the numbers that a child of the age has.
func (g *Generator) newKid(c *community, surname, age int, now time.Time) *kid {
	k := &kid{sex: "F", family: c.familyFem[surname], ethnicity: c.ethnicity.draw(g.rng)}
	if chance(g.rng, 515) {
		k.sex, k.family = "M", c.family[surname]
		k.given = one(g.rng, c.boy)
	} else {
		k.given = one(g.rng, c.girl)
	}
	// At least a day old, and a day short of the next birthday, so that no clock change moves the age.
	k.born = now.AddDate(-age, 0, -between(g.rng, 1, 363))
	k.nhs = g.numbers.nextNHS()
	if age >= 4 {
		k.upn = g.numbers.nextUPN(k.born.Year())
	}
	k.school = g.schoolFor(age)
	return k
}

// schoolFor chooses by age; the youngest are at home.
func (g *Generator) schoolFor(age int) string {
	switch {
	case age < 2:
		return ""
	case age < 4:
		return one(g.rng, g.words.lists["nursery"])
	case age < 11:
		return one(g.rng, g.words.lists["primary"])
	case age < 16:
		return one(g.rng, g.words.lists["secondary"])
	default:
		return one(g.rng, g.words.lists["college"])
	}
}

// makeUnborn turns the child into one who is expected: sex U (census rule 8750), no numbers yet.
func (k *kid) makeUnborn(g *Generator, now time.Time) {
	k.unborn, k.sex, k.given, k.nhs, k.upn, k.school = true, "U", name{}, "", "", ""
	k.ethnicity = "NOBT"
	k.born = now.AddDate(0, 0, between(g.rng, 14, 7*32))
}

// addAdults gives the household one adult who cares for the children, often another, at times a third. The eldest child
// bounds their ages from below.
func (f *family) addAdults(g *Generator, about *theme, surname int, now time.Time) {
	oldest := 0
	for _, k := range f.kids {
		oldest = max(oldest, k.ageAt(now))
	}
	woman := about.unborn || chance(g.rng, 860)
	carer := tableOf(share[string]{"mother", 900}, share[string]{"grandmother", 40}, share[string]{"aunt", 20}, share[string]{"foster carer", 40})
	if !woman {
		carer = tableOf(share[string]{"father", 930}, share[string]{"grandfather", 30}, share[string]{"uncle", 40})
	}
	relationship := carer.draw(g.rng)
	if about.unborn {
		relationship = "mother"
	}
	f.adults = append(f.adults, g.newAdult(f.community, relationship, woman, surname, now.Year()-oldest-between(g.rng, 18, 38)))
	if chance(g.rng, 640) {
		partner := tableOf(share[string]{"father", 520}, share[string]{"stepfather", 180}, share[string]{"mother's partner", 300}).draw(g.rng)
		if !woman {
			partner = "mother"
		}
		f.adults = append(f.adults, g.newAdult(f.community, partner, !woman, g.rng.IntN(len(f.community.family)), now.Year()-oldest-between(g.rng, 18, 42)))
	}
	if chance(g.rng, 120) {
		f.adults = append(f.adults, g.newAdult(f.community, "grandmother", true, surname, now.Year()-oldest-between(g.rng, 40, 60)))
	}
}

// newAdult uses Latin letters only: senders spell adults as their own records do, which hold one spelling.
func (g *Generator) newAdult(c *community, relationship string, woman bool, surname, born int) person {
	p := person{relationship: relationship, woman: woman, born: born}
	if woman {
		p.name = one(g.rng, c.woman).latin + " " + c.familyFem[surname].latin
	} else {
		p.name = one(g.rng, c.man).latin + " " + c.family[surname].latin
	}
	if chance(g.rng, 750) {
		p.phone = phone(g.rng)
	}
	return p
}

// member describes an adult as a sender would.
func (g *Generator) member(p person) *intakepb.HouseholdMember {
	m := &intakepb.HouseholdMember{Name: p.name, Relationship: p.relationship, ParentalResponsibility: responsibility(p.relationship)}
	if chance(g.rng, 450) {
		m.DateOfBirth = strconv.Itoa(p.born)
	}
	if p.phone != "" {
		m.Phones = []string{p.phone}
	}
	return m
}

// responsibility is what a sender takes for granted, which is no finding: a father may or may not have it.
func responsibility(relationship string) string {
	switch relationship {
	case "mother":
		return "yes"
	case "father":
		return "unknown"
	default:
		return "no"
	}
}
