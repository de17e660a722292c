package queryapi

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/triage"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// WatchTriageQueue sends rows, then changes, until the caller leaves or cannot follow.
func (q *queue) WatchTriageQueue(req *querypb.WatchTriageQueueRequest, stream grpc.ServerStreamingServer[querypb.WatchTriageQueueResponse]) error {
	return q.fan.serve(stream.Context(), req.GetResumeFrom(), &queueWatcher{Filter: filterOf(req.GetFilter()), c: q.c, stream: stream})
}

// queueWatcher is a watcher of the queue.
type queueWatcher struct {
	triage.Filter
	c      Config
	stream grpc.ServerStreamingServer[querypb.WatchTriageQueueResponse]
	after  *triage.Cursor
}

func (w *queueWatcher) page(ctx context.Context, now time.Time) ([]*triage.Row, projections.Live, bool, error) {
	page, err := triage.List(ctx, w.c.DB, w.Filter, w.after, mostRows, now)
	w.after = page.Next
	return page.Rows, page.Live, w.after != nil, err
}

func (w *queueWatcher) row(r *triage.Row, now time.Time, position string) error {
	return w.stream.Send(&querypb.WatchTriageQueueResponse{Event: &querypb.WatchTriageQueueResponse_Row{Row: rowOf(r, now)}, Position: position})
}

func (w *queueWatcher) removed(r *triage.Row, _ time.Time, position string) error {
	return w.stream.Send(&querypb.WatchTriageQueueResponse{Event: &querypb.WatchTriageQueueResponse_Removed{Removed: r.Contact.ID}, Position: position})
}

func (w *queueWatcher) caughtUp(position string) error {
	return w.stream.Send(&querypb.WatchTriageQueueResponse{Event: &querypb.WatchTriageQueueResponse_CaughtUp{CaughtUp: &querypb.CaughtUp{}}, Position: position})
}

func (w *queueWatcher) heartbeat(now time.Time, position string) error {
	beat := &querypb.Heartbeat{Now: timestamppb.New(now)}
	return w.stream.Send(&querypb.WatchTriageQueueResponse{Event: &querypb.WatchTriageQueueResponse_Heartbeat{Heartbeat: beat}, Position: position})
}
