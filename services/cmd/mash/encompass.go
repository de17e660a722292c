package main

import (
	"context"
	"fmt"
	"io"

	"google.golang.org/grpc"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// schoolsCmd lists what schools are still to be told, or to acknowledge.
type schoolsCmd struct {
	clientFlags
	NotBefore string `help:"Wait until the list shows this position." placeholder:"POSITION"`
}

// Run prints a table, what is due first first.
func (c *schoolsCmd) Run(env *environment) error {
	return c.call(env, "worker-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		client := querypb.NewEncompassServiceClient(conn)
		rows, err := pages(0, func(size int32, token string) ([]*querypb.EncompassRow, string, error) {
			resp, err := client.ListEncompass(ctx, &querypb.ListEncompassRequest{NotBefore: c.NotBefore, PageSize: size, PageToken: token})
			return resp.GetRows(), resp.GetNextPageToken(), err
		})
		if err != nil {
			return err
		}
		return printRows(env.stdout, c.JSON, rows,
			"REFERENCE\tNOTIFICATION\tSUBJECT\tSTANDS\tAGENCY\tBEFORE\tCONTACT",
			func(w io.Writer, r *querypb.EncompassRow) {
				for _, n := range r.GetNotifications() {
					if n.GetOpen() {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.GetHubReference(), n.GetDecided().GetNotificationId(), n.GetDecided().GetSubjectId(),
							standing(n), orDash(n.GetDecided().GetAgency()), n.GetDecided().GetDue().GetDueAt().AsTime().In(london()).Format("Mon 2 Jan 15:04"), r.GetContactId())
					}
				}
			})
	})
}

func standing(n *querypb.EncompassEntry) string {
	text := "not acknowledged"
	if n.GetDecided().GetOutcome() != "notify" {
		text = "no setting known"
	}
	if n.GetOverdue() {
		text += ", overdue"
	}
	if n.GetLapsed() && n.GetDecided().GetOutcome() == "notify" {
		text += ", reminded"
	}
	return text
}

type settleSchoolCmd struct {
	commandFlags
	Notification string `required:"" help:"The notification." placeholder:"ID"`
	Agency       string `help:"The agency that is told; none: nobody is, and --reason says why."`
	Setting      string `help:"school or home-education-officer." default:"school"`
	Reason       string `help:"Why no school is told, or how it was found."`
}

// Run settles.
func (c *settleSchoolCmd) Run(env *environment) error {
	req := &commandpb.SettleEncompassRequest{
		Context: c.context(), ContactId: c.ID, NotificationId: c.Notification, Outcome: "not-in-scope", Reason: c.Reason,
	}
	if c.Agency != "" {
		req.Outcome, req.Agency, req.Setting = "notify", c.Agency, c.Setting
	}
	return c.send(env, "worker-1", func(ctx context.Context, client commandpb.ContactCommandServiceClient) (*commandpb.CommandResult, error) {
		resp, err := client.SettleEncompass(ctx, req)
		return resp.GetResult(), err
	})
}
