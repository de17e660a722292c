package generator

import (
	"time"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The agency whose system says what is open.
const (
	caseAgency = "kent-social-care-cms"
	caseSystem = "case-management"
)

const (
	// openFamilies is how many families have an open case when a first week of Mean contacts begins; other volumes have
	// their part of it. Kent has many more; these are the ones that are heard of again.
	openFamilies = 500
	// casesPerContact: one case opens, closes or changes hands for so many contacts.
	casesPerContact = 22
	// lateChanges is how often, in a thousand, a change is followed by an older one that was held up.
	lateChanges = 120
)

// caseTeams are codes of the district and county teams that cases are open to.
var caseTeams = []string{
	"district-ashford", "district-canterbury", "district-dartford", "district-dover", "district-folkestone", "district-gravesham",
	"district-maidstone", "district-sevenoaks", "district-swale", "district-thanet", "district-tonbridge", "district-tunbridge-wells",
	"children-in-care-east", "children-in-care-west", "disabled-children",
}

// caseload is the case-management system's side of the story.
type caseload struct {
	feed bool // whether the system sends anything
	open []*caseRecord
}

// caseRecord is one child's case.
type caseRecord struct {
	number string
	team   string
	open   bool
	family *family
	kid    *kid
	// nhs and upn say whether the system holds the number: it can only match what it was told.
	nhs, upn bool
}

// openingBalance tells of every case that is open when the first week begins.
func (g *Generator) openingBalance(steps []Step, at time.Time, volume int) []Step {
	for range volume * openFamilies / Mean {
		f := g.newFamily(themesOf[support].draw(g.rng), at)
		for i, k := range f.kids {
			// In some families one child is open and a brother or sister is not.
			if i == 0 || chance(g.rng, 600) {
				steps = append(steps, g.openCase(k, f, at, at.AddDate(0, 0, -between(g.rng, 1, 400))))
			}
		}
	}
	return steps
}

// changeOfCase opens a case of a family that was heard of, closes one, or hands one to another team.
func (g *Generator) changeOfCase(steps []Step, at, end time.Time) []Step {
	changed := at.Add(-time.Duration(between(g.rng, 5, 600)) * time.Minute)
	x := g.rng.IntN(100)
	if x < 55 && len(g.recent.values) > 0 {
		t := one(g.rng, g.recent.values)
		if t.main.record == nil || !t.main.record.open {
			return append(steps, g.openCase(t.main, t.family, at, changed))
		}
	}
	if len(g.cases.open) == 0 {
		return steps
	}
	i := g.rng.IntN(len(g.cases.open))
	r := g.cases.open[i]
	before := r.team
	if x < 85 {
		r.open = false
		last := len(g.cases.open) - 1
		g.cases.open[i] = g.cases.open[last]
		g.cases.open = g.cases.open[:last]
	} else {
		r.team = one(g.rng, caseTeams)
	}
	steps = append(steps, caseStep(r, at, changed))
	// What was held up tells of the day before, when the case was still open where it was. The later change wins, so
	// nothing becomes of it.
	if late := at.Add(3 * time.Hour); chance(g.rng, lateChanges) && late.Before(end) {
		old := *r
		old.open, old.team = true, before
		steps = append(steps, caseStep(&old, late, changed.AddDate(0, 0, -1)))
	}
	return steps
}

// openCase opens a child's case, anew or again under the number it had. What the system holds of other numbers is decided
// once: a case does not gain and lose its NHS number from message to message.
func (g *Generator) openCase(k *kid, f *family, at, changed time.Time) Step {
	if k.record == nil {
		k.record = &caseRecord{number: g.numbers.nextCase(), family: f, kid: k, nhs: chance(g.rng, 950), upn: chance(g.rng, 850)}
		k.record.nhs = k.record.nhs && k.nhs != ""
		k.record.upn = k.record.upn && k.upn != ""
	}
	k.record.open, k.record.team = true, one(g.rng, caseTeams)
	g.cases.open = append(g.cases.open, k.record)
	return caseStep(k.record, at, changed)
}

// caseStep is the message that tells of the case as it stands in r.
func caseStep(r *caseRecord, at, changed time.Time) Step {
	m := &intakepb.OpenCase{Agency: caseAgency, CaseNumber: r.number, Status: "open", Team: r.team, ChangedAt: timestamppb.New(changed)}
	if !r.open {
		m.Status, m.Team = "closed", ""
	}
	if r.nhs {
		m.NhsNumber = r.kid.nhs
	}
	if r.upn {
		m.Upn = r.kid.upn
	}
	s := Step{At: at, Agency: caseAgency, Source: sourceOf(caseAgency, caseSystem), Kind: KindOpenCase, JSON: true, Message: m, Outcome: Recorded}
	s.identify()
	return s
}

// outcome is what KEN-04 makes of a contact: children who are open by a number that was sent go across, the others stay.
func outcome(kids []*kid, sent []*intakepb.Child) string {
	across := 0
	for i, k := range kids {
		if r, m := k.record, sent[i]; r != nil && r.open && (m.CaseNumber != "" || m.NhsNumber != "" && r.nhs || m.Upn != "" && r.upn) {
			across++
		}
	}
	switch across {
	case 0:
		return Queued
	case len(kids):
		return PassedAcross
	default:
		return PartlyPassed
	}
}
