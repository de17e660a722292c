package commandapi

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/intake/form"
	"github.com/openmash/mash/services/rpc"
)

// meeting serves strategy meetings, from the proposal to the reviews that follow.
type meeting struct {
	commandpb.UnimplementedStrategyMeetingCommandServiceServer
	service
}

func registerMeeting(server *rpc.Server, s service) error {
	return server.Register(&commandpb.StrategyMeetingCommandService_ServiceDesc, &meeting{service: s}, map[string]access.Action{
		"ProposeMeeting":    access.MeetingPropose,
		"CallMeeting":       access.MeetingCall,
		"DeclineMeeting":    access.MeetingCall,
		"CancelMeeting":     access.MeetingCall,
		"InviteAgencies":    access.MeetingArrange,
		"MoveMeeting":       access.MeetingArrange,
		"RecordAttendance":  access.MeetingAttend,
		"ConcludeMeeting":   access.MeetingConclude,
		"CloseAction":       access.MeetingAct,
		"IssueMinutes":      access.MinutesIssue,
		"ConcludeEnquiries": access.EnquiriesConclude,
		"RecordConference":  access.ConferenceRecord,
		"RecordCoreGroup":   access.ConferenceRecord,
		"RecordReview":      access.ConferenceRecord,
	})
}

// ofMeeting is what a request has that is about a meeting on record.
type ofMeeting interface {
	asked
	GetMeetingId() string
}

// do carries out a command on a meeting.
func (s *meeting) do(ctx context.Context, r ofMeeting, c strategymeeting.Command) (*commandpb.CommandResult, []proto.Message, error) {
	return s.done(ctx, r, func(id string, o casework.Origin) (casework.Result, error) {
		return s.casework.HandleMeeting(ctx, id, c, o, r.GetContext().ExpectedRevision)
	})
}

func (s *meeting) done(ctx context.Context, r ofMeeting, carryOut func(id string, o casework.Origin) (casework.Result, error)) (*commandpb.CommandResult, []proto.Message, error) {
	id := canonical(r.GetMeetingId())
	result, err := carryOut(id, origin(rpc.CallerFrom(ctx), r, id))
	if err != nil {
		return nil, nil, translate(ctx, err, resourceMeeting)
	}
	return resultOf(result), result.Events, nil
}

func (s *meeting) ProposeMeeting(ctx context.Context, r *commandpb.ProposeMeetingRequest) (*commandpb.ProposeMeetingResponse, error) {
	if len(r.GetChildren())+len(r.GetOpenCases()) == 0 {
		return nil, rpc.Invalid(rpc.Violation{Field: "children", Rule: "SOT-10", Description: "is empty, and so is open_cases: a meeting is about at least one child"})
	}
	p := casework.Proposal{
		SignificantHarm: r.GetSignificantHarm(), Threshold: r.GetThreshold(), BeforeDecision: r.GetBeforeDecision(), Follows: canonical(r.GetFollows()),
	}
	for _, c := range r.GetChildren() {
		p.Children = append(p.Children, casework.ContactChild{ContactID: canonical(c.GetContactId()), SubjectID: c.GetSubjectId()})
	}
	for _, c := range r.GetOpenCases() {
		p.OpenCases = append(p.OpenCases, openCase(c))
	}
	about := strategymeeting.ID(canonical(r.GetContext().GetRequestId())).String()
	result, id, err := s.casework.ProposeMeeting(ctx, p, origin(rpc.CallerFrom(ctx), r, about))
	if err != nil {
		return nil, translate(ctx, err, resourceMeeting)
	}
	return &commandpb.ProposeMeetingResponse{
		Result: resultOf(result), MeetingId: id,
		HubReference: idOf(result.Events, (*eventpb.StrategyMeetingProposed).GetHubReference),
		OwnerTeam:    idOf(result.Events, (*eventpb.StrategyMeetingProposed).GetOwnerTeam),
	}, nil
}

func openCase(c *commandpb.CaseChild) *eventpb.MeetingChild {
	child := &eventpb.Child{GivenName: c.GetGivenName(), FamilyName: c.GetFamilyName(), NhsNumber: c.GetNhsNumber(), CaseNumber: c.GetCaseNumber()}
	if born := c.GetDateOfBirth(); born != "" {
		child.DateOfBirth = &eventpb.PartialDate{Value: born}
	}
	return &eventpb.MeetingChild{Child: &eventpb.ChildPart{Part: &eventpb.ChildPart_Open{Open: child}}, OpenTo: c.GetOpenTo()}
}

