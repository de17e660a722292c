package queryapi

import (
	"bytes"
	"context"
	"crypto/sha256"
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

const usualPage, mostRows = 50, 500

// ListTriageQueue answers a page of the queue.
func (q *queue) ListTriageQueue(ctx context.Context, req *querypb.ListTriageQueueRequest) (*querypb.ListTriageQueueResponse, error) {
	raw, err := rpc.PageCursor(req, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	after, err := decodeCursor(raw)
	if err != nil {
		return nil, err
	}
	if _, err := q.c.await(ctx, q.c.Triage, req.GetNotBefore(), "not_before"); err != nil {
		return nil, q.c.failed(ctx, err)
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
	if page.Next != nil {
		answer.NextPageToken = rpc.PageToken(req, encodeCursor(*page.Next))
	}
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

// encodeCursor gives the bytes of a cursor.
func encodeCursor(c triage.Cursor) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.Due))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Received))
	return sealCursor(append(append(b, byte(c.Rank)), c.ID...))
}

func decodeCursor(raw []byte) (*triage.Cursor, error) {
	if raw == nil {
		return nil, nil
	}
	const fixed = 8 + 8 + 1
	b, ok := openCursor(raw)
	if !ok || len(b) <= fixed || b[fixed-1] > 1 {
		return nil, rpc.BadPageToken()
	}
	return &triage.Cursor{
		Due: int64(binary.BigEndian.Uint64(b)), Received: int64(binary.BigEndian.Uint64(b[8:])),
		Rank: int64(b[fixed-1]), ID: string(b[fixed:]),
	}, nil
}

const checksum = 8

// sealCursor adds a checksum: a token that was changed on its way must not lead to another page.
func sealCursor(b []byte) []byte {
	sum := sha256.Sum256(b)
	return append(b, sum[:checksum]...)
}

// openCursor takes it off; false: it does not fit.
func openCursor(raw []byte) ([]byte, bool) {
	if len(raw) < checksum {
		return nil, false
	}
	b := raw[:len(raw)-checksum]
	sum := sha256.Sum256(b)
	return b, bytes.Equal(raw[len(b):], sum[:checksum])
}
