package commandapi

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/rpc"
)

// authority serves what allows information to be gathered and shared.
type authority struct {
	commandpb.UnimplementedAuthorityCommandServiceServer
	service
}

func registerAuthority(server *rpc.Server, s service) error {
	return server.Register(&commandpb.AuthorityCommandService_ServiceDesc, &authority{service: s}, map[string]access.Action{
		"RecordHolder":         access.ConsentRecord,
		"RecordConsent":        access.ConsentRecord,
		"WithdrawConsent":      access.ConsentRecord,
		"RecordEngagement":     access.ConsentRecord,
		"RecordLawfulBasis":    access.BasisRecord,
		"ProposeOverride":      access.OverridePropose,
		"DecideOverride":       access.OverrideDecide,
		"ReviewOverride":       access.OverrideReview,
		"RecordAgencyOverride": access.OverrideReport,
		"DecideNotToShare":     access.ShareRefuse,
		"GoOnDespiteRefusal":   access.RefusalPass,
	})
}

func (s *authority) RecordHolder(ctx context.Context, r *commandpb.RecordHolderRequest) (*commandpb.RecordHolderResponse, error) {
	result, events, err := s.handleAll(ctx, r, contact.RecordHolder{
		HolderID: r.GetHolderId(),
		Holder:   &eventpb.Holder{Name: r.GetName(), Relationship: r.GetRelationship(), Phones: r.GetPhones()},
		Subjects: r.GetSubjects(), Basis: r.GetBasis(),
	})
	return &commandpb.RecordHolderResponse{Result: result, HolderId: idOf(events, (*eventpb.HolderRecorded).GetHolderId)}, err
}

func (s *authority) RecordConsent(ctx context.Context, r *commandpb.RecordConsentRequest) (*commandpb.RecordConsentResponse, error) {
	result, events, err := s.handleAll(ctx, r, contact.RecordConsent{
		HolderID: r.GetHolderId(), Stance: r.GetStance(), Scope: s.scope(r.GetScope()), AskedBy: askedBy(ctx, r), Asked: occurrence(r.GetAsked()),
		How: r.GetHow(), Reason: r.GetReason(), Evidence: r.GetEvidence(), ExpiresAt: timeOf(r.GetExpiresAt()),
	})
	return &commandpb.RecordConsentResponse{Result: result, ConsentId: idOf(events, (*eventpb.ConsentRecorded).GetConsentId)}, err
}

// askedBy is the caller where a holder was asked: who records what was said is who asked.
func askedBy(ctx context.Context, r *commandpb.RecordConsentRequest) string {
	if r.GetAsked() == nil {
		return ""
	}
	return rpc.CallerFrom(ctx).Person
}

func (s *authority) WithdrawConsent(ctx context.Context, r *commandpb.WithdrawConsentRequest) (*commandpb.WithdrawConsentResponse, error) {
	result, err := s.handle(ctx, r, contact.WithdrawConsent{
		ConsentID: r.GetConsentId(), Withdrawn: occurrence(r.GetWithdrawn()), How: r.GetHow(), Reason: r.GetReason(),
	})
	return &commandpb.WithdrawConsentResponse{Result: result}, err
}

func (s *authority) RecordEngagement(ctx context.Context, r *commandpb.RecordEngagementRequest) (*commandpb.RecordEngagementResponse, error) {
	result, err := s.handle(ctx, r, contact.RecordEngagement{
		HolderID: r.GetHolderId(), Subjects: r.GetSubjects(), Service: r.GetService(), Agrees: r.GetAgrees(), Said: occurrence(r.GetSaid()), Reason: r.GetReason(),
	})
	return &commandpb.RecordEngagementResponse{Result: result}, err
}

func (s *authority) RecordLawfulBasis(ctx context.Context, r *commandpb.RecordLawfulBasisRequest) (*commandpb.RecordLawfulBasisResponse, error) {
	result, err := s.handle(ctx, r, contact.RecordLawfulBasis{Scope: s.scope(r.GetScope()), Bases: r.GetBases(), Reasoning: r.GetReasoning()})
	return &commandpb.RecordLawfulBasisResponse{Result: result}, err
}

func (s *authority) ProposeOverride(ctx context.Context, r *commandpb.ProposeOverrideRequest) (*commandpb.ProposeOverrideResponse, error) {
	result, events, err := s.handleAll(ctx, r, contact.ProposeOverride{
		Scope: s.scope(r.GetScope()), ReasonCode: r.GetReasonCode(), Risk: r.GetRisk(), Bases: r.GetBases(), Despite: r.GetDespite(),
	})
	return &commandpb.ProposeOverrideResponse{Result: result, OverrideId: idOf(events, (*eventpb.OverrideProposed).GetOverrideId)}, err
}

