package queryapi

import (
	"context"
	"encoding/binary"
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
	raw, err := rpc.PageCursor(req, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	after, err := decodeMeetingCursor(raw)
	if err != nil {
		return nil, err
	}
	if _, err := s.c.await(ctx, s.c.StrategyMeetings, req.GetNotBefore(), "not_before"); err != nil {
		return nil, s.c.failed(ctx, err)
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
	if page.Next != nil {
		answer.NextPageToken = rpc.PageToken(req, encodeMeetingCursor(*page.Next))
	}
	return answer, nil
}

func encodeMeetingCursor(c strategymeetings.Cursor) []byte {
	return sealCursor(append(binary.BigEndian.AppendUint64(nil, uint64(c.At)), c.ID...))
}

func decodeMeetingCursor(raw []byte) (*strategymeetings.Cursor, error) {
	if raw == nil {
		return nil, nil
	}
	b, ok := openCursor(raw)
	if !ok || len(b) <= 8 {
		return nil, rpc.BadPageToken()
	}
	return &strategymeetings.Cursor{At: int64(binary.BigEndian.Uint64(b)), ID: string(b[8:])}, nil
}

func encodeDueCursor(c strategymeetings.DueCursor) []byte {
	return sealCursor(append(binary.BigEndian.AppendUint64(nil, uint64(c.Due)), c.Meeting+"\x00"+c.Part...))
}

func decodeDueCursor(raw []byte) (*strategymeetings.DueCursor, error) {
	if raw == nil {
		return nil, nil
	}
	b, ok := openCursor(raw)
	if !ok || len(b) <= 8 {
		return nil, rpc.BadPageToken()
	}
	meeting, part, ok := strings.Cut(string(b[8:]), "\x00")
	if !ok {
		return nil, rpc.BadPageToken()
	}
	return &strategymeetings.DueCursor{Due: int64(binary.BigEndian.Uint64(b)), Meeting: meeting, Part: part}, nil
}
