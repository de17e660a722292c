package queryapi

import (
	"context"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/strategymeetings"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/rpc"
)

// ReportAbsences answers who was invited to meetings of a period and was not there.
func (s *meetings) ReportAbsences(ctx context.Context, req *querypb.ReportAbsencesRequest) (*querypb.ReportAbsencesResponse, error) {
	before := s.c.Now()
	if req.GetBefore() != nil {
		before = req.GetBefore().AsTime()
	}
	report, err := strategymeetings.Absences(ctx, s.c.DB, req.GetSince().AsTime(), before, req.GetAgencies())
	if err != nil {
		return nil, s.c.failed(ctx, err)
	}
	answer := &querypb.ReportAbsencesResponse{Meetings: report.Meetings}
	if answer.AsOf, err = s.c.asOf(report.Live); err != nil {
		return nil, err
	}
	for _, a := range report.Agencies {
		answer.Agencies = append(answer.Agencies, &querypb.AgencyAbsence{
			Agency: a.Agency, Sector: a.Sector, Invited: a.Invited, Attended: a.Attended, Apologies: a.Apologies, Contributed: a.Contributed,
			Unexplained: a.Unexplained, MeetingIds: a.Meetings,
		})
	}
	return answer, nil
}

// ListMeetingActions answers a page of actions; an agency's system is answered its own.
func (s *meetings) ListMeetingActions(ctx context.Context, req *querypb.ListMeetingActionsRequest) (*querypb.ListMeetingActionsResponse, error) {
	filter := strategymeetings.ActionFilter{Agencies: req.GetAgencies(), States: req.GetStates(), Meeting: strings.ToLower(req.GetMeetingId())}
	if to := readerOf(ctx); to.system {
		if to.agency == "" || len(filter.Agencies) > 1 || len(filter.Agencies) == 1 && filter.Agencies[0] != to.agency {
			return nil, ownOnly("an agency's system may ask for its own actions")
		}
		filter.Agencies = []string{to.agency}
	}
	after, err := pageAfter(ctx, s.c, s.c.StrategyMeetings, req, decodeDueCursor)
	if err != nil {
		return nil, err
	}
	now := s.c.Now()
	page, err := strategymeetings.Actions(ctx, s.c.DB, filter, after, rpc.PageSize(req.GetPageSize(), usualPage, mostRows), now)
	if err != nil {
		return nil, s.c.failed(ctx, err)
	}
	answer := &querypb.ListMeetingActionsResponse{Now: timestamppb.New(now)}
	if answer.AsOf, err = s.c.asOf(page.Live); err != nil {
		return nil, err
	}
	for _, a := range page.Rows {
		answer.Rows = append(answer.Rows, &querypb.MeetingActionRow{
			MeetingId: a.Meeting, HubReference: a.Reference, ActionId: a.ID, Agency: a.Agency, Owner: a.Owner, State: a.State, DueAt: stampOf(a.Due),
			Overdue: a.Overdue(now), Late: a.Late, ClosedAt: stampOf(a.ClosedAt), FollowsFrom: a.FollowsFrom,
		})
	}
	answer.NextPageToken = pageToken(req, page.Next, encodeDueCursor)
	return answer, nil
}

// ListConferencesDue answers a page of the conferences, core groups and reviews that are due.
func (s *meetings) ListConferencesDue(ctx context.Context, req *querypb.ListConferencesDueRequest) (*querypb.ListConferencesDueResponse, error) {
	after, err := pageAfter(ctx, s.c, s.c.StrategyMeetings, req, decodeDueCursor)
	if err != nil {
		return nil, err
	}
	now := s.c.Now()
	filter := strategymeetings.ConferenceFilter{Kinds: req.GetKinds(), Before: timeOf(req.GetBefore()), Overdue: req.Overdue}
	page, err := strategymeetings.Conferences(ctx, s.c.DB, filter, after, rpc.PageSize(req.GetPageSize(), usualPage, mostRows), now)
	if err != nil {
		return nil, s.c.failed(ctx, err)
	}
	answer := &querypb.ListConferencesDueResponse{Now: timestamppb.New(now)}
	if answer.AsOf, err = s.c.asOf(page.Live); err != nil {
		return nil, err
	}
	for _, c := range page.Rows {
		answer.Rows = append(answer.Rows, &querypb.ConferenceDue{
			MeetingId: c.Meeting, HubReference: c.Reference, Kind: c.Kind, Children: c.Children, Clock: c.Clock.Message(), Overdue: c.Overdue(now), OwnerTeam: c.OwnerTeam,
		})
	}
	answer.NextPageToken = pageToken(req, page.Next, encodeDueCursor)
	return answer, nil
}
