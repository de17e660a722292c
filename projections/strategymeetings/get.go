package strategymeetings

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// ErrNotFound means that no event of such a meeting was folded yet.
var ErrNotFound = errors.New("no such strategy meeting")

// Meeting is a whole meeting: its row, and what is on record with the parts about people opened. Lists are oldest first; nil is what has
// not happened.
type Meeting struct {
	Row      *Row
	Proposed *eventpb.StrategyMeetingProposed
	// Called has all who were invited, also those who were invited later.
	Called    *eventpb.StrategyMeetingCalled
	Moved     *eventpb.StrategyMeetingMoved
	Declined  *eventpb.StrategyMeetingDeclined
	Cancelled *eventpb.StrategyMeetingCancelled
	Answers   []*eventpb.InvitationAnswered
	Concluded *eventpb.StrategyMeetingConcluded
	Minutes   []*eventpb.MinutesIssued
	Receipts  []*eventpb.MinutesReceived
	Closed    []*eventpb.MeetingActionClosed
	Enquiries []*eventpb.EnquiriesConcluded
	// Conference and CoreGroup are the last that were recorded on it.
	Conference *eventpb.ConferenceHeld
	CoreGroup  *eventpb.CoreGroupHeld
	Reviews    []*eventpb.ReviewHeld
	// Followed are the meetings that were held after it.
	Followed []*eventpb.StrategyMeetingFollowed
	// Live says what the rows show in all.
	Live projections.Live
}

// Get reads a meeting, with its parts opened. ErrNotFound: there is none.
func Get(ctx context.Context, db *rows.DB, store *eventstore.Store, id string) (*Meeting, error) {
	m := &Meeting{}
	var events []proto.Message
	live, err := view(ctx, db, func(tx *rows.Tx, t tables) (err error) {
		if m.Row, err = one(ctx, tx, t, id); err != nil {
			return err
		}
		return tx.Each(ctx, func(r *sql.Rows) error {
			e, err := scanEvent(r)
			events = append(events, e)
			return err
		}, "SELECT type, data FROM "+t.events.Name+" WHERE meeting = ? ORDER BY revision", id)
	})
	if err != nil {
		return nil, err
	}
	m.Live = live
	for _, e := range events {
		if err := store.OpenParts(ctx, strategymeeting.Stream(id), e); err != nil {
			return nil, fmt.Errorf("open strategy meeting: %w", err)
		}
		m.add(e)
	}
	return m, nil
}

func one(ctx context.Context, tx *rows.Tx, t tables, id string) (*Row, error) {
	var body []byte
	err := tx.QueryRow(ctx, "SELECT body FROM "+t.meetings.Name+" WHERE id = ?", id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	row := &Row{}
	if err := json.Unmarshal(body, row); err != nil {
		return nil, fmt.Errorf("row is not in the form of this version: %w", err)
	}
	return row, nil
}

func scanEvent(r *sql.Rows) (proto.Message, error) {
	var name string
	var data sql.RawBytes
	if err := r.Scan(&name, &data); err != nil {
		return nil, err
	}
	return eventstore.UnmarshalEvent(name, data)
}

func (m *Meeting) add(event proto.Message) {
	switch e := event.(type) {
	case *eventpb.StrategyMeetingProposed:
		m.Proposed = e
	case *eventpb.StrategyMeetingCalled:
		m.Called = e
	case *eventpb.StrategyMeetingWidened:
		if m.Called != nil {
			m.Called.Invitees = append(m.Called.Invitees, e.GetInvitees()...)
		}
	case *eventpb.StrategyMeetingMoved:
		m.Moved = e
	case *eventpb.StrategyMeetingDeclined:
		m.Declined = e
	case *eventpb.StrategyMeetingCancelled:
		m.Cancelled = e
	case *eventpb.InvitationAnswered:
		m.Answers = append(m.Answers, e)
	case *eventpb.StrategyMeetingConcluded:
		m.Concluded = e
	default:
		m.addAfter(e)
	}
}

// addAfter adds what followed from the meeting. That an action was overdue is shown by the row.
func (m *Meeting) addAfter(event proto.Message) {
	switch e := event.(type) {
	case *eventpb.MinutesIssued:
		m.Minutes = append(m.Minutes, e)
	case *eventpb.MinutesReceived:
		m.Receipts = append(m.Receipts, e)
	case *eventpb.MeetingActionClosed:
		m.Closed = append(m.Closed, e)
	case *eventpb.EnquiriesConcluded:
		m.Enquiries = append(m.Enquiries, e)
	case *eventpb.ConferenceHeld:
		m.Conference = e
	case *eventpb.CoreGroupHeld:
		m.CoreGroup = e
	case *eventpb.StrategyMeetingFollowed:
		m.Followed = append(m.Followed, e)
	case *eventpb.ReviewHeld:
		m.Reviews = append(m.Reviews, e)
	}
}
