package queryapi

import (
	"context"
	"encoding/binary"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/triage"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/rpc"
)

// schools is EncompassService, on the rows of the queue.
type schools struct {
	querypb.UnimplementedEncompassServiceServer
	c Config
}

// ListEncompass answers a page of the contacts with a notification that is open.
func (s *schools) ListEncompass(ctx context.Context, req *querypb.ListEncompassRequest) (*querypb.ListEncompassResponse, error) {
	raw, err := rpc.PageCursor(req, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	after := triage.SchoolsCursor{}
	if raw != nil {
		b, ok := openCursor(raw)
		if !ok || len(b) <= 8 {
			return nil, rpc.BadPageToken()
		}
		after = triage.SchoolsCursor{Due: int64(binary.BigEndian.Uint64(b)), ID: string(b[8:])}
	}
	if _, err := s.c.await(ctx, s.c.Triage, req.GetNotBefore(), "not_before"); err != nil {
		return nil, s.c.failed(ctx, err)
	}
	found, next, live, err := triage.Schools(ctx, s.c.DB, after, rpc.PageSize(req.GetPageSize(), usualPage, mostRows))
	if err != nil {
		return nil, s.c.failed(ctx, err)
	}
	now := s.c.Now()
	answer := &querypb.ListEncompassResponse{Now: timestamppb.New(now)}
	if answer.AsOf, err = s.c.asOf(live); err != nil {
		return nil, err
	}
	for _, r := range found {
		answer.Rows = append(answer.Rows, &querypb.EncompassRow{
			ContactId: r.Contact.ID, HubReference: r.HubReference(), ReceivedAt: timestamppb.New(r.ReceivedAt), Notifications: notifications(r.Contact, now),
		})
	}
	if next != nil {
		answer.NextPageToken = rpc.PageToken(req, sealCursor(append(binary.BigEndian.AppendUint64(nil, uint64(next.Due)), next.ID...)))
	}
	return answer, nil
}

// notifications gives how it stands with each child's school at a time.
func notifications(c contact.State, now time.Time) (all []*querypb.EncompassEntry) {
	for _, n := range c.Encompass {
		all = append(all, &querypb.EncompassEntry{
			Decided: n.Decided, Acknowledged: n.Acknowledged, Open: n.Open(), Overdue: n.Open() && now.After(n.Decided.GetDue().GetDueAt().AsTime()),
			Lapsed: n.Lapsed,
		})
	}
	return all
}
