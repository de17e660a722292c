package consultation

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
)

// The reasons of this package's refusals, published: callers act on them.
const (
	ReasonInvalid   = "INVALID_CONSULTATION"
	ReasonEmergency = "CONSULTATION_NOT_NEEDED"
	ReasonLeadFirst = "SAFEGUARDING_LEAD_FIRST"
	ReasonNotFound  = "CONSULTATION_NOT_FOUND"
	// ReasonTaken is for casework alone, which chooses another number.
	ReasonTaken = "CONSULTATION_NUMBER_TAKEN"
)

// Decide says which events the command adds. A *domain.Refusal is a rule's no.
func Decide(c Command, s State) ([]proto.Message, error) {
	switch c := c.(type) {
	case Give:
		return give(c, s)
	case Follow:
		return follow(c, s)
	}
	return nil, fmt.Errorf("consultation: unknown command %T", c)
}

func give(c Give, s State) ([]proto.Message, error) {
	refusal, err := c.Profile.Permit(c.Role, access.ConsultationGive, c.Now)
	switch {
	case err != nil:
		return nil, fmt.Errorf("consultation: %w", err)
	case refusal != nil:
		return nil, refusal
	case c.Emergency:
		return nil, no(ReasonEmergency, "a child who needs immediate action is not consulted about", "record the contact now, as urgent")
	case c.Lead == practice.LeadNotConsulted:
		return nil, no(ReasonLeadFirst, "the agency's own safeguarding lead comes first", "ask the caller to speak to their designated safeguarding lead, and to come back if a consultation is still needed")
	}
	if err := check(c); err != nil {
		return nil, err
	}
	if s.ID != "" {
		return nil, no(ReasonTaken, "the number is another consultation's", "give it another number")
	}
	given := &eventpb.ConsultationGiven{
		ConsultationId: ID(c.Number).String(), Number: c.Number, Agency: c.Agency, Reference: c.Reference, Channel: c.Channel,
		HeldAt: timestamppb.New(c.HeldAt), Lead: c.Lead, GivenBy: c.Actor, Role: string(c.Role),
		Question: words(c.Question), Advice: words(c.Advice), Recommendation: c.Recommendation,
	}
	if c.Lead == practice.LeadConsulted {
		given.LeadConsultedAt = timestamppb.New(c.LeadAt)
	}
	return []proto.Message{given}, nil
}

// follow ties a contact to the consultation, once.
func follow(c Follow, s State) ([]proto.Message, error) {
	if s.ID == "" || s.Agency != c.Agency {
		// One reason for both: another agency is not told what there is.
		return nil, no(ReasonNotFound, "there is no such consultation with this agency", "check the number")
	}
	if slices.Contains(s.Contacts, c.ContactID) {
		return nil, nil
	}
	return []proto.Message{&eventpb.ConsultationFollowed{ConsultationId: s.ID, ContactId: c.ContactID}}, nil
}

func no(reason, message, advice string) error {
	return &domain.Refusal{Reason: reason, Rule: "KEN-12", Message: message, Advice: advice}
}

// words are sealed with a key of the consultation's own, as it is about no child by id.
func words(text string) *eventpb.NarrativePart {
	return &eventpb.NarrativePart{About: []string{"consultation"}, Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: text}}}
}
