package main

import (
	"context"
	"fmt"
	"io"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	operatorpb "github.com/openmash/mash/proto/gen/mash/operator/v1"
)

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
		return printRows(env.stdout, c.JSON, messages,
			"AGENCY\tKIND\tREASON\tFIELDS\tAT\tRETRIES\tKEPT\tID",
			func(w io.Writer, m *operatorpb.QuarantinedMessage) {
				q := m.GetQuarantined()
				fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%d\t%s\t%s\n", q.GetAgency(), q.GetKind(), q.GetReason(), len(q.GetViolations()),
					q.GetQuarantinedAt().AsTime().In(london()).Format("2 Jan 15:04:05"), m.GetRetries(), kept(m), q.GetQuarantineId())
			})
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

// quarantinedFlags name one message.
type quarantinedFlags struct {
	clientFlags
	Agency string `arg:"" help:"The agency."`
	ID     string `arg:"" help:"The id in quarantine."`
}

// quarantined is what every call about one message is answered with.
type quarantined interface {
	GetMessage() *operatorpb.QuarantinedMessage
}

// one connects, calls and prints the message as it is then.
func (f quarantinedFlags) one(env *environment, call func(context.Context, operatorpb.QuarantineServiceClient) (quarantined, error)) error {
	return f.call(env, "operator-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := call(ctx, operatorpb.NewQuarantineServiceClient(conn))
		if err != nil {
			return err
		}
		return printJSONLines(env.stdout, []proto.Message{resp.GetMessage()})
	})
}

type quarantineShowCmd struct{ quarantinedFlags }

// Run shows one.
func (c *quarantineShowCmd) Run(env *environment) error {
	return c.one(env, func(ctx context.Context, client operatorpb.QuarantineServiceClient) (quarantined, error) {
		return client.GetQuarantined(ctx, &operatorpb.GetQuarantinedRequest{Agency: c.Agency, QuarantineId: c.ID})
	})
}

type quarantineRetryCmd struct{ quarantinedFlags }

// Run retries one.
func (c *quarantineRetryCmd) Run(env *environment) error {
	return c.one(env, func(ctx context.Context, client operatorpb.QuarantineServiceClient) (quarantined, error) {
		return client.RetryQuarantined(ctx, &operatorpb.RetryQuarantinedRequest{Agency: c.Agency, QuarantineId: c.ID, RequestId: uuid.NewString()})
	})
}

type quarantineDiscardCmd struct{ quarantinedFlags }

// Run discards one.
func (c *quarantineDiscardCmd) Run(env *environment) error {
	return c.one(env, func(ctx context.Context, client operatorpb.QuarantineServiceClient) (quarantined, error) {
		return client.DiscardQuarantined(ctx, &operatorpb.DiscardQuarantinedRequest{Agency: c.Agency, QuarantineId: c.ID, RequestId: uuid.NewString()})
	})
}
