package commandapi

import (
	"context"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/rpc"
)

// information serves what agencies are asked, and what is made of what they tell.
type information struct {
	commandpb.UnimplementedInformationCommandServiceServer
	service
}

func registerInformation(server *rpc.Server, s service) error {
	return server.Register(&commandpb.InformationCommandService_ServiceDesc, &information{service: s}, map[string]access.Action{
		"RequestInformation": access.InformationRequest,
		"CancelRequest":      access.InformationRequest,
		"RecordAnalysis":     access.AnalysisRecord,
		"DecideContact":      access.ContactDecide,
		"SignOffDecision":    access.DecisionSignOff,
		"AnswerReferrer":     access.ReferrerAnswer,
		"ReopenContact":      access.ContactReopen,
	})
}

func (s *information) RequestInformation(ctx context.Context, r *commandpb.RequestInformationRequest) (*commandpb.RequestInformationResponse, error) {
	if targeted := r.GetMode() == "targeted"; targeted == (len(r.GetScope().GetAgencies()) == 0) {
		return nil, rpc.Invalid(rpc.Violation{Field: "scope.agencies", Rule: "SOT-07",
			Description: "a targeted request names its agencies, and a full one leaves them out: it goes to all partners"})
	}
	if err := registered("scope.agencies", r.GetScope().GetAgencies(), s.partners, "is no partner that can be asked: the registry has none of that name that answers"); err != nil {
		return nil, err
	}
	scope := s.scope(r.GetScope())
	c := contact.RequestInformation{Mode: r.GetMode(), Purposes: scope.GetPurposes(), Words: r.GetQuestion(), Status: r.GetStatus()}
	for _, agency := range scope.GetAgencies() {
		c.Questions = append(c.Questions, contact.Ask{Agency: agency, Subjects: scope.GetSubjects(), Categories: scope.GetCategories()})
	}
	result, events, err := s.handleAll(ctx, r, c)
	return &commandpb.RequestInformationResponse{Result: result, InformationRequestId: idOf(events, (*eventpb.InformationRequested).GetRequestId)}, err
}

func (s *information) CancelRequest(ctx context.Context, r *commandpb.CancelRequestRequest) (*commandpb.CancelRequestResponse, error) {
	result, err := s.handle(ctx, r, contact.CancelRequest{RequestID: r.GetInformationRequestId(), Agencies: r.GetAgencies(), Reason: r.GetReasonCode()})
	return &commandpb.CancelRequestResponse{Result: result}, err
}

func (s *information) RecordAnalysis(ctx context.Context, r *commandpb.RecordAnalysisRequest) (*commandpb.RecordAnalysisResponse, error) {
	result, events, err := s.handleAll(ctx, r, contact.RecordAnalysis{
		Subjects: r.GetSubjects(), Shares: r.GetShares(), Words: r.GetAnalysis(), Harm: r.GetSignificantHarm(),
	})
	return &commandpb.RecordAnalysisResponse{Result: result, AnalysisId: idOf(events, (*eventpb.AnalysisRecorded).GetAnalysisId)}, err
}

func (s *information) DecideContact(ctx context.Context, r *commandpb.DecideContactRequest) (*commandpb.DecideContactResponse, error) {
	c := contact.DecideContact{Rationale: r.GetRationale(), Shares: r.GetShares()}
	for _, o := range r.GetOutcomes() {
		c.Outcomes = append(c.Outcomes, contact.Outcome{
			Subject: o.GetSubjectId(), Outcome: o.GetOutcome(), Level: o.GetSupportLevel(), Destination: o.GetDestination(), Steps: o.GetSteps(),
		})
	}
	result, events, err := s.handleAll(ctx, r, c)
	return &commandpb.DecideContactResponse{Result: result, DecisionId: idOf(events, (*eventpb.ContactDecided).GetDecisionId)}, err
}

func (s *information) SignOffDecision(ctx context.Context, r *commandpb.SignOffDecisionRequest) (*commandpb.SignOffDecisionResponse, error) {
	var c contact.Command = contact.SignOff{DecisionID: r.GetDecisionId()}
	if r.GetOutcome() == "returned" {
		c = contact.ReturnDecision{DecisionID: r.GetDecisionId(), Reason: r.GetReason()}
	}
	result, err := s.handle(ctx, r, c)
	return &commandpb.SignOffDecisionResponse{Result: result}, err
}

func (s *information) AnswerReferrer(ctx context.Context, r *commandpb.AnswerReferrerRequest) (*commandpb.AnswerReferrerResponse, error) {
	result, err := s.handle(ctx, r, contact.AnswerReferrer{DecisionID: r.GetDecisionId(), Level: r.GetLevel(), Response: r.GetResponse()})
	return &commandpb.AnswerReferrerResponse{Result: result}, err
}

func (s *information) ReopenContact(ctx context.Context, r *commandpb.ReopenContactRequest) (*commandpb.ReopenContactResponse, error) {
	result, err := s.handle(ctx, r, contact.Reopen{Reason: r.GetReason(), Subjects: r.GetSubjects()})
	return &commandpb.ReopenContactResponse{Result: result}, err
}