func (s *meeting) CallMeeting(ctx context.Context, r *commandpb.CallMeetingRequest) (*commandpb.CallMeetingResponse, error) {
	invitees, err := s.invitees(r.GetAgencies())
	if err != nil {
		return nil, err
	}
	result, _, err := s.do(ctx, r, strategymeeting.Call{
		Form: r.GetForm(), At: timeOf(r.GetAt()), Place: r.GetPlace(), SignificantHarm: r.GetSignificantHarm(), Reasons: r.GetReasons(),
		Briefing: r.GetBriefing(), Invitees: invitees, Chair: r.GetChair(),
	})
	return &commandpb.CallMeetingResponse{Result: result}, err
}

func (s *meeting) DeclineMeeting(ctx context.Context, r *commandpb.DeclineMeetingRequest) (*commandpb.DeclineMeetingResponse, error) {
	result, _, err := s.do(ctx, r, strategymeeting.Decline{Reason: r.GetReason()})
	return &commandpb.DeclineMeetingResponse{Result: result}, err
}

func (s *meeting) InviteAgencies(ctx context.Context, r *commandpb.InviteAgenciesRequest) (*commandpb.InviteAgenciesResponse, error) {
	invitees, err := s.invitees(r.GetAgencies())
	if err != nil {
		return nil, err
	}
	result, _, err := s.do(ctx, r, strategymeeting.Widen{Invitees: invitees})
	return &commandpb.InviteAgenciesResponse{Result: result}, err
}

func (s *meeting) MoveMeeting(ctx context.Context, r *commandpb.MoveMeetingRequest) (*commandpb.MoveMeetingResponse, error) {
	result, _, err := s.do(ctx, r, strategymeeting.Move{At: timeOf(r.GetAt()), Form: r.GetForm(), Place: r.GetPlace(), Reason: r.GetReason()})
	return &commandpb.MoveMeetingResponse{Result: result}, err
}

func (s *meeting) CancelMeeting(ctx context.Context, r *commandpb.CancelMeetingRequest) (*commandpb.CancelMeetingResponse, error) {
	result, _, err := s.do(ctx, r, strategymeeting.Cancel{Reason: r.GetReason()})
	return &commandpb.CancelMeetingResponse{Result: result}, err
}

func (s *meeting) RecordAttendance(ctx context.Context, r *commandpb.RecordAttendanceRequest) (*commandpb.RecordAttendanceResponse, error) {
	sector, known := s.sector(r.GetAgency())
	if !known {
		return nil, rpc.Invalid(unknownAgency("agency"))
	}
	answer := strategymeeting.Answer{Agency: r.GetAgency(), Sector: sector, Answer: r.GetAnswer(), Reason: r.GetReason()}
	for _, a := range r.GetAttendees() {
		answer.Attendees = append(answer.Attendees, person(a))
	}
	for _, c := range r.GetContributions() {
		answer.Contributions = append(answer.Contributions, form.Statement(c))
	}
	result, events, err := s.done(ctx, r, func(id string, o casework.Origin) (casework.Result, error) {
		return s.casework.RecordAnswer(ctx, id, answer, o, r.GetContext().ExpectedRevision)
	})
	out := &commandpb.RecordAttendanceResponse{Result: result}
	for _, e := range events {
		if e, ok := e.(*eventpb.InvitationAnswered); ok {
			for _, a := range e.GetAttendees() {
				out.AttendeeIds = append(out.AttendeeIds, a.GetAttendeeId())
			}
			for _, c := range e.GetContributions() {
				out.ContributionIds = append(out.ContributionIds, c.GetContributionId())
			}
		}
	}
	return out, err
}

func person(p *commandpb.MeetingPerson) strategymeeting.Person {
	return strategymeeting.Person{Name: p.GetName(), Post: p.GetPost(), Phones: p.GetPhones(), Email: p.GetEmail(), SubstituteFor: p.GetSubstituteFor()}
}

// invitees gives agencies with their sectors, which are the registry's to know.
func (s *meeting) invitees(agencies []string) ([]strategymeeting.Invitee, error) {
	var all []strategymeeting.Invitee
	var unknown []rpc.Violation
	for i, agency := range agencies {
		sector, known := s.sector(agency)
		if !known {
			unknown = append(unknown, unknownAgency(fmt.Sprintf("agencies[%d]", i)))
		}
		all = append(all, strategymeeting.Invitee{Agency: agency, Sector: sector})
	}
	if len(unknown) > 0 {
		return nil, rpc.Invalid(unknown...)
	}
	return all, nil
}

func unknownAgency(field string) rpc.Violation {
	return rpc.Violation{Field: field, Rule: "WT-04", Description: "is no agency of the registry, nor the front door"}
}

// sectorSocialCare is the authority's own in the registry.
const sectorSocialCare = "social-care"

// sector tells an agency's sector. The front door is no agency of the registry; its own staff are there for the authority's social care.
func (s *service) sector(agency string) (sector string, known bool) {
	if agency == practice.TeamFrontDoor {
		return sectorSocialCare, true
	}
	sector, known = s.sectors[agency]
	return sector, known
}
