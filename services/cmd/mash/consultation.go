package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
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
	List consultationListCmd `cmd:"" help:"List consultations, the one held last first."`
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
	req := &commandpb.GiveConsultationRequest{
		Context: requestContext(c.RequestID, nil), Agency: c.Agency, Reference: c.Reference, Channel: c.Channel, HeldAt: timestamppb.New(c.HeldAt),
		Lead: c.Lead, Emergency: c.Emergency, Question: c.Question, Advice: c.Advice, Recommendation: c.Recommend,
	}
	if !c.LeadAt.IsZero() {
		req.LeadConsultedAt = timestamppb.New(c.LeadAt)
	}
	return c.call(env, "worker-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := commandpb.NewConsultationCommandServiceClient(conn).GiveConsultation(ctx, req)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSONLines(env.stdout, []proto.Message{resp})
		}
		fmt.Fprintf(env.stdout, "%s: its record goes to %s\n", resp.GetNumber(), c.Agency)
		return nil
	})
}

type consultationShowCmd struct {
	clientFlags
	Number string `arg:"" help:"The number, in capitals or not, with hyphens or not."`
}

// Run shows one.
func (c *consultationShowCmd) Run(env *environment) error {
	return c.call(env, "worker-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := querypb.NewConsultationServiceClient(conn).GetConsultation(ctx, &querypb.GetConsultationRequest{Number: c.Number})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSONLines(env.stdout, []proto.Message{resp.GetConsultation()})
		}
		fmt.Fprintln(env.stdout, protojson.MarshalOptions{Multiline: true}.Format(resp.GetConsultation()))
		return nil
	})
}

type consultationListCmd struct {
	clientFlags
	Since     day      `help:"Held on or after this day." placeholder:"YYYY-MM-DD"`
	Before    day      `help:"Held before this day." placeholder:"YYYY-MM-DD"`
	Agency    []string `help:"Only callers of these agencies."`
	GivenBy   []string `help:"Only advice of these members of staff."`
	Followed  *bool    `help:"Only those that a contact has named since, or with --followed=false only others."`
	Limit     int      `help:"At most this many rows; 0 is all." default:"50"`
	NotBefore string   `help:"Wait until the list shows this position." placeholder:"POSITION"`
}

// Run lists.
func (c *consultationListCmd) Run(env *environment) error {
	return c.call(env, "worker-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		filter := &querypb.ConsultationFilter{Since: c.Since.stamp(), Before: c.Before.stamp(), Agencies: c.Agency, GivenBy: c.GivenBy, Followed: c.Followed}
		rows, err := pages(c.Limit, func(size int32, token string) ([]*querypb.ConsultationRow, string, error) {
			resp, err := querypb.NewConsultationServiceClient(conn).ListConsultations(ctx, &querypb.ListConsultationsRequest{
				Filter: filter, PageSize: size, PageToken: token, NotBefore: c.NotBefore,
			})
			return resp.GetRows(), resp.GetNextPageToken(), err
		})
		if err != nil {
			return err
		}
		return printRows(env.stdout, c.JSON, rows,
			"NUMBER\tHELD\tAGENCY\tREFERENCE\tLEAD\tBY\tROLE\tRECOMMENDED\tCONTACTS",
			func(w io.Writer, r *querypb.ConsultationRow) {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.GetNumber(), clockTime(r.GetHeldAt()), r.GetAgency(), orDash(r.GetReference()),
					r.GetLead(), r.GetGivenBy(), r.GetRole(), r.GetRecommendation(), orDash(strings.Join(r.GetContacts(), ",")))
			})
	})
}
