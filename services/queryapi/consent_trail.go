package queryapi

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/consenttrail"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/rpc"
)

// trails is ConsentTrailService.
type trails struct {
	querypb.UnimplementedConsentTrailServiceServer
	c   Config
	fan *fan[*consenttrail.Override]
}

func newTrails(c Config) *trails {
	return &trails{c: c, fan: newFan(c, model[*consenttrail.Override]{
		name: consenttrail.Name, progress: c.ConsentTrail, changes: consenttrail.Changes, passing: consenttrail.Passing,
		id:       (*consenttrail.Override).ID,
		position: func(o *consenttrail.Override) int64 { return o.Position },
	})}
}

// GetConsentTrail answers a contact's trail, with the parts about people opened.
func (s *trails) GetConsentTrail(ctx context.Context, req *querypb.GetConsentTrailRequest) (*querypb.GetConsentTrailResponse, error) {
	if _, err := s.c.await(ctx, s.c.ConsentTrail, req.GetNotBefore(), "not_before"); err != nil {
		return nil, s.c.failed(ctx, err)
	}
	trail, err := consenttrail.Get(ctx, s.c.DB, s.c.Store, req.GetContactId())
	if err != nil {
		return nil, s.c.failed(ctx, err)
	}
	answer := &querypb.GetConsentTrailResponse{}
	if answer.AsOf, err = s.c.asOf(trail.Live); err != nil {
		return nil, err
	}
	for _, e := range trail.Steps {
		answer.Steps = append(answer.Steps, stepOf(e))
	}
	return answer, nil
}

// ListOverrides answers a page of overrides.
func (s *trails) ListOverrides(ctx context.Context, req *querypb.ListOverridesRequest) (*querypb.ListOverridesResponse, error) {
	after, err := pageAfter(ctx, s.c, s.c.ConsentTrail, req, decodeOverrideCursor)
	if err != nil {
		return nil, err
	}
	now := s.c.Now()
	page, err := consenttrail.List(ctx, s.c.DB, overrideFilter(req.GetFilter()), after, rpc.PageSize(req.GetPageSize(), usualPage, mostRows), now)
	if err != nil {
		return nil, s.c.failed(ctx, err)
	}
	answer := &querypb.ListOverridesResponse{Now: timestamppb.New(now)}
	if answer.AsOf, err = s.c.asOf(page.Live); err != nil {
		return nil, err
	}
	for _, o := range page.Overrides {
		answer.Rows = append(answer.Rows, overrideRow(o, now))
	}
	answer.NextPageToken = pageToken(req, page.Next, encodeOverrideCursor)
	return answer, nil
}

func overrideFilter(f *querypb.OverrideFilter) consenttrail.Filter {
	if f == nil {
		return consenttrail.Filter{}
	}
	return consenttrail.Filter{
		Since: timeOf(f.GetSince()), Until: timeOf(f.GetUntil()),
		Approvers: f.GetApprovers(), Reasons: f.GetReasons(), Agencies: f.GetAgencies(), Outcomes: f.GetOutcomes(),
		Open: f.Open, Expired: f.Expired, ReviewedLate: f.ReviewedLate,
	}
}

func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

func stampOf(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// overrideRow is an override as it is shown at a time.
func overrideRow(o *consenttrail.Override, now time.Time) *querypb.OverrideRow {
	row := &querypb.OverrideRow{
		ContactId: o.ContactID, OverrideId: o.OverrideID, Outcome: o.Outcome, ReasonCode: o.ReasonCode, Proposed: scope(o.Asked),
		Bases: o.Bases, ProposedBy: o.ProposedBy, ProposedAt: stampOf(o.ProposedAt), DecidedBy: o.DecidedBy, Role: o.Role,
		DecidedAt: stampOf(o.DecidedAt), OutOfHours: o.OutOfHours, Rule: o.Rule, ExpiresAt: stampOf(o.ExpiresAt), ReviewAt: stampOf(o.ReviewAt),
		Open: o.Open(now), Expired: o.Expired(now), ReviewedLate: o.ReviewedLate(now), Requests: o.Requests,
	}
	if o.Allowed != nil {
		row.Allowed = scope(*o.Allowed)
	}
	return row
}

func scope(s consenttrail.Scope) *eventpb.Scope {
	return &eventpb.Scope{Subjects: s.Subjects, Purposes: s.Purposes, Agencies: s.Agencies, Categories: s.Categories}
}

func encodeOverrideCursor(c consenttrail.Cursor) []byte { return encodePlace(c.Proposed, c.ID) }

func decodeOverrideCursor(b []byte) (*consenttrail.Cursor, bool) {
	at, id, ok := decodePlace(b)
	return &consenttrail.Cursor{Proposed: at, ID: id}, ok
}
