package rpc_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/access"
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
	dir := t.TempDir()
	if err := rpc.EnsureTokens(dir, []access.Person{{ID: "system-kent-police", Role: access.AgencySystem, Agency: "kent-police"}}); err != nil {
		t.Fatal(err)
	}
	loaded, err := rpc.LoadTokens(dir)
	if err != nil {
		t.Fatal(err)
	}
	server, err := rpc.NewServer(rpc.Config{Tokens: loaded})
	if err != nil {
		t.Fatal(err)
	}
	token := read(t, dir, "system-kent-police")
	queries, may := &asked{}, map[string]access.Action{}
	for _, m := range commandpb.StrategyMeetingCommandService_ServiceDesc.Methods {
		may[m.MethodName] = access.MeetingAct
	}
	reads := map[string]access.Action{"WatchStrategyMeetings": access.MeetingRead}
	for _, m := range querypb.StrategyMeetingService_ServiceDesc.Methods {
		reads[m.MethodName] = access.MeetingRead
	}
	if err := errors.Join(
		server.Register(&querypb.StrategyMeetingService_ServiceDesc, queries, reads),
		server.Register(&commandpb.StrategyMeetingCommandService_ServiceDesc, commandpb.UnimplementedStrategyMeetingCommandServiceServer{}, may),
	); err != nil {
		t.Fatal(err)
	}
	conn := served(t, server)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
	if _, err := querypb.NewStrategyMeetingServiceClient(conn).GetStrategyMeeting(ctx, &querypb.GetStrategyMeetingRequest{MeetingId: uuid.NewString()}); err != nil {
		t.Fatal(err)
	}
	if want := (rpc.Caller{Person: "system-kent-police", Role: access.AgencySystem, Agency: "kent-police"}); queries.by != want {
		t.Errorf("it asks as %+v, want %+v", queries.by, want)
	}
	_, err = commandpb.NewStrategyMeetingCommandServiceClient(conn).CloseAction(ctx, &commandpb.CloseActionRequest{
		Context: &commandpb.CommandContext{RequestId: uuid.NewString()}, MeetingId: uuid.NewString(), ActionId: "x1", ResultCode: "completed",
	})
	wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
}

// served serves until the test ends.
func served(t *testing.T, server *rpc.Server) *grpc.ClientConn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := errors.Join(conn.Close(), server.Stop(ctx), <-done); err != nil {
			t.Error(err)
		}
	})
	return conn
}
