package commandapi

import (
	"context"
	"slices"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/intake/form"
	"github.com/openmash/mash/services/rpc"
)

// RecordConversation puts a contact on record that the caller had by telephone or in person (SOT-01).
func (s *service) RecordConversation(ctx context.Context, r *commandpb.RecordConversationRequest) (*commandpb.RecordConversationResponse, error) {
	if r.GetContext().ExpectedRevision != nil {
		return nil, rpc.Invalid(rpc.Violation{Field: "context.expected_revision", Rule: "SOT-01", Description: "there is no contact yet that could be at a revision"})
	}
	if agency := r.GetAgency(); agency != "" && !slices.Contains(s.agencies, agency) {
		return nil, rpc.Invalid(rpc.Violation{Field: "agency", Rule: "SOT-01", Description: "is no agency of the registry: leave it out where the caller spoke for none"})
	}
	id := casework.ConversationID(canonical(r.GetContext().GetRequestId()))
	c := contact.RecordConversation{Receive: form.Receive(r), Channel: r.GetChannel(), HeldAt: timeOf(r.GetHeldAt())}
	c.Agency, c.Reference, c.Consultation.Number = r.GetAgency(), r.GetReference(), r.GetConsultationNumber()
	result, err := s.casework.RecordConversation(ctx, c, origin(rpc.CallerFrom(ctx), r, id.String()))
	if err != nil {
		return nil, translate(ctx, err, resourceContact)
	}
	out := &commandpb.RecordConversationResponse{Result: resultOf(result), ContactId: id.String(), HubReference: contact.HubReference(id)}
	for _, e := range result.Events {
		if e, ok := e.(*eventpb.ContactReceived); ok {
			out.WrittenFormDueAt = e.GetConversation().GetWrittenForm().GetDueAt()
		}
	}
	return out, nil
}
