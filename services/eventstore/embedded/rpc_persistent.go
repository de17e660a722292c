package embedded

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/peer"
)

type persistentService struct {
	persistent.UnimplementedPersistentSubscriptionsServer
	s *Store
}

// keyOf makes a key from a stream name and a group; all means $all.
func keyOf(all bool, id *shared.StreamIdentifier, group string) (groupKey, error) {
	k := groupKey{Group: group}
	if all {
		return k, nil
	}
	if err := checkStreamName(id.GetStreamName()); err != nil {
		return k, invalid("%v", err)
	}
	k.Stream = string(id.GetStreamName())
	return k, nil
}

// Create makes a group, whether or not its stream exists.
func (svc *persistentService) Create(ctx context.Context, req *persistent.CreateReq) (*persistent.CreateResp, error) {
	cfg, err := svc.createConfig(req.GetOptions())
	if err != nil {
		return nil, err
	}
	if err := svc.s.groups.create(ctx, cfg); err != nil {
		return nil, err
	}
	return &persistent.CreateResp{}, nil
}

// Update changes a group's settings and drops its consumers.
func (svc *persistentService) Update(ctx context.Context, req *persistent.UpdateReq) (*persistent.UpdateResp, error) {
	cfg, err := svc.updateConfig(req.GetOptions())
	if err != nil {
		return nil, err
	}
	if err := svc.s.groups.update(ctx, cfg); err != nil {
		return nil, err
	}
	return &persistent.UpdateResp{}, nil
}

// Delete ends a group and forgets its place.
func (svc *persistentService) Delete(ctx context.Context, req *persistent.DeleteReq) (*persistent.DeleteResp, error) {
	o := req.GetOptions()
	_, all := o.GetStreamOption().(*persistent.DeleteReq_Options_All)
	k, err := keyOf(all, o.GetStreamIdentifier(), o.GetGroupName())
	if err == nil {
		err = svc.s.groups.remove(ctx, k)
	}
	if err != nil {
		return nil, err
	}
	return &persistent.DeleteResp{}, nil
}

// ReplayParked delivers parked events again.
func (svc *persistentService) ReplayParked(_ context.Context, req *persistent.ReplayParkedReq) (*persistent.ReplayParkedResp, error) {
	o := req.GetOptions()
	_, all := o.GetStreamOption().(*persistent.ReplayParkedReq_Options_All)
	k, err := keyOf(all, o.GetStreamIdentifier(), o.GetGroupName())
	if err != nil {
		return nil, err
	}
	stopAt := uint64(math.MaxInt64)
	if s, ok := o.GetStopAtOption().(*persistent.ReplayParkedReq_Options_StopAt); ok {
		if s.StopAt < 0 {
			return nil, invalid("stop-at is negative")
		}
		stopAt = uint64(s.StopAt)
	}
	g, err := svc.s.groups.get(k)
	if err == nil {
		err = g.startReplay(stopAt)
	}
	if err != nil {
		return nil, err
	}
	return &persistent.ReplayParkedResp{}, nil
}

// RestartSubsystem stops every group and starts it from its checkpoint.
func (svc *persistentService) RestartSubsystem(context.Context, *shared.Empty) (*shared.Empty, error) {
	if err := svc.s.groups.restart(); err != nil {
		return nil, err
	}
	return &shared.Empty{}, nil
}

// Read connects a consumer to a group.
func (svc *persistentService) Read(stream persistent.PersistentSubscriptions_ReadServer) error {
	first, err := stream.Recv()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return invalid("the read has no options")
		}
		return err
	}
	o := first.GetOptions()
	if o == nil {
		return invalid("the first message of a read must be its options")
	}
	_, all := o.GetStreamOption().(*persistent.ReadReq_Options_All)
	k, err := keyOf(all, o.GetStreamIdentifier(), o.GetGroupName())
	if err != nil {
		return err
	}
	g, err := svc.s.groups.get(k)
	if err != nil {
		return err
	}
	from := ""
	if p, ok := peer.FromContext(stream.Context()); ok {
		from = p.Addr.String()
	}
	c, err := g.join(int(o.GetBufferSize()), from)
	if err != nil {
		return err
	}
	defer g.leave(c)
	_, stringIDs := o.GetUuidOption().GetContent().(*persistent.ReadReq_Options_UUIDOption_String_)
	return svc.serve(stream, g, c, stringIDs)
}

// serve sends what the group hands out and passes on what the consumer answers.
func (svc *persistentService) serve(stream persistent.PersistentSubscriptions_ReadServer, g *group, c *consumer, stringIDs bool) error {
	err := stream.Send(&persistent.ReadResp{Content: &persistent.ReadResp_SubscriptionConfirmation_{
		SubscriptionConfirmation: &persistent.ReadResp_SubscriptionConfirmation{SubscriptionId: g.cfg.id()},
	}})
	if err != nil {
		return err
	}
	// The reader ends when the call does; gRPC makes its Recv return then.
	ended := make(chan error, 1)
	go func() { ended <- answers(stream, g, c) }()
	for {
		select {
		case d := <-c.out:
			f := eventFrame{event: d.event, link: d.link, stringIDs: stringIDs, retries: d.retries}
			if err := stream.SendMsg(frame(f.append(nil))); err != nil {
				return err
			}
		case err := <-ended:
			return err
		case <-c.dropped:
			if svc.s.isClosing() {
				return ErrClosed
			}
			return g.dropped()
		case <-svc.s.closing:
			return ErrClosed
		case <-svc.s.dead:
			return svc.s.failed()
		}
	}
}

// answers reads acknowledgements until the consumer stops sending.
func answers(stream persistent.PersistentSubscriptions_ReadServer, g *group, c *consumer) error {
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch m := req.GetContent().(type) {
		case *persistent.ReadReq_Ack_:
			ids, err := parseIDs(m.Ack.GetIds())
			if err != nil {
				return err
			}
			g.ack(c, ids)
		case *persistent.ReadReq_Nack_:
			ids, err := parseIDs(m.Nack.GetIds())
			if err != nil {
				return err
			}
			g.nack(c, ids, m.Nack.GetAction(), m.Nack.GetReason())
		default:
			return invalid("expected an acknowledgement")
		}
	}
}

func parseIDs(list []*shared.UUID) ([][16]byte, error) {
	out := make([][16]byte, 0, len(list))
	for _, id := range list {
		parsed, err := parseID(id)
		if err != nil {
			return nil, err
		}
		out = append(out, parsed)
	}
	return out, nil
}
