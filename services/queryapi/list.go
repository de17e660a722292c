package queryapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"
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
	fan *fan
	// sending counts the goroutines that send to watches.
	sending sync.WaitGroup
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
		filter.Overdue = f.Overdue
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
	}
	if next := r.NextDue(); next != nil {
		row.NextDueAt, row.NextClock = next.GetDueAt(), next.GetKind()
	}
	return row
}

const checksum = 8

// encodeCursor gives the bytes of a cursor, with a checksum: a token that was changed on its way must not lead to another page.
func encodeCursor(c triage.Cursor) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.Due))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Received))
	b = append(append(b, byte(c.Rank)), c.ID...)
	sum := sha256.Sum256(b)
	return append(b, sum[:checksum]...)
}

func decodeCursor(raw []byte) (*triage.Cursor, error) {
	if raw == nil {
		return nil, nil
	}
	const fixed = 8 + 8 + 1
	if len(raw) <= fixed+checksum {
		return nil, rpc.BadPageToken()
	}
	b, sum := raw[:len(raw)-checksum], sha256.Sum256(raw[:len(raw)-checksum])
	if !bytes.Equal(raw[len(b):], sum[:checksum]) || b[fixed-1] > 1 {
		return nil, rpc.BadPageToken()
	}
	return &triage.Cursor{
		Due: int64(binary.BigEndian.Uint64(b)), Received: int64(binary.BigEndian.Uint64(b[8:])),
		Rank: int64(b[fixed-1]), ID: string(b[fixed:]),
	}, nil
}
