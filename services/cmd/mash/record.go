package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/google/uuid"
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

// quarantineCmd works with messages that could not be accepted.
type quarantineCmd struct {
	List    quarantineListCmd    `cmd:"" help:"List quarantined messages, newest first."`
	Show    quarantineShowCmd    `cmd:"" help:"Show why a message was quarantined."`
	Retry   quarantineRetryCmd   `cmd:"" help:"Put a quarantined message back on its agency's inbound stream."`
	Discard quarantineDiscardCmd `cmd:"" help:"Discard a quarantined message's bytes for good. What is on record of it stays."`
}

type quarantineListCmd struct {
	clientFlags
	Agency string `help:"Only this agency's."`
	Limit  int    `help:"At most this many rows; 0 is all." default:"50"`
}

// Run lists.
func (c *quarantineListCmd) Run(env *environment) error {
	return c.call(env, "operator-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		messages, err := pages(c.Limit, func(size int32, token string) ([]*operatorpb.QuarantinedMessage, string, error) {
			resp, err := operatorpb.NewQuarantineServiceClient(conn).ListQuarantine(ctx, &operatorpb.ListQuarantineRequest{Agency: c.Agency, PageSize: size, PageToken: token})
			return resp.GetMessages(), resp.GetNextPageToken(), err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSONLines(env.stdout, messages)
		}
		tw := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(tw, "AGENCY\tKIND\tREASON\tFIELDS\tAT\tRETRIES\tKEPT\tID")
		for _, m := range messages {
			q := m.GetQuarantined()
			fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%s\t%d\t%s\t%s\n", q.GetAgency(), q.GetKind(), q.GetReason(), len(q.GetViolations()),
				q.GetQuarantinedAt().AsTime().In(london()).Format("2 Jan 15:04:05"), m.GetRetries(), kept(m), q.GetQuarantineId())
		}
		return tw.Flush()
	})
}

// kept says whether a message can be retried, and if not why, as far as that is on record.
func kept(m *operatorpb.QuarantinedMessage) string {
	switch {
	case m.GetKept():
		return "yes"
	case m.GetDiscardedAt() != nil:
		return "discarded"
	case m.GetRetries() > 0:
		return "no, retried"
	default:
		return "no"
	}
}

type quarantineShowCmd struct {
	clientFlags
	Agency string `arg:"" help:"The agency."`
	ID     string `arg:"" help:"The id in quarantine."`
}

// Run shows one.
func (c *quarantineShowCmd) Run(env *environment) error {
	return c.call(env, "operator-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := operatorpb.NewQuarantineServiceClient(conn).GetQuarantined(ctx, &operatorpb.GetQuarantinedRequest{Agency: c.Agency, QuarantineId: c.ID})
		if err != nil {
			return err
		}
		return printJSONLines(env.stdout, []proto.Message{resp.GetMessage()})
	})
}

type quarantineRetryCmd struct {
	clientFlags
	Agency string `arg:"" help:"The agency."`
	ID     string `arg:"" help:"The id in quarantine."`
}

// Run retries one.
func (c *quarantineRetryCmd) Run(env *environment) error {
	return c.call(env, "operator-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := operatorpb.NewQuarantineServiceClient(conn).RetryQuarantined(ctx, &operatorpb.RetryQuarantinedRequest{
			Agency: c.Agency, QuarantineId: c.ID, RequestId: uuid.NewString(),
		})
		if err != nil {
			return err
		}
		return printJSONLines(env.stdout, []proto.Message{resp.GetMessage()})
	})
}

type quarantineDiscardCmd struct {
	clientFlags
	Agency string `arg:"" help:"The agency."`
	ID     string `arg:"" help:"The id in quarantine."`
}

// Run discards one.
func (c *quarantineDiscardCmd) Run(env *environment) error {
	return c.call(env, "operator-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := operatorpb.NewQuarantineServiceClient(conn).DiscardQuarantined(ctx, &operatorpb.DiscardQuarantinedRequest{
			Agency: c.Agency, QuarantineId: c.ID, RequestId: uuid.NewString(),
		})
		if err != nil {
			return err
		}
		return printJSONLines(env.stdout, []proto.Message{resp.GetMessage()})
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
		if c.JSON {
			return printJSONLines(env.stdout, resp.GetProjections())
		}
		tw := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(tw, "PROJECTION\tVERSION\tCAUGHT UP\tPOSITION\tSTOPPED")
		for _, p := range resp.GetProjections() {
			fmt.Fprintf(tw, "%s\t%d\t%t\t%s\t%s\n", p.GetName(), p.GetVersion(), p.GetCaughtUp(), p.GetPosition(), orDash(p.GetStopped()))
		}
		return tw.Flush()
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
