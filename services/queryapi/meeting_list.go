package queryapi

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/strategymeetings"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/rpc"
)

// meetingFilter is what a caller asks for. An agency's system asks about its own meetings, and not about who else was at them.
func meetingFilter(f *querypb.StrategyMeetingFilter, to reader) (strategymeetings.Filter, error) {
	filter := strategymeetings.Filter{
		States: f.GetStates(), Teams: f.GetTeams(), Agencies: f.GetAgencies(), Contact: strings.ToLower(f.GetContactId()), Without: f.GetWithoutAgency(),
		Since: timeOf(f.GetSince()), Before: timeOf(f.GetBefore()),
	}
	if f != nil {
		filter.Overdue = f.Overdue
	}
	if !to.system {
		return filter, nil
	}
	if to.agency == "" || len(filter.Teams)+len(filter.Agencies) > 0 || filter.Contact != "" || filter.Without != "" || filter.Overdue != nil {
		return filter, ownOnly("an agency's system may ask for its own meetings by states, since and before")
	}
	filter.Party = to.agency
	return filter, nil
}

func ownOnly(message string) error {
	return &rpc.Error{Code: codes.PermissionDenied, Reason: rpc.ReasonRoleMayNot, Message: message}
}

// ListStrategyMeetings answers a page of meetings.
func (s *meetings) ListStrategyMeetings(ctx context.Context, req *querypb.ListStrategyMeetingsRequest) (*querypb.ListStrategyMeetingsResponse, error) {
	to := readerOf(ctx)
	filter, err := meetingFilter(req.GetFilter(), to)
	if err != nil {
		return nil, err
	}
	after, err := pageAfter(ctx, s.c, s.c.StrategyMeetings, req, decodeMeetingCursor)
	if err != nil {
		return nil, err
	}
	now := s.c.Now()
	page, err := strategymeetings.List(ctx, s.c.DB, filter, after, rpc.PageSize(req.GetPageSize(), usualPage, mostRows), now)
	if err != nil {
		return nil, s.c.failed(ctx, err)
	}
	answer := &querypb.ListStrategyMeetingsResponse{Now: timestamppb.New(now)}
	if answer.AsOf, err = s.c.asOf(page.Live); err != nil {
		return nil, err
	}
	for _, r := range page.Rows {
		answer.Rows = append(answer.Rows, to.row(r, now))
	}
	answer.NextPageToken = pageToken(req, page.Next, encodeMeetingCursor)
	return answer, nil
}

func encodeMeetingCursor(c strategymeetings.Cursor) []byte { return encodePlace(c.At, c.ID) }

func decodeMeetingCursor(b []byte) (*strategymeetings.Cursor, bool) {
	at, id, ok := decodePlace(b)
	return &strategymeetings.Cursor{At: at, ID: id}, ok
}

func encodeDueCursor(c strategymeetings.DueCursor) []byte {
	return encodePlace(c.Due, c.Meeting+"\x00"+c.Part)
}

func decodeDueCursor(b []byte) (*strategymeetings.DueCursor, bool) {
	due, rest, ok := decodePlace(b)
	meeting, part, both := strings.Cut(rest, "\x00")
	return &strategymeetings.DueCursor{Due: due, Meeting: meeting, Part: part}, ok && both
}
