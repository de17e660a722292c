package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
)

type contactRecordCmd struct {
	clientFlags
	File      string    `arg:"" help:"JSON file with what was said, as of mash.command.v1.RecordConversationRequest: children, referrer, reason, consent …"`
	Channel   string    `help:"telephone, video or in-person; else what the file says."`
	HeldAt    time.Time `help:"When it was held, as 2026-03-02T16:20:00Z; else what the file says." placeholder:"TIME"`
	Agency    string    `help:"The agency that the caller spoke for; else what the file says."`
	RequestID string    `help:"UUID of the request: sent again with the same id, it is done once." placeholder:"UUID"`
}

// Run records. What was said does not fit on a command line.
func (c *contactRecordCmd) Run(env *environment) error {
	req := &commandpb.RecordConversationRequest{}
	if err := readRequest(c.File, req); err != nil {
		return err
	}
	req.Context = requestContext(c.RequestID, nil)
	if c.Channel != "" {
		req.Channel = c.Channel
	}
	if c.Agency != "" {
		req.Agency = c.Agency
	}
	if !c.HeldAt.IsZero() {
		req.HeldAt = timestamppb.New(c.HeldAt)
	}
	return c.call(env, "worker-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := commandpb.NewContactCommandServiceClient(conn).RecordConversation(ctx, req)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSONLines(env.stdout, []proto.Message{resp})
		}
		fmt.Fprintf(env.stdout, "%s: contact %s, position %s\n", resp.GetHubReference(), resp.GetContactId(), resp.GetResult().GetPosition())
		if due := resp.GetWrittenFormDueAt(); due != nil {
			fmt.Fprintf(env.stdout, "%s puts it in writing by %s, naming %s\n", req.GetAgency(), due.AsTime().In(london()).Format("Mon 2 Jan 15:04"), resp.GetHubReference())
		}
		return nil
	})
}

// readRequest reads a request from a JSON file.
func readRequest(file string, into proto.Message) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := protojson.Unmarshal(data, into); err != nil {
		// The reader's own words quote the file, and that speaks of people.
		return fmt.Errorf("%s does not have the JSON form of %s", file, into.ProtoReflect().Descriptor().FullName())
	}
	return nil
}
