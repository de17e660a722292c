package embedded

import (
	"context"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"google.golang.org/grpc/codes"
)

// GetInfo describes one group.
func (svc *persistentService) GetInfo(_ context.Context, req *persistent.GetInfoReq) (*persistent.GetInfoResp, error) {
	o := req.GetOptions()
	_, all := o.GetStreamOption().(*persistent.GetInfoReq_Options_All)
	k, err := keyOf(all, o.GetStreamIdentifier(), o.GetGroupName())
	if err != nil {
		return nil, err
	}
	g, err := svc.s.groups.get(k)
	if err != nil {
		return nil, err
	}
	info, err := g.info()
	if err != nil {
		return nil, err
	}
	return &persistent.GetInfoResp{SubscriptionInfo: info}, nil
}

// List describes every group, or those of one stream; none at all is an error
// for a stream, as in EventStoreDB.
func (svc *persistentService) List(_ context.Context, req *persistent.ListReq) (*persistent.ListResp, error) {
	want := func(groupKey) bool { return true }
	one, ofStream := req.GetOptions().GetListOption().(*persistent.ListReq_Options_ListForStream)
	if ofStream {
		_, all := one.ListForStream.GetStreamOption().(*persistent.ListReq_StreamOption_All)
		k, err := keyOf(all, one.ListForStream.GetStream(), "")
		if err != nil {
			return nil, err
		}
		want = func(other groupKey) bool { return other.Stream == k.Stream }
	}
	resp := &persistent.ListResp{}
	for _, g := range svc.s.groups.list(want) {
		info, err := g.info()
		if err != nil {
			return nil, err
		}
		resp.Subscriptions = append(resp.Subscriptions, info)
	}
	if ofStream && len(resp.GetSubscriptions()) == 0 {
		return nil, &failure{code: codes.NotFound, text: "the stream has no persistent subscription"}
	}
	return resp, nil
}

// start writes where the group was told to begin.
func (g *group) start() string {
	switch {
	case g.cfg.End && g.cfg.Stream == "":
		return "C:-1/P:-1"
	case g.cfg.End:
		return "-1"
	}
	return g.place(g.cfg.Start)
}

// info describes the group. Rates are not measured and are 0.
func (g *group) info() (*persistent.SubscriptionInfo, error) {
	parked, _, err := g.parked()
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	c := &g.cfg
	info := &persistent.SubscriptionInfo{
		EventSource: c.source(), GroupName: c.Group, Status: "Live", TotalItems: g.total,
		ResolveLinkTos: c.ResolveLinks, StartFrom: g.start(), MessageTimeoutMilliseconds: c.MessageTimeout,
		ExtraStatistics: c.ExtraStatistics, MaxRetryCount: c.MaxRetries, LiveBufferSize: c.LiveBuffer,
		BufferSize: c.HistoryBuffer, ReadBatchSize: c.ReadBatch, CheckPointAfterMilliseconds: c.CheckpointAfter,
		MinCheckPointCount: c.MinCheckpoint, MaxCheckPointCount: c.MaxCheckpoint, MaxSubscriberCount: c.MaxSubscribers,
		NamedConsumerStrategy: c.Strategy, ReadBufferCount: int32(len(g.queue)),
		TotalInFlightMessages: int32(len(g.inflight)), OutstandingMessagesCount: int32(len(g.inflight)),
		ParkedMessageCount: int64(parked),
	}
	if g.resumed > c.Start {
		info.LastCheckpointedEventPosition = g.place(g.resumed - 1)
	}
	if g.next > c.Start {
		info.LastKnownEventPosition = g.place(g.next - 1)
	}
	for _, m := range g.queue {
		if m.retries > 0 {
			info.RetryBufferCount++
		}
	}
	for _, one := range g.consumers {
		info.Connections = append(info.Connections, &persistent.SubscriptionInfo_ConnectionInfo{
			From: one.peer, TotalItems: one.total, AvailableSlots: int32(one.room - one.held), InFlightMessages: int32(one.held),
		})
	}
	return info, nil
}
