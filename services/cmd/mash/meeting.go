package main

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
)

// meetingCmd is everything about strategy meetings.
type meetingCmd struct {
	meetingReads
	meetingWrites
}

// meetingWrites are what staff do in a strategy meeting, in the order in which it comes.
type meetingWrites struct {
	Propose    meetingProposeCmd    `cmd:"" help:"Propose a strategy meeting, with the threshold reasoning (SOT-10)."`
	Call       meetingCallCmd       `cmd:"" help:"Call a meeting that somebody else proposed (SOT-10, SOT-11)."`
	Decline    meetingDeclineCmd    `cmd:"" help:"Decline to call it, with the reason."`
	Invite     meetingInviteCmd     `cmd:"" help:"Invite more agencies."`
	Move       meetingMoveCmd       `cmd:"" help:"Move a meeting, or change its form."`
	Cancel     meetingCancelCmd     `cmd:"" help:"Cancel a meeting that was not held."`
	Attend     meetingAttendCmd     `cmd:"" help:"Record an agency's answer that came by telephone: who comes, and what it contributes."`
	Conclude   meetingConcludeCmd   `cmd:"" help:"Conclude a meeting that was held, with its quorum (WT-04, WT-05)."`
	Action     meetingActionCmd     `cmd:"" help:"Close an action."`
	Minutes    meetingMinutesCmd    `cmd:"" help:"Send the minutes, or a corrected version."`
	Enquiries  meetingEnquiriesCmd  `cmd:"" help:"End section 47 enquiries about a child."`
	Conference meetingConferenceCmd `cmd:"" help:"Record the initial child protection conference (WT-03)."`
	CoreGroup  meetingCoreGroupCmd  `cmd:"" help:"Record that the first core group met (WT-06)."`
	Review     meetingReviewCmd     `cmd:"" help:"Record a review conference (WT-06)."`
}

// meetingFlags are those of every command on a meeting.
type meetingFlags struct {
	requestFlags
	ID string `arg:"" help:"The meeting's uuid."`
}

// answered is what every command on a meeting is answered with.
type answered interface {
	proto.Message
	GetResult() *commandpb.CommandResult
}

// meeting connects, calls and prints the answer; made names what the command made, such as an action's id.
func (f requestFlags) meeting(env *environment, usual string, call func(context.Context, commandpb.StrategyMeetingCommandServiceClient) (resp answered, made string, err error)) error {
	return f.call(env, usual, func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, made, err := call(ctx, commandpb.NewStrategyMeetingCommandServiceClient(conn))
		if err != nil {
			return err
		}
		if f.JSON {
			return printJSONLines(env.stdout, []proto.Message{resp})
		}
		return printResult(env, resp.GetResult(), made)
	})
}

type meetingProposeCmd struct {
	requestFlags
	Child          []string `help:"Children, as CONTACT:SUBJECT, for example 6c1f…:s1." placeholder:"CONTACT:SUBJECT"`
	Harm           string   `required:"" help:"Significant harm: present, at-risk or none-found."`
	Threshold      string   `required:"" help:"The impact on the children, and why the threshold is met."`
	BeforeDecision bool     `help:"The contact is not decided before the meeting (KEN-23)."`
	Follows        string   `help:"The meeting that this one follows." placeholder:"UUID"`
	File           string   `help:"JSON file with children of open cases, as of mash.command.v1.ProposeMeetingRequest; the flags go before it."`
}

// Run proposes.
func (c *meetingProposeCmd) Run(env *environment) error {
	req := &commandpb.ProposeMeetingRequest{}
	if c.File != "" {
		if err := readRequest(c.File, req); err != nil {
			return err
		}
	}
	req.Context, req.SignificantHarm, req.Threshold = c.context(), c.Harm, c.Threshold
	req.BeforeDecision, req.Follows = req.GetBeforeDecision() || c.BeforeDecision, c.Follows
	for _, child := range c.Child {
		contact, subject, _ := strings.Cut(child, ":")
		req.Children = append(req.Children, &commandpb.ContactChild{ContactId: contact, SubjectId: subject})
	}
	return c.meeting(env, "worker-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.ProposeMeeting(ctx, req)
		return resp, resp.GetMeetingId() + " " + resp.GetHubReference() + " of " + resp.GetOwnerTeam(), err
	})
}

type meetingCallCmd struct {
	meetingFlags
	Form     string    `help:"meeting, or discussion by telephone." default:"meeting"`
	At       time.Time `required:"" help:"When it is held, as 2026-04-02T18:30:00Z." placeholder:"TIME"`
	Place    string    `help:"Where, or how to join."`
	Harm     string    `required:"" help:"Your own answer: present or at-risk."`
	Reasons  string    `required:"" help:"Why the threshold is met."`
	Agency   []string  `required:"" help:"The agencies that are invited; the quorum's sectors must be among them."`
	Briefing string    `required:"" help:"What those who are invited may know of why."`
	Chair    string    `help:"Who chairs it; else who calls it."`
}

// Run calls.
func (c *meetingCallCmd) Run(env *environment) error {
	return c.meeting(env, "manager-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.CallMeeting(ctx, &commandpb.CallMeetingRequest{
			Context: c.context(), MeetingId: c.ID, Form: c.Form, At: timestamppb.New(c.At), Place: c.Place, SignificantHarm: c.Harm, Reasons: c.Reasons,
			Agencies: c.Agency, Briefing: c.Briefing, Chair: c.Chair,
		})
		return resp, "", err
	})
}

type meetingDeclineCmd struct {
	meetingFlags
	Reason string `required:"" help:"Why."`
}

// Run declines.
func (c *meetingDeclineCmd) Run(env *environment) error {
	return c.meeting(env, "manager-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.DeclineMeeting(ctx, &commandpb.DeclineMeetingRequest{Context: c.context(), MeetingId: c.ID, Reason: c.Reason})
		return resp, "", err
	})
}

type meetingInviteCmd struct {
	meetingFlags
	Agency []string `required:"" help:"The agencies."`
}

// Run invites.
func (c *meetingInviteCmd) Run(env *environment) error {
	return c.meeting(env, "worker-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.InviteAgencies(ctx, &commandpb.InviteAgenciesRequest{Context: c.context(), MeetingId: c.ID, Agencies: c.Agency})
		return resp, "", err
	})
}

type meetingMoveCmd struct {
	meetingFlags
	At     time.Time `required:"" help:"When it is held now." placeholder:"TIME"`
	Form   string    `help:"meeting, or discussion by telephone." default:"meeting"`
	Place  string    `help:"Where, or how to join; else as before."`
	Reason string    `required:"" help:"Why."`
}

// Run moves.
func (c *meetingMoveCmd) Run(env *environment) error {
	return c.meeting(env, "worker-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.MoveMeeting(ctx, &commandpb.MoveMeetingRequest{
			Context: c.context(), MeetingId: c.ID, At: timestamppb.New(c.At), Form: c.Form, Place: c.Place, Reason: c.Reason,
		})
		return resp, "", err
	})
}

type meetingCancelCmd struct {
	meetingFlags
	Reason string `required:"" help:"Why."`
}

// Run cancels.
func (c *meetingCancelCmd) Run(env *environment) error {
	return c.meeting(env, "manager-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.CancelMeeting(ctx, &commandpb.CancelMeetingRequest{Context: c.context(), MeetingId: c.ID, Reason: c.Reason})
		return resp, "", err
	})
}
