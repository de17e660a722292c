package queryapi

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/strategymeetings"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/rpc"
)

// meetings is StrategyMeetingService.
type meetings struct {
	querypb.UnimplementedStrategyMeetingServiceServer
	c   Config
	fan *fan[*strategymeetings.Row]
}

func newMeetings(c Config) *meetings {
	return &meetings{c: c, fan: newFan(c, model[*strategymeetings.Row]{
		name: strategymeetings.Name, progress: c.StrategyMeetings, changes: strategymeetings.Changes, passing: strategymeetings.Passing,
		id:       func(r *strategymeetings.Row) string { return r.ID },
		position: func(r *strategymeetings.Row) int64 { return r.Position },
	})}
}

// A reader is whose eyes a meeting is shown to: staff and auditors, or the system of one agency.
type reader struct {
	system bool
	agency string
}

func readerOf(ctx context.Context) reader {
	caller := rpc.CallerFrom(ctx)
	return reader{system: caller.Role == access.AgencySystem, agency: caller.Agency}
}

// party gives what the reader's agency has to do with a meeting; false: nothing, and there is no such meeting for it.
func (r reader) party(row *strategymeetings.Row) (strategymeetings.Party, bool) {
	if r.agency == "" {
		return strategymeetings.Party{}, false
	}
	return row.Party(r.agency)
}

const resourceMeeting = "strategy meeting"

// GetStrategyMeeting answers a meeting as the caller may see it, with the parts about people opened.
func (s *meetings) GetStrategyMeeting(ctx context.Context, req *querypb.GetStrategyMeetingRequest) (*querypb.GetStrategyMeetingResponse, error) {
	if _, err := s.c.await(ctx, s.c.StrategyMeetings, req.GetNotBefore(), "not_before"); err != nil {
		return nil, s.c.failed(ctx, err)
	}
	m, err := strategymeetings.Get(ctx, s.c.DB, s.c.Store, req.GetMeetingId())
	if err != nil {
		return nil, s.c.failed(ctx, err)
	}
	now, to := s.c.Now(), readerOf(ctx)
	answer := &querypb.GetStrategyMeetingResponse{Now: timestamppb.New(now)}
	if answer.AsOf, err = s.c.asOf(m.Live); err != nil {
		return nil, err
	}
	if !to.system {
		answer.Row, answer.Meeting = meetingRow(m.Row, now), wholeMeeting(m)
		if answer.Meeting.Considered, err = s.considered(ctx, m); err != nil {
			return nil, s.c.failed(ctx, err)
		}
		return answer, nil
	}
	party, ok := to.party(m.Row)
	if !ok {
		return nil, rpc.NotFound(resourceMeeting)
	}
	answer.Row, answer.Meeting = partyRow(m.Row, party, now), partyMeeting(m, party)
	if !takesPart(m.Row, party) {
		return answer, nil
	}
	answer.Meeting.Considered, answer.Meeting.Withheld, err = s.consideredBy(ctx, m, to.agency)
	if err != nil {
		return nil, s.c.failed(ctx, err)
	}
	return answer, nil
}
