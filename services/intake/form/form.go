// Package form puts what a form says of children, their household and who refers, and what an agency says to a strategy meeting, into the
// words of the rules. It is the same form whether an agency sends it as a message or a worker fills it in during a conversation: intake and commandapi both translate with it, so that
// what one of them takes the other takes too. It checks nothing; the rules do.
package form

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/domain/contact"
)

// Content is what a message and a recorded conversation have in common.
type Content interface {
	GetWorkType() string
	GetSourceCode() string
	GetUrgent() bool
	GetChildProtection() bool
	GetChildren() []*intakepb.Child
	GetReferrer() *intakepb.Referrer
	GetAnonymous() bool
	GetHousehold() []*intakepb.HouseholdMember
	GetReason() string
	GetConsent() *intakepb.ConsentStatement
	GetOccurred() *intakepb.Occurrence
	GetDomesticAbuse() *intakepb.DomesticAbuse
}

// Receive gives a form as a command. Who sent it, and under which reference and key, is for the caller to add.
func Receive(c Content) contact.Receive {
	r := contact.Receive{
		WorkType: c.GetWorkType(), SourceCode: c.GetSourceCode(), Urgent: c.GetUrgent(), ChildProtection: c.GetChildProtection(),
		Anonymous: c.GetAnonymous(), Reason: c.GetReason(),
		Consent: contact.Consent{
			Stance: c.GetConsent().GetStance(), WhyNotSought: c.GetConsent().GetWhyNotSought(),
			FamilyKnows: c.GetConsent().GetFamilyKnows(), AgreesToEngage: c.GetConsent().GetAgreesToEngage(),
		},
		Occurred: Occurrence(c.GetOccurred()), DomesticAbuse: abuse(c.GetDomesticAbuse()),
	}
	for _, one := range c.GetChildren() {
		r.Children = append(r.Children, contact.Child{Person: child(one), Unborn: one.GetUnborn(), Incident: presence(one.GetIncident())})
	}
	if ref := c.GetReferrer(); ref != nil {
		r.Referrer = &eventpb.Referrer{Name: ref.GetName(), Role: ref.GetRole(), Phones: ref.GetPhones(), Email: ref.GetEmail()}
	}
	for _, m := range c.GetHousehold() {
		r.Household = append(r.Household, &eventpb.HouseholdMember{
			Name: m.GetName(), Relationship: m.GetRelationship(), DateOfBirth: date(m.GetDateOfBirth()),
			ParentalResponsibility: m.GetParentalResponsibility(), Phones: m.GetPhones(),
		})
	}
	return r
}

func child(c *intakepb.Child) *eventpb.Child {
	known := &eventpb.Child{
		GivenName: c.GetGivenName(), FamilyName: c.GetFamilyName(), KnownAs: c.GetKnownAs(),
		DateOfBirth: date(c.GetDateOfBirth()), ExpectedDateOfBirth: date(c.GetExpectedDateOfBirth()),
		Sex: c.GetSex(), Ethnicity: c.GetEthnicity(), NhsNumber: c.GetNhsNumber(), Upn: c.GetUpn(), CaseNumber: c.GetCaseNumber(),
		FirstLanguage: c.GetFirstLanguage(), InterpreterNeeded: c.GetInterpreterNeeded(), School: c.GetSchool(),
		SchoolUrn: c.GetSchoolUrn(), HomeEducated: c.GetHomeEducated(),
	}
	if a := c.GetAddress(); a != nil {
		known.Address = &eventpb.Address{Lines: a.GetLines(), Postcode: a.GetPostcode()}
	}
	return known
}

func abuse(a *intakepb.DomesticAbuse) *contact.Abuse {
	if a == nil {
		return nil
	}
	return &contact.Abuse{
		PoliceReference: a.GetPoliceReference(), RiskGrade: a.GetRiskGrade(), Occurred: Occurrence(a.GetOccurred()),
		Location: a.GetLocation(), Circumstances: a.GetCircumstances(), Agreement: a.GetAgreement(),
	}
}

func presence(p *intakepb.IncidentPresence) contact.Presence {
	return contact.Presence{Present: p.GetPresent(), Where: p.GetWhere(), Voice: p.GetVoice(), Alone: p.GetSpokenToAlone()}
}

func date(s string) *eventpb.PartialDate {
	if s == "" {
		return nil
	}
	return &eventpb.PartialDate{Value: s}
}

// Occurrence keeps what the sender says of when it happened; an invalid time is left for the decider to refuse by name.
func Occurrence(o *intakepb.Occurrence) *eventpb.Occurrence {
	if o == nil {
		return nil
	}
	at := o.GetAt()
	if at != nil {
		at = &timestamppb.Timestamp{Seconds: at.GetSeconds(), Nanos: at.GetNanos()}
	}
	return &eventpb.Occurrence{At: at, Precision: o.GetPrecision()}
}

// Statement gives what an agency says to a strategy meeting, with its handling. Whom its parts speak of, and its id, the rules add.
func Statement(s *intakepb.InformationStatement) *eventpb.Statement {
	return &eventpb.Statement{
		Subjects: s.GetSubjects(), Category: s.GetCategory(), Kind: s.GetKind(), Source: s.GetSource(), Words: narrative(s.GetWords()), Known: Occurrence(s.GetKnown()),
		Handling: &eventpb.Handling{
			NotToFamily: s.GetNotToFamily(), NotToAgencies: s.GetNotToAgencies(), ProtectSource: s.GetProtectSource(),
			PoliceCode: s.GetPoliceCode(), Conditions: narrative(s.GetConditions()),
		},
	}
}

// narrative is a part with words; without words there is none.
func narrative(text string) *eventpb.NarrativePart {
	if text == "" {
		return nil
	}
	return &eventpb.NarrativePart{Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: text}}}
}
