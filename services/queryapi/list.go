package queryapi

import (
	"context"
	"encoding/binary"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/triage"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/rpc"
)

// queue is TriageQueueService.
type queue struct {
	querypb.UnimplementedTriageQueueServiceServer
	c   Config
	fan *fan[*triage.Row]
}

func newQueue(c Config) *queue {
	return &queue{c: c, fan: newFan(c, model[*triage.Row]{
		name: triage.Name, progress: c.Triage, changes: triage.Changes, passing: triage.Passing,
		id:       func(r *triage.Row) string { return r.Contact.ID },
		position: func(r *triage.Row) int64 { return r.Position },
	})}
}

// ListTriageQueue answers a page of the queue.
func (q *queue) ListTriageQueue(ctx context.Context, req *querypb.ListTriageQueueRequest) (*querypb.ListTriageQueueResponse, error) {
	after, err := pageAfter(ctx, q.c, q.c.Triage, req, decodeQueueCursor)
	if err != nil {
		return nil, err
	}
	now := q.c.Now()
	page, err := triage.List(ctx, q.c.DB, filterOf(req.GetFilter()), after, rpc.PageSize(req.GetPageSize(), usualPage, mostRows), now)
	if err != nil {
		return nil, q.c.failed(ctx, err)
	}
	answer := &querypb.ListTriageQueueResponse{Now: timestamppb.New(now)}
	if answer.AsOf, err = q.c.asOf(page.Live); err != nil {
		return nil, err
	}
	for _, r := range page.Rows {
		answer.Rows = append(answer.Rows, rowOf(r, now))
	}
	answer.NextPageToken = pageToken(req, page.Next, encodeQueueCursor)
	return answer, nil
}

func filterOf(f *querypb.TriageQueueFilter) triage.Filter {
	filter := triage.Filter{
		States: f.GetStates(), Ratings: f.GetRatings(), Teams: f.GetTeams(), Workers: f.GetWorkers(),
		Agencies: f.GetAgencies(), WorkTypes: f.GetWorkTypes(),
	}
	if f != nil {
		filter.Overdue, filter.WaitsForMeeting = f.Overdue, f.WaitsForMeeting
	}
	return filter
}

// rowOf is a row as it is shown at a time.
func rowOf(r *triage.Row, now time.Time) *querypb.TriageQueueRow {
	row := &querypb.TriageQueueRow{
		ContactId: r.Contact.ID, HubReference: r.HubReference(), State: r.State(), Rating: r.Contact.Rating, Urgent: r.Urgent(),
		Agency: r.Agency, WorkType: r.WorkType, SourceCode: r.SourceCode, Team: r.Contact.Team, Worker: r.Contact.Worker,
		Children: r.Children, ChildrenPassedAcross: r.ChildrenPassedAcross(), ReceivedAt: timestamppb.New(r.ReceivedAt),
		Clocks: r.Clocks(), Overdue: r.Overdue(now), Lapses: r.Lapses, DuplicateOf: r.Contact.DuplicateOf,
		Revision: r.Revision, Actions: r.Actions, OutOfHours: r.OutOfHours,
		Channel: r.Channel, WrittenFormDueAt: r.WrittenForm().GetDueAt(), WrittenFormOverdue: r.FormOverdue(now), WrittenFormLapsed: r.Contact.FormLapsed,
		WaitsForMeeting: r.WaitsForMeeting(),
	}
	for _, m := range r.Meetings() {
		row.Meetings = append(row.Meetings, &querypb.MeetingWait{
			MeetingId: m.ID, Stage: m.Stage, BeforeDecision: m.BeforeDecision, Clock: m.Clock,
			Overdue: triage.MeetingOverdue(m, now),
		})
	}
	if next := r.NextDue(); next != nil {
		row.NextDueAt, row.NextClock = next.GetDueAt(), next.GetKind()
	}
	return row
}

func encodeQueueCursor(c triage.Cursor) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.Due))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Received))
	return append(append(b, byte(c.Rank)), c.ID...)
}

func decodeQueueCursor(b []byte) (*triage.Cursor, bool) {
	const fixed = 8 + 8 + 1
	if len(b) <= fixed || b[fixed-1] > 1 {
		return nil, false
	}
	return &triage.Cursor{
		Due: int64(binary.BigEndian.Uint64(b)), Received: int64(binary.BigEndian.Uint64(b[8:])),
		Rank: int64(b[fixed-1]), ID: string(b[fixed:]),
	}, true
}
