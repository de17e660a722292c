package intake

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/identifier"
)

// A command is what a message asks casework to do, ready to be done.
type command func(context.Context) (casework.Result, error)

// translate makes a message a command, in the words of the domain.
func (i *Intake) translate(msg message) (command, error) {
	origin := i.origin(msg, msg.key())
	switch p := msg.payload.(type) {
	case *intakepb.Contact:
		receive := toReceive(msg, p)
		return func(ctx context.Context) (casework.Result, error) {
			return i.Casework.ReceiveContact(ctx, receive, origin)
		}, nil
	case *intakepb.OpenCase:
		record := toRecord(msg, p)
		return func(ctx context.Context) (casework.Result, error) {
			return i.Casework.RecordOpenCase(ctx, record, origin)
		}, nil
	case *intakepb.Information:
		return i.toShare(msg, p)
	case *intakepb.Analysis:
		return i.toAnalyse(msg, p), nil
	case *intakepb.OutcomeAcknowledgement:
		return i.toAcknowledge(msg, p), nil
	default:
		return nil, fmt.Errorf("no command for a payload of kind %s", msg.kind)
	}
}

// origin says in the record who sent it. The message's key is its request id: the same message again is known by it, wherever it comes from.
func (i *Intake) origin(msg message, requestID string) casework.Origin {
	return casework.Origin{Actor: "agency:" + msg.agency, Role: string(access.AgencySystem), Agency: msg.agency, RequestID: requestID, RequestHash: msg.sha256}
}

func toReceive(msg message, c *intakepb.Contact) contact.Receive {
	r := contact.Receive{
		Agency: msg.agency, Source: msg.envelope.Source, MessageID: msg.envelope.ID,
		Reference: c.GetReference(), WorkType: c.GetWorkType(), SourceCode: c.GetSourceCode(),
		Urgent: c.GetUrgent(), ChildProtection: c.GetChildProtection(),
		Anonymous: c.GetAnonymous(), Reason: c.GetReason(),
		Consent: contact.Consent{
			Stance: c.GetConsent().GetStance(), WhyNotSought: c.GetConsent().GetWhyNotSought(),
			FamilyKnows: orNotKnown(c.GetConsent().GetFamilyKnows()), AgreesToEngage: orNotKnown(c.GetConsent().GetAgreesToEngage()),
		},
		Occurred: toOccurrence(c.GetOccurred()),
	}
	for _, child := range c.GetChildren() {
		r.Children = append(r.Children, contact.Child{Person: toChild(child), Unborn: child.GetUnborn()})
	}
	if ref := c.GetReferrer(); ref != nil {
		r.Referrer = &eventpb.Referrer{Name: ref.GetName(), Role: ref.GetRole(), Phones: ref.GetPhones(), Email: ref.GetEmail()}
	}
	for _, m := range c.GetHousehold() {
		r.Household = append(r.Household, &eventpb.HouseholdMember{
			Name: m.GetName(), Relationship: m.GetRelationship(), DateOfBirth: toDate(m.GetDateOfBirth()),
			ParentalResponsibility: m.GetParentalResponsibility(), Phones: m.GetPhones(),
		})
	}
	return r
}

func toChild(c *intakepb.Child) *eventpb.Child {
	child := &eventpb.Child{
		GivenName: c.GetGivenName(), FamilyName: c.GetFamilyName(), KnownAs: c.GetKnownAs(),
		DateOfBirth: toDate(c.GetDateOfBirth()), ExpectedDateOfBirth: toDate(c.GetExpectedDateOfBirth()),
		Sex: c.GetSex(), Ethnicity: c.GetEthnicity(), NhsNumber: c.GetNhsNumber(), Upn: c.GetUpn(), CaseNumber: c.GetCaseNumber(),
		FirstLanguage: c.GetFirstLanguage(), InterpreterNeeded: c.GetInterpreterNeeded(), School: c.GetSchool(),
	}
	if a := c.GetAddress(); a != nil {
		child.Address = &eventpb.Address{Lines: a.GetLines(), Postcode: a.GetPostcode()}
	}
	return child
}

func toRecord(msg message, c *intakepb.OpenCase) identifier.Record {
	return identifier.Record{
		Agency: msg.agency, CaseNumber: c.GetCaseNumber(), NHSNumber: c.GetNhsNumber(), UPN: c.GetUpn(),
		Open: c.GetStatus() == "open", Team: c.GetTeam(), ChangedAt: c.GetChangedAt().AsTime(),
	}
}

func toDate(s string) *eventpb.PartialDate {
	if s == "" {
		return nil
	}
	return &eventpb.PartialDate{Value: s}
}

// toOccurrence keeps what the sender says of when it happened; an invalid time is left for the decider to refuse by name.
func toOccurrence(o *intakepb.Occurrence) *eventpb.Occurrence {
	if o == nil {
		return nil
	}
	at := o.GetAt()
	if at != nil {
		at = &timestamppb.Timestamp{Seconds: at.GetSeconds(), Nanos: at.GetNanos()}
	}
	return &eventpb.Occurrence{At: at, Precision: o.GetPrecision()}
}

// orNotKnown records that a question was not answered: an empty answer and "not known" are the same thing to whoever reads it.
func orNotKnown(s string) string {
	if s == "" {
		return "not-known"
	}
	return s
}
