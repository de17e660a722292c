package commandapi

import (
	"context"
	"fmt"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/rpc"
)

func (s *meeting) ConcludeMeeting(ctx context.Context, r *commandpb.ConcludeMeetingRequest) (*commandpb.ConcludeMeetingResponse, error) {
	present, err := s.present(r.GetPresent())
	if err != nil {
		return nil, err
	}
	c := strategymeeting.Conclude{
		Form: r.GetForm(), HeldAt: timeOf(r.GetHeldAt()), Present: present, Outcomes: outcomes(r.GetOutcomes()),
		FamilyTold: r.GetFamilyTold(), Rationale: r.GetRationale(),
	}
	for _, ref := range r.GetConsidered() {
		c.Considered = append(c.Considered, strategymeeting.Considered{Ref: &eventpb.Considered{
			ContactId: canonical(ref.GetContactId()), ShareId: ref.GetShareId(), StatementId: ref.GetStatementId(), ContributionId: ref.GetContributionId(),
		}})
	}
	for _, d := range r.GetDissents() {
		c.Dissents = append(c.Dissents, strategymeeting.Dissent{Agency: d.GetAgency(), Children: d.GetChildren(), Words: d.GetWords()})
	}
	for _, a := range r.GetActions() {
		c.Actions = append(c.Actions, strategymeeting.Action{
			Agency: a.GetAgency(), Owner: a.GetOwner(), Children: a.GetChildren(), Words: a.GetWords(), DueAt: timeOf(a.GetDueAt()),
		})
	}
	result, events, err := s.done(ctx, r, func(id string, o casework.Origin) (casework.Result, error) {
		return s.casework.ConcludeMeeting(ctx, id, c, o, r.GetContext().ExpectedRevision)
	})
	out := &commandpb.ConcludeMeetingResponse{Result: result}
	for _, e := range events {
		if e, ok := e.(*eventpb.StrategyMeetingConcluded); ok {
			for _, a := range e.GetActions() {
				out.ActionIds = append(out.ActionIds, a.GetActionId())
			}
		}
	}
	return out, err
}

// present gives those who were there. Who was named before is known by their id; of anybody else the agency's sector is the registry's to know.
func (s *meeting) present(list []*commandpb.PresentPerson) ([]strategymeeting.Present, error) {
	var all []strategymeeting.Present
	var unknown []rpc.Violation
	for i, p := range list {
		one := strategymeeting.Present{AttendeeID: p.GetAttendeeId(), Agency: p.GetAgency()}
		if p.GetPerson() != nil {
			one.Person = person(p.GetPerson())
		}
		if one.Agency != "" || one.AttendeeID == "" {
			sector, known := s.sector(one.Agency)
			if !known {
				unknown = append(unknown, unknownAgency(fmt.Sprintf("present[%d].agency", i)))
			}
			one.Sector = sector
		}
		all = append(all, one)
	}
	if len(unknown) > 0 {
		return nil, rpc.Invalid(unknown...)
	}
	return all, nil
}

func outcomes(list []*commandpb.MeetingChildOutcome) []strategymeeting.Outcome {
	var all []strategymeeting.Outcome
	for _, o := range list {
		all = append(all, strategymeeting.Outcome{
			ChildID: o.GetChildId(), Outcome: o.GetOutcome(), Mode: o.GetMode(), Medical: o.GetMedical(), MedicalBy: o.GetMedicalBy(),
			SeenBy: o.GetSeenBy(), SeenBefore: timeOf(o.GetSeenBefore()), Protection: o.GetProtection(), OtherChildren: o.GetOtherChildren(),
			PositionOfTrust: o.GetPositionOfTrust(),
		})
	}
	return all
}

func (s *meeting) CloseAction(ctx context.Context, r *commandpb.CloseActionRequest) (*commandpb.CloseActionResponse, error) {
	result, _, err := s.do(ctx, r, strategymeeting.CloseAction{ActionID: r.GetActionId(), Result: r.GetResultCode(), Words: r.GetWords()})
	return &commandpb.CloseActionResponse{Result: result}, err
}

func (s *meeting) IssueMinutes(ctx context.Context, r *commandpb.IssueMinutesRequest) (*commandpb.IssueMinutesResponse, error) {
	result, events, err := s.do(ctx, r, strategymeeting.IssueMinutes{Words: r.GetMinutes()})
	out := &commandpb.IssueMinutesResponse{Result: result}
	for _, e := range events {
		if e, ok := e.(*eventpb.MinutesIssued); ok {
			out.Version = e.GetVersion()
		}
	}
	return out, err
}

func (s *meeting) ConcludeEnquiries(ctx context.Context, r *commandpb.ConcludeEnquiriesRequest) (*commandpb.ConcludeEnquiriesResponse, error) {
	result, _, err := s.do(ctx, r, strategymeeting.ConcludeEnquiries{ChildID: r.GetChildId(), Outcome: r.GetOutcome(), Rationale: r.GetRationale()})
	return &commandpb.ConcludeEnquiriesResponse{Result: result}, err
}

func (s *meeting) RecordConference(ctx context.Context, r *commandpb.RecordConferenceRequest) (*commandpb.RecordConferenceResponse, error) {
	c := strategymeeting.RecordConference{HeldAt: timeOf(r.GetHeldAt())}
	for _, child := range r.GetChildren() {
		c.Children = append(c.Children, strategymeeting.ConferenceChild{ChildID: child.GetChildId(), Plan: child.GetPlan()})
	}
	result, _, err := s.do(ctx, r, c)
	return &commandpb.RecordConferenceResponse{Result: result}, err
}

func (s *meeting) RecordCoreGroup(ctx context.Context, r *commandpb.RecordCoreGroupRequest) (*commandpb.RecordCoreGroupResponse, error) {
	result, _, err := s.do(ctx, r, strategymeeting.RecordCoreGroup{HeldAt: timeOf(r.GetHeldAt())})
	return &commandpb.RecordCoreGroupResponse{Result: result}, err
}

func (s *meeting) RecordReview(ctx context.Context, r *commandpb.RecordReviewRequest) (*commandpb.RecordReviewResponse, error) {
	result, _, err := s.do(ctx, r, strategymeeting.RecordReview{HeldAt: timeOf(r.GetHeldAt()), Children: r.GetChildren()})
	return &commandpb.RecordReviewResponse{Result: result}, err
}
