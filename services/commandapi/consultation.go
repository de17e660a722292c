package commandapi

import (
	"context"
	"slices"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/consultation"
	"github.com/openmash/mash/services/rpc"
)

// consultations serves what is asked before there is a contact (KEN-12).
type consultations struct {
	commandpb.UnimplementedConsultationCommandServiceServer
	service
}

func registerConsultation(server *rpc.Server, s service) error {
	return server.Register(&commandpb.ConsultationCommandService_ServiceDesc, &consultations{service: s}, map[string]access.Action{
		"GiveConsultation": access.ConsultationGive,
	})
}

func (s *consultations) GiveConsultation(ctx context.Context, r *commandpb.GiveConsultationRequest) (*commandpb.GiveConsultationResponse, error) {
	if r.GetContext().ExpectedRevision != nil {
		return nil, rpc.Invalid(rpc.Violation{Field: "context.expected_revision", Rule: "KEN-12", Description: "there is no consultation yet that could be at a revision"})
	}
	if !slices.Contains(s.agencies, r.GetAgency()) {
		return nil, rpc.Invalid(rpc.Violation{Field: "agency", Rule: "KEN-12", Description: "is no agency of the registry: its record could not be sent to it"})
	}
	result, err := s.casework.GiveConsultation(ctx, consultation.Give{
		Agency: r.GetAgency(), Reference: r.GetReference(), Channel: r.GetChannel(), HeldAt: timeOf(r.GetHeldAt()),
		Lead: r.GetLead(), LeadAt: timeOf(r.GetLeadConsultedAt()), Emergency: r.GetEmergency(),
		Question: r.GetQuestion(), Advice: r.GetAdvice(), Recommendation: r.GetRecommendation(),
	}, origin(rpc.CallerFrom(ctx), r, ""))
	if err != nil {
		return nil, translate(ctx, err, "consultation")
	}
	return &commandpb.GiveConsultationResponse{
		Result: resultOf(result), Number: idOf(result.Events, (*eventpb.ConsultationGiven).GetNumber),
		ConsultationId: idOf(result.Events, (*eventpb.ConsultationGiven).GetConsultationId),
	}, nil
}
