package queryapi

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/strategymeetings"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// WatchStrategyMeetings sends meetings, then changes, until the caller leaves or cannot follow.
func (s *meetings) WatchStrategyMeetings(req *querypb.WatchStrategyMeetingsRequest, stream grpc.ServerStreamingServer[querypb.WatchStrategyMeetingsResponse]) error {
	to := readerOf(stream.Context())
	filter, err := meetingFilter(req.GetFilter(), to)
	if err != nil {
		return err
	}
	return s.fan.serve(stream.Context(), req.GetResumeFrom(), &meetingWatcher{Filter: filter, c: s.c, to: to, stream: stream})
}

// meetingWatcher is a watcher of meetings.
type meetingWatcher struct {
	strategymeetings.Filter
	c      Config
	to     reader
	stream grpc.ServerStreamingServer[querypb.WatchStrategyMeetingsResponse]
	after  *strategymeetings.Cursor
}

func (w *meetingWatcher) page(ctx context.Context, now time.Time) ([]*strategymeetings.Row, projections.Live, bool, error) {
	page, err := strategymeetings.List(ctx, w.c.DB, w.Filter, w.after, mostRows, now)
	w.after = page.Next
	return page.Rows, page.Live, w.after != nil, err
}

func (w *meetingWatcher) row(r *strategymeetings.Row, now time.Time, position string) error {
	return w.stream.Send(&querypb.WatchStrategyMeetingsResponse{Event: &querypb.WatchStrategyMeetingsResponse_Row{Row: w.to.row(r, now)}, Position: position})
}

func (w *meetingWatcher) removed(r *strategymeetings.Row, _ time.Time, position string) error {
	return w.stream.Send(&querypb.WatchStrategyMeetingsResponse{Event: &querypb.WatchStrategyMeetingsResponse_Removed{Removed: r.ID}, Position: position})
}

func (w *meetingWatcher) caughtUp(position string) error {
	return w.stream.Send(&querypb.WatchStrategyMeetingsResponse{Event: &querypb.WatchStrategyMeetingsResponse_CaughtUp{CaughtUp: &querypb.CaughtUp{}}, Position: position})
}

func (w *meetingWatcher) heartbeat(now time.Time, position string) error {
	beat := &querypb.Heartbeat{Now: timestamppb.New(now)}
	return w.stream.Send(&querypb.WatchStrategyMeetingsResponse{Event: &querypb.WatchStrategyMeetingsResponse_Heartbeat{Heartbeat: beat}, Position: position})
}
