package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// consultationCmd is about advice that is asked for before there is a contact.
type consultationCmd struct {
	Give consultationGiveCmd `cmd:"" help:"Record a consultation, and print the number to read out. Its record goes to the caller's agency."`
	Show consultationShowCmd `cmd:"" help:"Show a consultation by its number."`
}

type consultationGiveCmd struct {
	clientFlags
	Agency    string    `required:"" help:"The agency that the caller spoke for."`
	Reference string    `help:"The caller's own reference."`
	Channel   string    `help:"telephone, video or in-person." default:"telephone"`
	HeldAt    time.Time `required:"" help:"When it was held, as 2026-03-02T16:20:00Z." placeholder:"TIME"`
	Lead      string    `required:"" help:"Whether the agency's own safeguarding lead came first: consulted, is-lead or not-consulted."`
	LeadAt    time.Time `help:"When the lead was consulted." placeholder:"TIME"`
	Emergency bool      `help:"A child needs immediate action: then no consultation is needed."`
	Question  string    `required:"" help:"What was asked; no family need be named."`
	Advice    string    `required:"" help:"The advice, as the caller's agency reads it."`
	Recommend string    `required:"" help:"request-for-support, early-help, own-agency-steps or no-further-step."`
	RequestID string    `help:"UUID of the request: sent again with the same id, it is done once." placeholder:"UUID"`
}

// Run gives a consultation.
func (c *consultationGiveCmd) Run(env *environment) error {
	id := c.RequestID
	if id == "" {
		id = uuid.NewString()
	}
	req := &commandpb.GiveConsultationRequest{
		Context: &commandpb.CommandContext{RequestId: id}, Agency: c.Agency, Reference: c.Reference, Channel: c.Channel, HeldAt: timestamppb.New(c.HeldAt),
		Lead: c.Lead, Emergency: c.Emergency, Question: c.Question, Advice: c.Advice, Recommendation: c.Recommend,
	}
	if !c.LeadAt.IsZero() {
		req.LeadConsultedAt = timestamppb.New(c.LeadAt)
	}
	conn, err := c.dial("worker-1")
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(env.ctx, callTimeout)
	defer cancel()
	resp, err := commandpb.NewConsultationCommandServiceClient(conn).GiveConsultation(ctx, req)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSONLines(env.stdout, []proto.Message{resp})
	}
	fmt.Fprintf(env.stdout, "%s: its record goes to %s\n", resp.GetNumber(), c.Agency)
	return nil
}

type consultationShowCmd struct {
	clientFlags
	Number string `arg:"" help:"The number, in capitals or not, with hyphens or not."`
}

// Run shows one.
func (c *consultationShowCmd) Run(env *environment) error {
	conn, err := c.dial("worker-1")
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(env.ctx, callTimeout)
	defer cancel()
	resp, err := querypb.NewConsultationServiceClient(conn).GetConsultation(ctx, &querypb.GetConsultationRequest{Number: c.Number})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSONLines(env.stdout, []proto.Message{resp.GetConsultation()})
	}
	fmt.Fprintln(env.stdout, protojson.MarshalOptions{Multiline: true}.Format(resp.GetConsultation()))
	return nil
}