func (s *authority) DecideOverride(ctx context.Context, r *commandpb.DecideOverrideRequest) (*commandpb.DecideOverrideResponse, error) {
	c := contact.DecideOverride{
		OverrideID: r.GetOverrideId(), Outcome: r.GetOutcome(), Reason: r.GetReason(), ExpiresAt: timeOf(r.GetExpiresAt()), ReviewAt: timeOf(r.GetReviewAt()),
	}
	if r.GetScope() != nil {
		c.Scope = s.scope(r.GetScope())
	}
	result, err := s.handle(ctx, r, c)
	return &commandpb.DecideOverrideResponse{Result: result}, err
}

func (s *authority) ReviewOverride(ctx context.Context, r *commandpb.ReviewOverrideRequest) (*commandpb.ReviewOverrideResponse, error) {
	result, err := s.handle(ctx, r, contact.ReviewOverride{
		OverrideID: r.GetOverrideId(), Outcome: r.GetOutcome(), Reason: r.GetReason(), ReviewAt: timeOf(r.GetReviewAt()),
	})
	return &commandpb.ReviewOverrideResponse{Result: result}, err
}

func (s *authority) RecordAgencyOverride(ctx context.Context, r *commandpb.RecordAgencyOverrideRequest) (*commandpb.RecordAgencyOverrideResponse, error) {
	if !slices.Contains(s.agencies, r.GetAgency()) {
		return nil, rpc.Invalid(rpc.Violation{Field: "agency", Rule: "ROC-03", Description: "is no agency of the registry"})
	}
	result, err := s.handle(ctx, r, contact.RecordAgencyOverride{
		Agency: r.GetAgency(), ReasonCode: r.GetReasonCode(), Consulted: r.GetConsulted(), Reason: r.GetReason(),
	})
	return &commandpb.RecordAgencyOverrideResponse{Result: result}, err
}

func (s *authority) DecideNotToShare(ctx context.Context, r *commandpb.DecideNotToShareRequest) (*commandpb.DecideNotToShareResponse, error) {
	result, events, err := s.handleAll(ctx, r, contact.DecideNotToShare{Scope: s.scope(r.GetScope()), Reason: r.GetReason()})
	return &commandpb.DecideNotToShareResponse{Result: result, DecisionId: idOf(events, (*eventpb.DecidedNotToShare).GetDecisionId)}, err
}

func (s *authority) GoOnDespiteRefusal(ctx context.Context, r *commandpb.GoOnDespiteRefusalRequest) (*commandpb.GoOnDespiteRefusalResponse, error) {
	result, err := s.handle(ctx, r, contact.GoOnDespiteRefusal{Consents: r.GetConsents(), Reason: r.GetReason()})
	return &commandpb.GoOnDespiteRefusalResponse{Result: result}, err
}

// registered refuses agencies that are not in that list, naming each. Nobody is behind a misspelt one: a consent would cover nobody, and a
// question would wait for an answer that never comes.
func registered(field string, agencies, list []string, why string) error {
	var unknown []rpc.Violation
	for i, agency := range agencies {
		if !slices.Contains(list, agency) {
			unknown = append(unknown, rpc.Violation{Field: fmt.Sprintf("%s[%d]", field, i), Rule: "SOT-07", Description: why})
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return rpc.Invalid(unknown...)
}

// scope resolves who is meant: no agency named is every partner of the registry, as it stands at this moment. One that joins later is not in it.
func (s *service) scope(in *commandpb.Scope) *eventpb.Scope {
	agencies := in.GetAgencies()
	if len(agencies) == 0 {
		agencies = s.partners
	}
	return &eventpb.Scope{Subjects: in.GetSubjects(), Purposes: in.GetPurposes(), Agencies: agencies, Categories: in.GetCategories()}
}

func occurrence(w *commandpb.When) *eventpb.Occurrence {
	if w == nil {
		return nil
	}
	return &eventpb.Occurrence{At: w.GetAt(), Precision: w.GetPrecision()}
}

// timeOf gives a time, or the zero time where there is none.
func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// idOf gives the id in the first event of its type; empty where there is none.
func idOf[E proto.Message](events []proto.Message, id func(E) string) string {
	for _, e := range events {
		if e, ok := e.(E); ok {
			return id(e)
		}
	}
	return ""
}
