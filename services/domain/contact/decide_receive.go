package contact

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/identifier/number"
	"github.com/openmash/mash/services/domain/wording"
)

// receive puts a contact on record and, where a child of it is open to a team,
// passes that child straight across.
func receive(c Receive, s State) ([]proto.Message, error) {
	if s.ID != "" {
		return nil, alreadyReceived()
	}
	if err := checkReceive(c, nil); err != nil {
		return nil, err
	}
	return arrived(c, arrival{id: ID(c.Agency, c.Source, c.MessageID).String(), at: c.Now})
}

// arrived gives the events of a contact that no rule objects to.
func arrived(c Receive, how arrival) ([]proto.Message, error) {
	received, err := received(c, how)
	if err != nil {
		return nil, err
	}
	events := []proto.Message{received}
	inQueue := true
	if len(c.OpenMatches) > 0 {
		across := passAcross(c, received)
		events, inQueue = append(events, across), len(across.Remaining) > 0
	}
	if !inQueue {
		// Nobody waits for the front door, so none of its clocks runs.
		received.Clocks = nil
	} else if link := writtenForm(c, received); link != nil {
		events = append(events, link)
	}
	schools, err := encompass(c, how) // KEN-20: also for a child who went across
	return append(events, schools...), err
}

func received(c Receive, how arrival) (*eventpb.ContactReceived, error) {
	// checkReceive has found the work type in use.
	team, _ := c.Profile.TeamFor(c.WorkType)
	open, err := c.Profile.IsOpen(how.at)
	if err != nil {
		return nil, fmt.Errorf("contact: opening hours: %w", err)
	}
	due, err := c.Profile.OnArrival(how.at)
	if err != nil {
		return nil, fmt.Errorf("contact: clocks of an arrival: %w", err)
	}
	subjects, all := subjects(c.Children)
	return &eventpb.ContactReceived{
		ContactId:       how.id,
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
		Reason:          wording.Narrative(c.Reason, all),
		Consent: &eventpb.ConsentStatement{
			Stance:       c.Consent.Stance,
			WhyNotSought: wording.Narrative(c.Consent.WhyNotSought, all),
			// A question that was not answered is one whose answer is not known.
			FamilyKnows:    cmp.Or(c.Consent.FamilyKnows, "not-known"),
			AgreesToEngage: cmp.Or(c.Consent.AgreesToEngage, "not-known"),
		},
		Occurred:      c.Occurred,
		ReceivedAt:    timestamppb.New(how.at),
		Team:          team,
		OutOfHours:    !open,
		Clocks:        clocks(due),
		Children:      uint32(len(c.Children)),
		Conversation:  how.conversation,
		Follows:       follows(c.Follows),
		Consultation:  consultedBefore(c.Consultation),
		DomesticAbuse: domesticAbuse(c, all),
	}, nil
}

func follows(f Following) *eventpb.FollowedConversation {
	if f.Named == "" {
		return nil
	}
	return &eventpb.FollowedConversation{Named: f.Named, ConversationId: f.ContactID}
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
		PassedAt:  timestamppb.New(c.Now),
	}
}
