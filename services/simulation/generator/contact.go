package generator

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// contact makes up one contact that comes through the channel at that time.
func (g *Generator) contact(c *channel, at time.Time) Step {
	workType := c.works.draw(g.rng)
	about := g.subjectOf(workType, c, at)
	protection := workType == section47 || chance(g.rng, about.theme.protection)
	m := &intakepb.Contact{
		Agency: c.agency, Reference: g.numbers.nextReference(c.prefix), WorkType: workType, SourceCode: c.code, ChildProtection: protection,
		Urgent: chance(g.rng, urgency[workType]), Anonymous: c.anonymous,
	}
	m.ChildProtection = m.ChildProtection || m.Urgent // KEN-02: urgent is nothing but immediate safeguarding
	kids := g.concerned(about, at)
	knows := c.knows
	if workType == support {
		knows.name, knows.birth = 1000, 1000 // KEN-02: the form is complete
	}
	for _, k := range kids {
		m.Children = append(m.Children, g.child(k, about.family, about.theme, knows, at))
	}
	if !c.anonymous {
		m.Referrer = g.referrer(c, about)
	}
	for _, p := range about.family.adults {
		if chance(g.rng, knows.adults) {
			m.Household = append(m.Household, g.member(p))
		}
	}
	scene := g.sceneOf(about, kids, m, at)
	m.Consent = g.consentOf(c, workType, m.ChildProtection, about.theme, &scene)
	m.Occurred = g.occurred(c, workType, about, at)
	m.Reason = g.reason(c, about, &scene, at)
	if g.beside != nil {
		g.beside.incident(m, kids)
	}
	s := Step{At: at, Agency: c.agency, Source: c.source(), Kind: KindContact, JSON: c.json, Message: m}
	s.identify()
	s.Outcome = outcome(kids, m.Children)
	g.remember(&s, about, c, workType, m)
	return s
}

// concerned are the children a contact names: the one it is most about, then brothers and sisters under 18.
func (g *Generator) concerned(about subject, now time.Time) []*kid {
	kids := []*kid{about.main}
	for _, k := range about.family.kids {
		if k == about.main || !chance(g.rng, about.theme.whole) {
			continue
		}
		g.birth(k, about.family, now)
		if k.ageAt(now) < 18 {
			kids = append(kids, k)
		}
	}
	return kids
}

// child describes a child as far as the sender knows.
func (g *Generator) child(k *kid, f *family, about *theme, knows knowledge, now time.Time) *intakepb.Child {
	m := &intakepb.Child{Sex: k.sex, Unborn: k.unborn}
	if chance(g.rng, knows.name) {
		g.nameChild(m, k, knows)
	}
	if chance(g.rng, knows.birth) {
		g.dateChild(m, k, about, knows)
	}
	if knows.birth > 500 {
		m.Ethnicity = k.ethnicity
		g.language(m, f, k)
	}
	g.numberChild(m, k, knows)
	if k.school != "" && chance(g.rng, knows.birth*2/3) {
		m.School = k.school
	}
	if chance(g.rng, knows.address) {
		m.Address = &intakepb.Address{Lines: []string{f.street, f.town}, Postcode: f.postcode}
		if knows.birth < 500 {
			m.Address.Postcode = "" // callers know the street
		}
	}
	return m
}

// nameChild writes the name as the sender would: mostly in Latin letters, at times in the family's own script.
func (g *Generator) nameChild(m *intakepb.Child, k *kid, knows knowledge) {
	m.GivenName, m.FamilyName = k.given.latin, k.family.latin
	if knows.name < 1000 && chance(g.rng, 1000-knows.name) {
		m.FamilyName = "" // those who are not sure of a name know the first one
	}
	if k.unborn {
		return
	}
	if k.given.native == "" {
		if chance(g.rng, 30) {
			m.KnownAs = []string{short(k.given.latin)}
		}
		return
	}
	switch x := g.rng.IntN(1000); {
	case x < 160 && m.FamilyName != "":
		m.GivenName, m.FamilyName, m.KnownAs = k.given.native, k.family.native, []string{k.given.latin + " " + k.family.latin}
	case x < 420:
		m.KnownAs = []string{k.given.native + " " + k.family.native}
	}
}

// short is the beginning of a name, as a pet name.
func short(name string) string {
	runes := []rune(name)
	return string(runes[:min(3, len(runes))])
}

