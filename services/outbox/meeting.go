package outbox

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// meetingStream is what the names of meetings' streams begin with.
var meetingStream = strategymeeting.Stream("")

// errNotConcerned says that an event turned out to have the agency told nothing. Unlike what is withheld it was never meant for it.
var errNotConcerned = errors.New("the agency is not concerned")

// A meeting is what is read of a strategy meeting in order to tell an agency of one of its events.
type meeting struct {
	// event is the one the agency is told of, readable, and revision the last of the stream.
	event     proto.Message
	revision  uint64
	proposed  *eventpb.StrategyMeetingProposed
	called    *eventpb.StrategyMeetingCalled
	concluded *eventpb.StrategyMeetingConcluded
	// form, at and place are what holds after every move so far, of which there were moves.
	form  string
	at    *timestamppb.Timestamp
	place *eventpb.NarrativePart
	moves uint32
	// invitees are by agency.
	invitees map[string]*eventpb.Invitee
	// contributions are by id, with the agency that each is of.
	contributions map[string]*eventpb.Contribution
	// ended says that it was concluded or cancelled, cancelled which of them.
	ended, cancelled bool
	closed           map[string]bool
	// version is the last of the minutes.
	version uint32
}

// readMeeting takes the meeting as it is now, as with contacts: what has been overtaken since is not sent.
func (f *feed) readMeeting(ctx context.Context, r eventstore.Recorded) (*meeting, error) {
	m := &meeting{invitees: map[string]*eventpb.Invitee{}, contributions: map[string]*eventpb.Contribution{}, closed: map[string]bool{}}
	err := f.Store.Read(ctx, r.Stream, 0, func(on eventstore.Recorded) error {
		if on.Revision == r.Revision {
			m.event = on.Message
		}
		m.revision = on.Revision
		m.take(on.Message)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read a strategy meeting to tell of it: %w", orLater(err))
	}
	if m.proposed == nil || m.event == nil {
		return nil, fmt.Errorf("%w: %s has no proposal, or no revision %d", eventstore.ErrMalformed, r.Stream, r.Revision)
	}
	return m, nil
}

// orLater marks what another try may read: the store or the keys are away. What cannot be decoded cannot be decoded later.
func orLater(err error) error {
	if errors.Is(err, eventstore.ErrMalformed) || errors.Is(err, eventstore.ErrUnknownEvent) {
		return err
	}
	return errors.Join(errLater, err)
}

func (m *meeting) take(event proto.Message) {
	switch e := event.(type) {
	case *eventpb.StrategyMeetingProposed:
		m.proposed = e
	case *eventpb.StrategyMeetingCalled:
		m.called, m.form, m.at, m.place = e, e.GetForm(), e.GetAt(), e.GetPlace()
		m.invite(e.GetInvitees())
	case *eventpb.StrategyMeetingWidened:
		m.invite(e.GetInvitees())
	case *eventpb.StrategyMeetingMoved:
		m.form, m.at, m.moves = e.GetForm(), e.GetAt(), e.GetTimes()
		if e.GetPlace() != nil {
			m.place = e.GetPlace()
		}
	case *eventpb.StrategyMeetingCancelled:
		m.ended, m.cancelled = true, true
	case *eventpb.StrategyMeetingConcluded:
		m.concluded, m.ended = e, true
	case *eventpb.InvitationAnswered:
		for _, c := range e.GetContributions() {
			m.contributions[c.GetContributionId()] = c
		}
	case *eventpb.MeetingActionClosed:
		m.closed[e.GetActionId()] = true
	case *eventpb.MinutesIssued:
		m.version = e.GetVersion()
	}
}

func (m *meeting) invite(list []*eventpb.Invitee) {
	for _, i := range list {
		m.invitees[i.GetAgency()] = i
	}
}
