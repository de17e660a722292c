package bench

import (
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/simulation/generator"
)

// arrival makes the command that a message of the generator comes to, with the open cases that make of it what the generator says.
// Intake has a translation of its own, which answers for every field; here it matters that events are as large and as many as they
// would be.
func arrival(s generator.Step, m *intakepb.Contact) contact.Receive {
	c := contact.Receive{
		Agency: s.Agency, Source: s.Source, MessageID: s.ID, Reference: m.GetReference(), WorkType: m.GetWorkType(),
		SourceCode: m.GetSourceCode(), Urgent: m.GetUrgent(), ChildProtection: m.GetChildProtection(), Anonymous: m.GetAnonymous(),
		Reason: m.GetReason(),
		Consent: contact.Consent{
			Stance: m.GetConsent().GetStance(), WhyNotSought: m.GetConsent().GetWhyNotSought(),
			FamilyKnows: m.GetConsent().GetFamilyKnows(), AgreesToEngage: m.GetConsent().GetAgreesToEngage(),
		},
	}
	if o := m.GetOccurred(); o != nil {
		c.Occurred = &eventpb.Occurrence{At: o.GetAt(), Precision: o.GetPrecision()}
	}
	if f := m.GetReferrer(); f != nil {
		c.Referrer = &eventpb.Referrer{Name: f.GetName(), Role: f.GetRole(), Phones: f.GetPhones(), Email: f.GetEmail()}
	}
	for _, h := range m.GetHousehold() {
		c.Household = append(c.Household, &eventpb.HouseholdMember{
			Name: h.GetName(), Relationship: h.GetRelationship(), DateOfBirth: date(h.GetDateOfBirth()),
			ParentalResponsibility: h.GetParentalResponsibility(), Phones: h.GetPhones(),
		})
	}
	for i, child := range m.GetChildren() {
		c.Children = append(c.Children, contact.Child{Person: person(child), Unborn: child.GetUnborn()})
		if s.Outcome == generator.PassedAcross || s.Outcome == generator.PartlyPassed && i == 0 {
			c.OpenMatches = append(c.OpenMatches, &eventpb.OpenMatch{
				SubjectId: contact.SubjectID(i), MatchedOn: []string{"nhs_number"}, CaseId: s.ID, Team: "district-thanet", ToldBy: s.Agency,
			})
		}
	}
	return c
}

func person(c *intakepb.Child) *eventpb.Child {
	p := &eventpb.Child{
		GivenName: c.GetGivenName(), FamilyName: c.GetFamilyName(), KnownAs: c.GetKnownAs(), DateOfBirth: date(c.GetDateOfBirth()),
		ExpectedDateOfBirth: date(c.GetExpectedDateOfBirth()), Sex: c.GetSex(), Ethnicity: c.GetEthnicity(),
		NhsNumber: c.GetNhsNumber(), Upn: c.GetUpn(), CaseNumber: c.GetCaseNumber(), FirstLanguage: c.GetFirstLanguage(),
		InterpreterNeeded: c.GetInterpreterNeeded(), School: c.GetSchool(),
	}
	if a := c.GetAddress(); a != nil {
		p.Address = &eventpb.Address{Lines: a.GetLines(), Postcode: a.GetPostcode()}
	}
	return p
}

func date(text string) *eventpb.PartialDate {
	if text == "" {
		return nil
	}
	return &eventpb.PartialDate{Value: text}
}
