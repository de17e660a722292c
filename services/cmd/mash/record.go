package main

import (
	"context"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	operatorpb "github.com/openmash/mash/proto/gen/mash/operator/v1"
)

// eventsCmd prints the record of a contact or of a strategy meeting.
type eventsCmd struct {
	clientFlags
	ID      string `arg:"" help:"The contact's uuid, or the meeting's."`
	Meeting bool   `help:"The uuid is that of a strategy meeting."`
	From    uint64 `help:"Begin with this revision."`
}

// Run prints one JSON object a line, oldest event first.
func (c *eventsCmd) Run(env *environment) error {
	return c.call(env, "auditor-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		client := auditpb.NewAuditServiceClient(conn)
		req := &auditpb.ListEventsRequest{ContactId: c.ID, FromRevision: c.From}
		if c.Meeting {
			req.ContactId, req.MeetingId = "", c.ID
		}
		for {
			resp, err := client.ListEvents(ctx, req)
			if err != nil {
				return err
			}
			if err := printJSONLines(env.stdout, resp.GetEvents()); err != nil || resp.GetNextPageToken() == "" {
				return err
			}
			req.PageToken = resp.GetNextPageToken()
		}
	})
}

// projectionsCmd is about read models.
type projectionsCmd struct {
	List   projectionsListCmd   `cmd:"" default:"withargs" help:"Show how far the read models have got."`
	Verify projectionsVerifyCmd `cmd:"" help:"Fold the record again and name every row that differs from what readers are shown."`
}

type projectionsListCmd struct{ clientFlags }

// Run prints a table.
func (c *projectionsListCmd) Run(env *environment) error {
	return c.call(env, "operator-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := operatorpb.NewProjectionServiceClient(conn).ListProjections(ctx, &operatorpb.ListProjectionsRequest{})
		if err != nil {
			return err
		}
		return printRows(env.stdout, c.JSON, resp.GetProjections(),
			"PROJECTION\tVERSION\tCAUGHT UP\tPOSITION\tSTOPPED",
			func(w io.Writer, p *operatorpb.ProjectionStatus) {
				fmt.Fprintf(w, "%s\t%d\t%t\t%s\t%s\n", p.GetName(), p.GetVersion(), p.GetCaughtUp(), p.GetPosition(), orDash(p.GetStopped()))
			})
	})
}

type projectionsVerifyCmd struct {
	clientFlags
	Name string `help:"Only this projection."`
}

// Run prints what was compared; a difference is an error.
func (c *projectionsVerifyCmd) Run(env *environment) error {
	conn, err := c.dial("operator-1")
	if err != nil {
		return err
	}
	defer conn.Close()
	stream, err := operatorpb.NewVerificationServiceClient(conn).VerifyProjections(env.ctx, &operatorpb.VerifyProjectionsRequest{Name: c.Name})
	if err != nil {
		return err
	}
	different := uint64(0)
	err = each(stream, func(v *operatorpb.VerifyProjectionsResponse) error {
		different += v.GetDifferent()
		if c.JSON {
			return printJSONLines(env.stdout, []proto.Message{v})
		}
		fmt.Fprintf(env.stdout, "%s version %d: %d rows, %d different\n", v.GetName(), v.GetVersion(), v.GetRows(), v.GetDifferent())
		for _, d := range v.GetDifferences() {
			fmt.Fprintf(env.stdout, "  %s %s: %s\n", d.GetTable(), d.GetKey(), d.GetKind())
		}
		return nil
	})
	if err == nil && different > 0 {
		err = fmt.Errorf("%d rows are not what the record says: delete the read models' database, and they are made again", different)
	}
	return err
}
