package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	server_features "github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/stats"
)

// The client pings an idle connection every 10 s. gRPC's own policy for servers
// ends a connection for that at the third ping, after about 31 s.
const idleTime = 35 * time.Second

var idleTests = []contractTest{
	{"ConnectionOutlivesKeepalive", func(f *fixture) {
		if f.Impatient || testing.Short() {
			f.Skipf("left out: takes %v", idleTime)
		}
		s := f.stream()
		sub := f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.Start{}})
		sub.untilLive()
		unused := f.dialUnused()
		select {
		case <-unused:
			f.Fatal("a connection without calls was ended")
		case <-time.After(idleTime):
		}
		f.append(s, esdb.Any{}, events(1)...)
		f.wantRevisions([]*esdb.ResolvedEvent{sub.event()}, 0)
	}},
}

// dialUnused makes a connection that nothing is called on, as the client would make
// it, and tells when it ends.
func (f *fixture) dialUnused() <-chan struct{} {
	f.Helper()
	ended := make(connEnds, 8)
	conn := f.dial(grpc.WithStatsHandler(ended), grpc.WithKeepaliveParams(keepalive.ClientParameters{
		Time: 10 * time.Second, Timeout: 10 * time.Second, PermitWithoutStream: true,
	}))
	if _, err := server_features.NewServerFeaturesClient(conn).GetSupportedMethods(f.ctx, &shared.Empty{}); err != nil {
		f.Fatal(err)
	}
	return ended
}

// connEnds hears of each connection that ends.
type connEnds chan struct{}

func (connEnds) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (connEnds) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (connEnds) HandleRPC(context.Context, stats.RPCStats)                         {}

func (c connEnds) HandleConn(_ context.Context, s stats.ConnStats) {
	if _, end := s.(*stats.ConnEnd); !end {
		return
	}
	select {
	case c <- struct{}{}:
	default:
	}
}
