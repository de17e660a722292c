package contact

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/identifier/number"
)

// receive puts a contact on record and, where a child of it is open to a team,
// passes that child straight across.
func receive(c Receive, s State) ([]proto.Message, error) {
	if s.ID != "" {
		return nil, alreadyReceived()
	}
	if err := checkReceive(c); err != nil {
		return nil, err
	}
	received, err := received(c)
	if err != nil {
		return nil, err
	}
	if len(c.OpenMatches) == 0 {
		return []proto.Message{received}, nil
	}
	across := passAcross(c, received)
	if len(across.Remaining) == 0 {
		// Nobody waits for the front door, so none of its clocks runs.
		received.Clocks = nil
	}
	return []proto.Message{received, across}, nil
}

func received(c Receive) (*eventpb.ContactReceived, error) {
	// checkReceive has found the work type in use.
	team, _ := c.Profile.TeamFor(c.WorkType)
	open, err := c.Profile.IsOpen(c.Now)
	if err != nil {
		return nil, fmt.Errorf("contact: opening hours: %w", err)
	}
	due, err := c.Profile.OnArrival(c.Now)
	if err != nil {
		return nil, fmt.Errorf("contact: clocks of an arrival: %w", err)
	}
	subjects, all := subjects(c.Children)
	return &eventpb.ContactReceived{
		ContactId:       ID(c.Agency, c.Source, c.MessageID).String(),
		Agency:          c.Agency,
		Reference:       c.Reference,
		WorkType:        c.WorkType,
		SourceCode:      c.SourceCode,
		Urgent:          c.Urgent,
		ChildProtection: c.ChildProtection,
		Subjects:        subjects,
		Referrer:        referrer(c.Referrer),
		Anonymous:       c.Anonymous,
		Household:       household(c.Household, all),
		Reason:          narrative(c.Reason, all),
		Consent: &eventpb.ConsentStatement{
			Stance:         c.Consent.Stance,
			WhyNotSought:   narrative(c.Consent.WhyNotSought, all),
			FamilyKnows:    c.Consent.FamilyKnows,
			AgreesToEngage: c.Consent.AgreesToEngage,
		},
		Occurred:   c.Occurred,
		ReceivedAt: timestamppb.New(c.Now),
		Team:       team,
		OutOfHours: !open,
		Clocks:     clocks(due),
		Children:   uint32(len(c.Children)),
	}, nil
}

// referrer gives a part of its own to who told us, so that the family's key does
// not open it.
func referrer(r *eventpb.Referrer) *eventpb.ReferrerPart {
	if r == nil {
		return nil
	}
	return &eventpb.ReferrerPart{About: []string{"referrer"}, Part: &eventpb.ReferrerPart_Open{Open: r}}
}

// subjects gives each child its contact-local id and a part of its own, so that
// one child's description can be erased and a sibling's kept.
func subjects(children []Child) (subjects []*eventpb.Subject, ids []string) {
	for i, child := range children {
		id := SubjectID(i)
		ids = append(ids, id)
		subjects = append(subjects, &eventpb.Subject{
			SubjectId: id,
			Child: &eventpb.ChildPart{
				About: []string{id},
				Part:  &eventpb.ChildPart_Open{Open: normal(child)},
			},
			Unborn: child.Unborn,
		})
	}
	return subjects, ids
}

// normal gives a checked child with its numbers in the form in which they are
// compared, and an unborn child's sex as the census wants it (8750).
func normal(child Child) *eventpb.Child {
	person := proto.CloneOf(child.Person)
	if person == nil {
		person = &eventpb.Child{}
	}
	if nhs, fault := number.NHS(person.GetNhsNumber()); fault == nil {
		person.NhsNumber = nhs
	}
	if upn, fault := number.UPN(person.GetUpn()); fault == nil {
		person.Upn = upn
	}
	if child.Unborn {
		person.Sex = "U"
	}
	if person.GetAddress() != nil {
		person.Address.Postcode = postcode(person.Address.Postcode)
	}
	return person
}

// postcode gives one in capitals with one space before its last three
// characters, where it is as long as a whole postcode; else as it was given.
func postcode(text string) string {
	packed := strings.ToUpper(strings.Join(strings.Fields(text), ""))
	if len(packed) < 5 || len(packed) > 7 {
		return text
	}
	return packed[:len(packed)-3] + " " + packed[len(packed)-3:]
}

func household(members []*eventpb.HouseholdMember, about []string) *eventpb.HouseholdPart {
	if len(members) == 0 {
		return nil
	}
	return &eventpb.HouseholdPart{
		About: slices.Clone(about),
		Part:  &eventpb.HouseholdPart_Open{Open: &eventpb.Household{Members: members}},
	}
}

// passAcross keeps KEN-04: the children who are open leave, the others stay.
func passAcross(c Receive, received *eventpb.ContactReceived) *eventpb.ContactPassedAcross {
	var remaining []string
	for _, subject := range received.GetSubjects() {
		isOpen := func(m *eventpb.OpenMatch) bool { return m.GetSubjectId() == subject.GetSubjectId() }
		if !slices.ContainsFunc(c.OpenMatches, isOpen) {
			remaining = append(remaining, subject.GetSubjectId())
		}
	}
	return &eventpb.ContactPassedAcross{
		ContactId: received.GetContactId(),
		Matches:   c.OpenMatches,
		Remaining: remaining,
		PassedAt:  received.GetReceivedAt(),
	}
}
