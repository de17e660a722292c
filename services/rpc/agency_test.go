package rpc_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/rpc"
)

// asked is a query service that says who asks.
type asked struct {
	querypb.UnimplementedStrategyMeetingServiceServer
	by rpc.Caller
}

func (a *asked) GetStrategyMeeting(ctx context.Context, _ *querypb.GetStrategyMeetingRequest) (*querypb.GetStrategyMeetingResponse, error) {
	a.by = rpc.CallerFrom(ctx)
	return &querypb.GetStrategyMeetingResponse{}, nil
}

// The system of an agency reads, as its agency. What the table lets it do besides it does on its own NATS account: over gRPC a request
// would say whose action it closes.
func TestAnAgencysSystemReadsAndDoesNothing(t *testing.T) {
	queries, may := &asked{}, map[string]access.Action{}
	for _, m := range commandpb.StrategyMeetingCommandService_ServiceDesc.Methods {
		may[m.MethodName] = access.MeetingAct
	}
	reads := map[string]access.Action{"WatchStrategyMeetings": access.MeetingRead}
	for _, m := range querypb.StrategyMeetingService_ServiceDesc.Methods {
		reads[m.MethodName] = access.MeetingRead
	}
	people := []access.Person{{ID: "system-kent-police", Role: access.AgencySystem, Agency: "kent-police"}}
	api := parts.Serve(t, slog.New(slog.DiscardHandler), people, func(server *rpc.Server, _ *rpc.Tokens) error {
		return errors.Join(
			server.Register(&querypb.StrategyMeetingService_ServiceDesc, queries, reads),
			server.Register(&commandpb.StrategyMeetingCommandService_ServiceDesc, commandpb.UnimplementedStrategyMeetingCommandServiceServer{}, may),
		)
	})
	conn, ctx := api.Conn, api.As(t, "system-kent-police")
	if _, err := querypb.NewStrategyMeetingServiceClient(conn).GetStrategyMeeting(ctx, &querypb.GetStrategyMeetingRequest{MeetingId: uuid.NewString()}); err != nil {
		t.Fatal(err)
	}
	if want := (rpc.Caller{Person: "system-kent-police", Role: access.AgencySystem, Agency: "kent-police"}); queries.by != want {
		t.Errorf("it asks as %+v, want %+v", queries.by, want)
	}
	_, err := commandpb.NewStrategyMeetingCommandServiceClient(conn).CloseAction(ctx, &commandpb.CloseActionRequest{
		Context: &commandpb.CommandContext{RequestId: uuid.NewString()}, MeetingId: uuid.NewString(), ActionId: "x1", ResultCode: "completed",
	})
	wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
}
