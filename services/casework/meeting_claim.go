package casework

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/identifier"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// claimEnquiries makes sure that no two meetings start enquiries about one child
// (WT-03). No store appends to two streams at once, so it goes in three steps,
// between the folding of the meeting and its conclusion:
//
//  1. the meeting is claimed for, in every stream that stands for the child;
//  2. those streams are read, for the other meetings that have claimed the child;
//  3. each of these that is still to be concluded is contested: an event goes into
//     its stream, so that a conclusion of it that was decided before is not written
//     at its revision, and is decided again.
//
// After that the caller reads what has been started, and decides. Of two meetings
// with both claims on record, the one that read first is contested by the other: it
// concluded before that, and the other finds it, or it is decided again, and then
// finds the other's claim and contests in its turn. So both cannot conclude on a
// reading without the other; and as nothing is held, a hub that is cut off at any
// step stands in nobody's way. It rests on reads that show every append before
// them, as this store's do and a cluster's leader's.
func (s *Service) claimEnquiries(ctx context.Context, m strategymeeting.State, children []*eventpb.MeetingChild, o Origin) error {
	hub := Origin{Actor: hubTells, Role: string(access.Hub), CorrelationID: m.MeetingID, CausationID: o.RequestID}
	for _, child := range children {
		for _, stream := range s.streamsOf(child) {
			if err := s.claim(ctx, stream, m.MeetingID, hub); err != nil {
				return fmt.Errorf("casework: claim enquiries: %w", err)
			}
		}
	}
	for _, child := range children {
		others, err := s.lookedUp(ctx, child, identifier.State.Claiming)
		if err != nil {
			return err
		}
		for _, other := range others {
			if other == m.MeetingID {
				continue
			}
			if err := s.contest(ctx, other, m.MeetingID, child, hub); err != nil {
				return fmt.Errorf("casework: contest enquiries: %w", err)
			}
		}
	}
	return nil
}

// giveWay lets the meeting that contested this one conclude first: two that contest
// each other again and again would both be decided again and again.
func giveWay(ctx context.Context, m strategymeeting.State) error {
	if m.Contested == 0 {
		return nil
	}
	return waitUpTo(ctx, min(20*time.Millisecond<<min(m.Contested, 4), 200*time.Millisecond))
}

// starting gives the children about whom a conclusion starts enquiries.
func starting(events []proto.Message, m strategymeeting.State) (children []*eventpb.MeetingChild) {
	for _, event := range events {
		concluded, _ := event.(*eventpb.StrategyMeetingConcluded)
		for _, o := range concluded.GetOutcomes() {
			i := slices.IndexFunc(m.Children, func(c *eventpb.MeetingChild) bool { return c.GetChildId() == o.GetChildId() })
			if i >= 0 && o.GetOutcome() == practice.EnquiriesStart {
				children = append(children, m.Children[i])
			}
		}
	}
	return children
}

func (s *Service) claim(ctx context.Context, stream, meetingID string, o Origin) error {
	_, err := run(ctx, s, change[identifier.State]{
		evolution: identifiers(),
		stream:    stream,
		origin:    o,
		byContent: true,
		decide: func(now time.Time, state identifier.State) ([]proto.Message, error) {
			return identifier.Claim(meetingID, now, state), nil
		},
	})
	return err
}

// contest moves another meeting's stream on, if that meeting speaks of the same
// child and is still to be concluded. It takes no turn, for the caller holds one.
func (s *Service) contest(ctx context.Context, other, by string, child *eventpb.MeetingChild, o Origin) error {
	f, err := s.meeting(ctx, other)
	if err != nil {
		return err
	}
	same := func(c *eventpb.MeetingChild) bool { return sameChild(c, child) }
	if !slices.ContainsFunc(f.state.Children, same) {
		return nil
	}
	o.CorrelationID = other
	_, err = run(ctx, s, change[strategymeeting.State]{
		evolution: meetings(),
		stream:    strategymeeting.Stream(other),
		origin:    o,
		decide:    s.decidingMeeting(strategymeeting.Contest{By: by}, o),
		byContent: true,
		kept:      s.meetings,
	})
	return err
}
