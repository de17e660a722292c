package contact

import (
	"fmt"
	"regexp"

	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

var urnForm = regexp.MustCompile(`^([0-9]{6})?$`)

const policeSource = "6"

// incident checks what the police tell of domestic abuse (KEN-20). It is for them
// alone: the duty to tell the school is theirs.
func (f *faults) incident(c Receive) {
	for i, child := range c.Children {
		field := fmt.Sprintf("children[%d]", i)
		f.token(field+".school_urn", child.Person.GetSchoolUrn(), urnForm)
		f.presence(field+".incident", child.Incident)
		f.Require(c.DomesticAbuse != nil || child.Incident == Presence{}, field+".incident", "KEN-20", "is of an incident that the contact does not tell of")
	}
	a := c.DomesticAbuse
	if a == nil {
		return
	}
	f.Require(c.SourceCode == policeSource, "domestic_abuse", "KEN-20", "is for the police, with their source code")
	f.token("domestic_abuse.police_reference", a.PoliceReference, referenceForm)
	f.Require(practice.RiskGrades().Has(a.RiskGrade), "domestic_abuse.risk_grade", "KEN-20", "is not a published grade")
	f.Require(a.Occurred != nil, "domestic_abuse.occurred", "required", "is missing")
	f.occurrence("domestic_abuse.occurred", a.Occurred, c.Now)
	f.Require(named(a.Location), "domestic_abuse.location", "KEN-20", "is empty")
	f.lines("domestic_abuse.location", a.Location, 500)
	f.Require(wording.Said(a.Circumstances), "domestic_abuse.circumstances", "KEN-20", "say what happened, for the school to read")
	f.lines("domestic_abuse.circumstances", a.Circumstances, 10_000)
	f.Require(oneOf(a.Agreement, "", "given", "refused", "not-sought", "not-known"), "domestic_abuse.agreement", "KEN-20", "is not a published answer")
}

func (f *faults) presence(field string, p Presence) {
	f.Require(answer(p.Present), field+".present", "KEN-20", "is not yes, no or not-known")
	f.Require(answer(p.Alone), field+".spoken_to_alone", "KEN-20", "is not yes, no or not-known")
	f.lines(field+".where", p.Where, 500)
	f.lines(field+".voice", p.Voice, 4_000)
}
