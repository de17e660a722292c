package queryapi

import (
	"context"
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
	after, err := pageAfter(ctx, s.c, s.c.Triage, req, decodeSchoolsCursor)
	if err != nil {
		return nil, err
	}
	if after == nil {
		after = &triage.SchoolsCursor{}
	}
	found, next, live, err := triage.Schools(ctx, s.c.DB, *after, rpc.PageSize(req.GetPageSize(), usualPage, mostRows))
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
	answer.NextPageToken = pageToken(req, next, encodeSchoolsCursor)
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

func encodeSchoolsCursor(c triage.SchoolsCursor) []byte { return encodePlace(c.Due, c.ID) }

func decodeSchoolsCursor(b []byte) (*triage.SchoolsCursor, bool) {
	due, id, ok := decodePlace(b)
	return &triage.SchoolsCursor{Due: due, ID: id}, ok
}
