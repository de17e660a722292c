package queryapi

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/consenttrail"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// WatchOverrides sends overrides, then changes, until the caller leaves or cannot follow.
func (s *trails) WatchOverrides(req *querypb.WatchOverridesRequest, stream grpc.ServerStreamingServer[querypb.WatchOverridesResponse]) error {
	return s.fan.serve(stream.Context(), req.GetResumeFrom(), &overrideWatcher{Filter: overrideFilter(req.GetFilter()), c: s.c, stream: stream})
}

// overrideWatcher is a watcher of overrides.
type overrideWatcher struct {
	consenttrail.Filter
	c      Config
	stream grpc.ServerStreamingServer[querypb.WatchOverridesResponse]
	after  *consenttrail.Cursor
}

func (w *overrideWatcher) page(ctx context.Context, now time.Time) ([]*consenttrail.Override, projections.Live, bool, error) {
	page, err := consenttrail.List(ctx, w.c.DB, w.Filter, w.after, mostRows, now)
	w.after = page.Next
	return page.Overrides, page.Live, w.after != nil, err
}

func (w *overrideWatcher) row(o *consenttrail.Override, now time.Time, position string) error {
	return w.stream.Send(&querypb.WatchOverridesResponse{Event: &querypb.WatchOverridesResponse_Row{Row: overrideRow(o, now)}, Position: position})
}

// removed shows what has become of an override: it has ended, say, and whoever watches those in force is to know how.
func (w *overrideWatcher) removed(o *consenttrail.Override, now time.Time, position string) error {
	return w.row(o, now, position)
}

func (w *overrideWatcher) caughtUp(position string) error {
	return w.stream.Send(&querypb.WatchOverridesResponse{Event: &querypb.WatchOverridesResponse_CaughtUp{CaughtUp: true}, Position: position})
}

func (w *overrideWatcher) heartbeat(now time.Time, position string) error {
	return w.stream.Send(&querypb.WatchOverridesResponse{Event: &querypb.WatchOverridesResponse_Heartbeat{Heartbeat: timestamppb.New(now)}, Position: position})
}
