package queryapi

import (
	"context"

	"github.com/openmash/mash/projections/consultations"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/rpc"
)

// ListConsultations answers a page of consultations, the one that was held last first.
func (s *consultationReads) ListConsultations(ctx context.Context, req *querypb.ListConsultationsRequest) (*querypb.ListConsultationsResponse, error) {
	after, err := pageAfter(ctx, s.c, s.c.Consultations, req, decodeConsultationCursor)
	if err != nil {
		return nil, err
	}
	page, err := consultations.List(ctx, s.c.DB, consultationFilter(req.GetFilter()), after, rpc.PageSize(req.GetPageSize(), usualPage, mostRows))
	if err != nil {
		return nil, s.c.failed(ctx, err)
	}
	answer := &querypb.ListConsultationsResponse{}
	if answer.AsOf, err = s.c.asOf(page.Live); err != nil {
		return nil, err
	}
	for _, r := range page.Rows {
		answer.Rows = append(answer.Rows, consultationRow(r))
	}
	answer.NextPageToken = pageToken(req, page.Next, encodeConsultationCursor)
	return answer, nil
}

func consultationFilter(f *querypb.ConsultationFilter) consultations.Filter {
	if f == nil {
		return consultations.Filter{}
	}
	return consultations.Filter{
		Since: timeOf(f.GetSince()), Before: timeOf(f.GetBefore()), Agencies: f.GetAgencies(), GivenBy: f.GetGivenBy(), Followed: f.Followed,
	}
}

func consultationRow(r *consultations.Row) *querypb.ConsultationRow {
	return &querypb.ConsultationRow{
		Number: r.Number, Agency: r.Agency, Reference: r.Reference, Channel: r.Channel, HeldAt: stampOf(r.HeldAt), Lead: r.Lead,
		GivenBy: r.GivenBy, Role: r.Role, Recommendation: r.Recommendation, RecordedAt: stampOf(r.RecordedAt), Contacts: r.Contacts,
	}
}

func encodeConsultationCursor(c consultations.Cursor) []byte { return encodePlace(c.Held, c.ID) }

func decodeConsultationCursor(b []byte) (*consultations.Cursor, bool) {
	at, id, ok := decodePlace(b)
	return &consultations.Cursor{Held: at, ID: id}, ok
}