// dateChild is as precise as the sender: callers guess a year, and who arrives alone often knows no more.
func (g *Generator) dateChild(m *intakepb.Child, k *kid, about *theme, knows knowledge) {
	x := g.rng.IntN(1000)
	switch {
	case k.unborn && x < 700:
		m.ExpectedDateOfBirth = k.born.Format(time.DateOnly)
	case k.unborn:
		m.ExpectedDateOfBirth = k.born.Format("2006-01")
	case about == alone && x < 450, knows.birth < 500 && x < 350:
		m.DateOfBirth = k.born.Format("2006")
	case knows.birth < 500 && x < 600, x < 15:
		m.DateOfBirth = k.born.Format("2006-01")
	default:
		m.DateOfBirth = k.born.Format(time.DateOnly)
	}
}

// language is told where it is not English, as a call without an interpreter would be wasted.
func (g *Generator) language(m *intakepb.Child, f *family, k *kid) {
	if f.community.language != "English" && !k.unborn {
		m.FirstLanguage = f.community.language
		m.InterpreterNeeded = chance(g.rng, f.community.interpreter*10)
	}
}

// numberChild gives the identifiers that the sender has: health the NHS number, schools the pupil number, the council the case.
func (g *Generator) numberChild(m *intakepb.Child, k *kid, knows knowledge) {
	if k.nhs != "" && chance(g.rng, knows.nhs) {
		m.NhsNumber = k.nhs
		if chance(g.rng, 300) {
			m.NhsNumber = k.nhs[:3] + " " + k.nhs[3:6] + " " + k.nhs[6:]
		}
	}
	if k.upn != "" && chance(g.rng, knows.upn) {
		m.Upn = k.upn
	}
	if k.record != nil && chance(g.rng, knows.caseNumber) {
		m.CaseNumber = k.record.number
	}
}

// referrer is who sends: a professional in post, or a member of the public who may be of the family, or the child.
func (g *Generator) referrer(c *channel, about subject) *intakepb.Referrer {
	community := g.words.communities[g.words.share.draw(g.rng)]
	if c.code == "1A" {
		community = about.family.community
	}
	r := &intakepb.Referrer{Name: personName(community, g.rng), Role: one(g.rng, g.words.lists[c.post()]), Phones: []string{phone(g.rng)}}
	if k := about.main; c.code == "1C" && !k.unborn {
		r.Name = k.given.latin + " " + k.family.latin
	}
	if c.voice != "public" && chance(g.rng, 800) {
		r.Email = c.system + "-" + strconv.Itoa(between(g.rng, 1, 60)) + "@" + c.agency + ".example"
	}
	return r
}

// post is the list of posts, or of relationships to the child, that its senders have.
func (c *channel) post() string {
	switch c.voice {
	case "public":
		return "post." + c.code
	case "health":
		return "post." + c.prefix
	default:
		return "post." + c.voice
	}
}

// personName is a grown-up's full name; seven in ten who refer are women.
func personName(c *community, r *rand.Rand) string {
	surname := r.IntN(len(c.family))
	if chance(r, 700) {
		return one(r, c.woman).latin + " " + c.familyFem[surname].latin
	}
	return one(r, c.man).latin + " " + c.family[surname].latin
}

// occurred says when the thing happened: to the instant for those who were there, else by the day or the month; some tell of
// it late, and what was told before by another happened when that one said.
func (g *Generator) occurred(c *channel, workType string, about subject, at time.Time) *intakepb.Occurrence {
	if about.again != nil && about.again.occurred != nil {
		return &intakepb.Occurrence{At: about.again.occurred.At, Precision: about.again.occurred.Precision}
	}
	if workType == inquiry || workType == access {
		return nil
	}
	before := time.Duration(between(g.rng, 10, 360)) * time.Minute
	if chance(g.rng, 60) {
		before = time.Duration(between(g.rng, 3, 40)) * 24 * time.Hour // told late
	}
	present := c.voice == "police" || c.voice == "port" || c.voice == "ambulance" || c.voice == "emergency"
	switch x := g.rng.IntN(1000); {
	case present || x < 150:
		return &intakepb.Occurrence{At: timestamppb.New(at.Add(-before)), Precision: "instant"}
	case x < 650:
		y, m, d := at.Add(-before).AddDate(0, 0, -between(g.rng, 0, 3)).Date()
		return &intakepb.Occurrence{At: timestamppb.New(time.Date(y, m, d, 0, 0, 0, 0, g.zone)), Precision: "day"}
	case x < 750:
		y, m, _ := at.Add(-before).Date()
		return &intakepb.Occurrence{At: timestamppb.New(time.Date(y, m, 1, 0, 0, 0, 0, g.zone)), Precision: "month"}
	case x < 880:
		return &intakepb.Occurrence{Precision: "unknown"}
	default:
		return nil
	}
}

// listed joins names as a sentence does: "Amy, Ben and Cara".
func listed(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
