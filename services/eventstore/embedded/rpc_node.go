package embedded

import (
	"context"
	"net"
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	server_features "github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/google/uuid"
	"google.golang.org/grpc/peer"
)

// serverVersion is the EventStoreDB release whose contract is kept. The client
// reads it as numbers between dots and refuses anything else.
const serverVersion = "24.10.0"

// featuresService tells the client what it may call. The names are lower-case.
type featuresService struct {
	server_features.UnimplementedServerFeaturesServer
}

func (featuresService) GetSupportedMethods(context.Context, *shared.Empty) (*server_features.SupportedMethods, error) {
	out := &server_features.SupportedMethods{EventStoreServerVersion: serverVersion}
	add := func(service string, methods ...string) {
		for _, m := range methods {
			out.Methods = append(out.Methods, &server_features.SupportedMethod{ServiceName: service, MethodName: m})
		}
	}
	add("event_store.client.streams.streams", "read", "append", "delete", "tombstone")
	const groups = "event_store.client.persistent_subscriptions.persistentsubscriptions"
	add(groups, "create", "update", "delete", "read", "getinfo", "replayparked", "list", "restartsubsystem")
	for _, m := range out.GetMethods() {
		if m.GetServiceName() == groups && m.GetMethodName() == "create" {
			m.Features = []string{"stream", "all"}
		}
	}
	add("event_store.client.gossip.gossip", "read")
	add("event_store.client.server_features.serverfeatures", "getsupportedmethods")
	return out, nil
}

// gossipService presents one node that leads itself.
type gossipService struct {
	gossip.UnimplementedGossipServer
	s  *Store
	id uuid.UUID
}

func newGossipService(s *Store) *gossipService { return &gossipService{s: s, id: uuid.New()} }

func (g *gossipService) Read(ctx context.Context, _ *shared.Empty) (*gossip.ClusterInfo, error) {
	address, port := g.endpoint(ctx)
	most, least := halves(g.id)[0], halves(g.id)[1]
	return &gossip.ClusterInfo{Members: []*gossip.MemberInfo{{
		InstanceId: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
			MostSignificantBits: int64(most), LeastSignificantBits: int64(least),
		}}},
		TimeStamp:    ticks(g.s.opts.Now()),
		State:        gossip.MemberInfo_Leader,
		IsAlive:      true,
		HttpEndPoint: &gossip.EndPoint{Address: address, Port: port},
	}}}, nil
}

// endpoint is the advertised address, or the one the caller has reached.
func (g *gossipService) endpoint(ctx context.Context) (string, uint32) {
	advertised := g.s.opts.Advertise
	if p, ok := peer.FromContext(ctx); ok && advertised == "" && p.LocalAddr != nil {
		advertised = p.LocalAddr.String()
	}
	host, port, err := net.SplitHostPort(advertised)
	if err != nil {
		return advertised, 0
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return host, 0
	}
	return host, uint32(n)
}
