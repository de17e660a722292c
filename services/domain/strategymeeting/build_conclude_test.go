package strategymeeting_test

import (
	"strings"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// conclude makes a conclusion at which, where the step does not say otherwise, the
// three of WT-04 were there and joint enquiries about the one child start.
func (b *build) conclude() strategymeeting.Command {
	c := strategymeeting.Conclude{
		Form: b.one("form", "meeting"), HeldAt: b.time("held", b.step.At), FamilyTold: b.one("family told", "That enquiries are made, by the social worker."),
		Rationale: b.one("rationale", "The injury is not explained."),
	}
	for _, text := range b.many("present", "kent-social-care-cms social-care name Mrs Hill; post Team manager", "kent-police police name Sergeant Ade; post Detective", "kent-health health name Dr Sen; post Named doctor") {
		c.Present = append(c.Present, b.present(text))
	}
	for _, text := range b.many("considered") {
		c.Considered = append(c.Considered, b.considered(text))
	}
	for _, text := range b.many("outcome", "child s1; outcome section-47; mode joint; seen kent-police") {
		c.Outcomes = append(c.Outcomes, b.outcome(text))
	}
	for _, text := range b.many("dissent") {
		p := b.pairs(text)
		c.Dissents = append(c.Dissents, strategymeeting.Dissent{Agency: p["agency"], Children: list(p["children"]), Words: p["words"]})
	}
	for _, text := range b.many("action") {
		p := b.pairs(text)
		a := strategymeeting.Action{Agency: p["agency"], Owner: p["owner"], Children: list(p["children"]), Words: p["words"], DueAt: b.step.At.Add(48 * time.Hour)}
		if p["due"] != "" {
			a.DueAt = b.parse(p["due"])
		}
		c.Actions = append(c.Actions, a)
	}
	return c
}

// present reads "t1", or "kent-police police name Ade; post Sergeant".
func (b *build) present(text string) strategymeeting.Present {
	agency, rest, named := strings.Cut(text, " ")
	if !named {
		return strategymeeting.Present{AttendeeID: text}
	}
	sector, person, _ := strings.Cut(rest, " ")
	return strategymeeting.Present{Agency: agency, Sector: sector, Person: b.person(person)}
}

// considered reads "w1", or "contact c-1; share i1; statement 1; agency kent-health; about s1; kept from-agencies".
func (b *build) considered(text string) strategymeeting.Considered {
	if !strings.Contains(text, ";") {
		return strategymeeting.Considered{Ref: &eventpb.Considered{ContributionId: text}}
	}
	p := b.pairs(text)
	ref := &eventpb.Considered{ContactId: p["contact"], ShareId: p["share"], StatementId: p["statement"], Agency: p["agency"], Children: list(p["about"])}
	if _, without := p["unhandled"]; !without {
		ref.Handling = &eventpb.Handling{NotToAgencies: p["kept"] == "from-agencies"}
	}
	return strategymeeting.Considered{Ref: ref}
}

func (b *build) outcome(text string) strategymeeting.Outcome {
	p := b.pairs(text)
	or := func(name, otherwise string) string {
		if value, ok := p[name]; ok {
			return value
		}
		return otherwise
	}
	_, trust := p["trust"]
	o := strategymeeting.Outcome{
		ChildID: p["child"], Outcome: p["outcome"], Mode: p["mode"], Medical: or("medical", "none"), MedicalBy: p["arranged"], SeenBy: p["seen"],
		Protection: or("protection", "none"), OtherChildren: or("others", "none-known"), PositionOfTrust: trust,
	}
	if p["before"] != "" {
		o.SeenBefore = b.parse(p["before"])
	}
	return o
}
