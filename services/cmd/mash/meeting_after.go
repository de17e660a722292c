package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
)

type meetingConcludeCmd struct {
	meetingFlags
	File string `required:"" help:"JSON file with who was there and what was decided, as of mash.command.v1.ConcludeMeetingRequest." placeholder:"FILE"`
}

// Run concludes. What a meeting decides does not fit on a command line.
func (c *meetingConcludeCmd) Run(env *environment) error {
	req := &commandpb.ConcludeMeetingRequest{}
	if err := readRequest(c.File, req); err != nil {
		return err
	}
	req.Context, req.MeetingId = c.context(), c.ID
	return c.meeting(env, "manager-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.ConcludeMeeting(ctx, req)
		return resp, strings.Join(resp.GetActionIds(), " "), err
	})
}

type meetingActionCmd struct {
	meetingFlags
	Action      string `required:"" help:"The action." placeholder:"ID"`
	NotPossible bool   `help:"It cannot be done; --words says why."`
	Words       string `help:"What came of it."`
}

// Run closes.
func (c *meetingActionCmd) Run(env *environment) error {
	result := "completed"
	if c.NotPossible {
		result = "not-possible"
	}
	return c.meeting(env, "worker-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.CloseAction(ctx, &commandpb.CloseActionRequest{
			Context: c.context(), MeetingId: c.ID, ActionId: c.Action, ResultCode: result, Words: c.Words,
		})
		return resp, "", err
	})
}

type meetingMinutesCmd struct {
	meetingFlags
	File string `required:"" help:"Text file with the minutes, in words that every agency which was there may read." placeholder:"FILE"`
}

// Run sends.
func (c *meetingMinutesCmd) Run(env *environment) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return c.meeting(env, "worker-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.IssueMinutes(ctx, &commandpb.IssueMinutesRequest{Context: c.context(), MeetingId: c.ID, Minutes: string(text)})
		return resp, fmt.Sprintf("version %d", resp.GetVersion()), err
	})
}

type meetingEnquiriesCmd struct {
	meetingFlags
	Child     string `required:"" help:"The child, by the meeting's id." placeholder:"ID"`
	Outcome   string `required:"" help:"conference, child-in-need or no-further-action."`
	Rationale string `required:"" help:"Why."`
}

// Run ends enquiries.
func (c *meetingEnquiriesCmd) Run(env *environment) error {
	return c.meeting(env, "manager-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.ConcludeEnquiries(ctx, &commandpb.ConcludeEnquiriesRequest{
			Context: c.context(), MeetingId: c.ID, ChildId: c.Child, Outcome: c.Outcome, Rationale: c.Rationale,
		})
		return resp, "", err
	})
}

type meetingConferenceCmd struct {
	meetingFlags
	HeldAt time.Time `required:"" help:"When it was held." placeholder:"TIME"`
	Child  []string  `required:"" help:"The children it was about, by the meeting's ids."`
	Plan   []string  `help:"Those of them who are on a child protection plan."`
}

// Run records a conference.
func (c *meetingConferenceCmd) Run(env *environment) error {
	req := &commandpb.RecordConferenceRequest{Context: c.context(), MeetingId: c.ID, HeldAt: timestamppb.New(c.HeldAt)}
	for _, child := range c.Child {
		req.Children = append(req.Children, &commandpb.ConferenceChild{ChildId: child, Plan: slices.Contains(c.Plan, child)})
	}
	for _, child := range c.Plan {
		if !slices.Contains(c.Child, child) {
			return fmt.Errorf("--plan: %s is not among the children of --child", child)
		}
	}
	return c.meeting(env, "worker-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.RecordConference(ctx, req)
		return resp, "", err
	})
}

type meetingCoreGroupCmd struct {
	meetingFlags
	HeldAt time.Time `required:"" help:"When it met." placeholder:"TIME"`
}

// Run records a core group.
func (c *meetingCoreGroupCmd) Run(env *environment) error {
	return c.meeting(env, "worker-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.RecordCoreGroup(ctx, &commandpb.RecordCoreGroupRequest{Context: c.context(), MeetingId: c.ID, HeldAt: timestamppb.New(c.HeldAt)})
		return resp, "", err
	})
}

type meetingReviewCmd struct {
	meetingFlags
	HeldAt time.Time `required:"" help:"When it was held." placeholder:"TIME"`
	Child  []string  `help:"The children who stay on a plan, by the meeting's ids."`
}

// Run records a review.
func (c *meetingReviewCmd) Run(env *environment) error {
	return c.meeting(env, "worker-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.RecordReview(ctx, &commandpb.RecordReviewRequest{
			Context: c.context(), MeetingId: c.ID, HeldAt: timestamppb.New(c.HeldAt), Children: c.Child,
		})
		return resp, "", err
	})
}
