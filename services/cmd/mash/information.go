package main

import (
	"context"

	"google.golang.org/grpc"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
)

// informationCall is a call of InformationCommandService.
type informationCall func(context.Context, commandpb.InformationCommandServiceClient) (result *commandpb.CommandResult, made string, err error)

func (f commandFlags) information(env *environment, usual string, call informationCall) error {
	return f.over(env, usual, func(ctx context.Context, conn *grpc.ClientConn) (*commandpb.CommandResult, string, error) {
		return call(ctx, commandpb.NewInformationCommandServiceClient(conn))
	})
}

type requestCmd struct {
	commandFlags
	scopeFlags
	Question string `required:"" help:"The question, in words that each agency may read."`
	Status   string `required:"" help:"The status of the case as agencies are told it, as a code."`
}

// Run asks the agencies that are named, or all partners.
func (c *requestCmd) Run(env *environment) error {
	mode := "full"
	if len(c.Agency) > 0 {
		mode = "targeted"
	}
	return c.information(env, "worker-1", func(ctx context.Context, client commandpb.InformationCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.RequestInformation(ctx, &commandpb.RequestInformationRequest{
			Context: c.context(), ContactId: c.ID, Mode: mode, Scope: c.scope(), Question: c.Question, Status: c.Status,
		})
		return resp.GetResult(), resp.GetInformationRequestId(), err
	})
}

type cancelRequestCmd struct {
	commandFlags
	Request string   `required:"" help:"The request." placeholder:"ID"`
	Agency  []string `help:"The agencies; none: all that have not answered."`
	Reason  string   `required:"" help:"not-needed or made-in-error."`
}

// Run takes questions back.
func (c *cancelRequestCmd) Run(env *environment) error {
	return c.information(env, "worker-1", func(ctx context.Context, client commandpb.InformationCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.CancelRequest(ctx, &commandpb.CancelRequestRequest{
			Context: c.context(), ContactId: c.ID, InformationRequestId: c.Request, Agencies: c.Agency, ReasonCode: c.Reason,
		})
		return resp.GetResult(), "", err
	})
}

type analyseCmd struct {
	commandFlags
	Subject  []string `help:"Children, by subject id." default:"s1"`
	Share    []string `help:"What was looked at, by share id."`
	Analysis string   `required:"" help:"The impact on the child, the right help, the right time."`
	Harm     string   `required:"" help:"Significant harm: present, at-risk or none-found."`
}

// Run records an analysis.
func (c *analyseCmd) Run(env *environment) error {
	return c.information(env, "worker-1", func(ctx context.Context, client commandpb.InformationCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.RecordAnalysis(ctx, &commandpb.RecordAnalysisRequest{
			Context: c.context(), ContactId: c.ID, Subjects: c.Subject, Shares: c.Share, Analysis: c.Analysis, SignificantHarm: c.Harm,
		})
		return resp.GetResult(), resp.GetAnalysisId(), err
	})
}

type decideCmd struct {
	commandFlags
	File string `arg:"" help:"JSON file with outcomes, rationale and shares, as of mash.command.v1.DecideContactRequest."`
}

// Run decides. A decision for several children does not fit on a command line.
func (c *decideCmd) Run(env *environment) error {
	req := &commandpb.DecideContactRequest{}
	if err := readRequest(c.File, req); err != nil {
		return err
	}
	req.Context, req.ContactId = c.context(), c.ID
	return c.information(env, "worker-1", func(ctx context.Context, client commandpb.InformationCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.DecideContact(ctx, req)
		return resp.GetResult(), resp.GetDecisionId(), err
	})
}

type signOffCmd struct {
	commandFlags
	Decision string `required:"" help:"The decision." placeholder:"ID"`
	Return   string `help:"Give it back, with what is missing."`
}

// Run signs off or gives back.
func (c *signOffCmd) Run(env *environment) error {
	outcome := "signed-off"
	if c.Return != "" {
		outcome = "returned"
	}
	return c.information(env, "manager-1", func(ctx context.Context, client commandpb.InformationCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.SignOffDecision(ctx, &commandpb.SignOffDecisionRequest{
			Context: c.context(), ContactId: c.ID, DecisionId: c.Decision, Outcome: outcome, Reason: c.Return,
		})
		return resp.GetResult(), "", err
	})
}

type answerCmd struct {
	commandFlags
	Decision string `required:"" help:"The decision it tells of." placeholder:"ID"`
	Level    string `required:"" help:"How much the referrer may know: outcome, advice or receipt (KEN-15)."`
	Response string `required:"" help:"The response, in words for the referrer."`
}

// Run answers.
func (c *answerCmd) Run(env *environment) error {
	return c.information(env, "worker-1", func(ctx context.Context, client commandpb.InformationCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.AnswerReferrer(ctx, &commandpb.AnswerReferrerRequest{
			Context: c.context(), ContactId: c.ID, DecisionId: c.Decision, Level: c.Level, Response: c.Response,
		})
		return resp.GetResult(), "", err
	})
}

type reopenCmd struct {
	commandFlags
	Reason  string   `required:"" help:"Why."`
	Subject []string `help:"Children who are in the queue again." default:"s1"`
}

// Run reopens.
func (c *reopenCmd) Run(env *environment) error {
	return c.information(env, "manager-1", func(ctx context.Context, client commandpb.InformationCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.ReopenContact(ctx, &commandpb.ReopenContactRequest{Context: c.context(), ContactId: c.ID, Reason: c.Reason, Subjects: c.Subject})
		return resp.GetResult(), "", err
	})
}
