package casework

import (
	"context"
	"slices"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// ended gives the enquiries of a concluded meeting that have ended, by its own ids
// of the children. Of those that another meeting started the end is on record
// there.
func (s *Service) ended(ctx context.Context, m strategymeeting.State) ([]*eventpb.EnquiryStart, error) {
	if m.Stage != strategymeeting.StageConcluded {
		return nil, nil
	}
	var ended []*eventpb.EnquiryStart
	for _, e := range m.Enquiries {
		over := e.Ended != ""
		if e.Start.GetMeetingId() != m.MeetingID {
			runs, err := s.stillRuns(ctx, e.Start, m)
			if err != nil {
				return nil, err
			}
			over = !runs
		}
		if over {
			ended = append(ended, e.Start)
		}
	}
	return ended, nil
}

// tellJoined tells the contacts of the meetings that joined enquiries which this
// one started and which have ended: they hold a child to be under enquiry, and
// nothing else brings them the end. Those meetings are noted under what names the
// child. One may know the child by a number that this one does not, and a third
// meeting by that alone, so each is where to look further.
func (s *Service) tellJoined(ctx context.Context, f *folded[strategymeeting.State]) error {
	for _, e := range f.state.Enquiries {
		if e.Ended == "" || e.Start.GetMeetingId() != f.state.MeetingID {
			continue
		}
		if err := s.tellWhoJoined(ctx, e.Start, f.state); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellWhoJoined(ctx context.Context, start *eventpb.EnquiryStart, m strategymeeting.State) error {
	seen := []string{m.MeetingID}
	for children := childOf(m, start.GetChildId()); len(children) > 0; {
		noted, err := s.enquiringBy(ctx, children[0])
		if err != nil {
			return err
		}
		children = children[1:]
		for _, id := range noted {
			if slices.Contains(seen, id) {
				continue
			}
			seen = append(seen, id)
			other, err := s.meeting(ctx, id)
			if err != nil {
				return err
			}
			joined := joinedChild(other.state, start)
			if len(joined) == 0 {
				continue
			}
			if _, err := s.tellContacts(ctx, other); err != nil {
				return err
			}
			children = append(children, joined...)
		}
	}
	return nil
}

// joinedChild gives the child about whom a meeting joined enquiries; none: it did
// not.
func joinedChild(m strategymeeting.State, start *eventpb.EnquiryStart) []*eventpb.MeetingChild {
	for _, e := range m.Enquiries {
		if e.Start.GetMeetingId() == start.GetMeetingId() && e.Start.GetStartedChildId() == start.GetStartedChildId() {
			return childOf(m, e.Start.GetChildId())
		}
	}
	return nil
}

func childOf(m strategymeeting.State, id string) []*eventpb.MeetingChild {
	i := slices.IndexFunc(m.Children, func(c *eventpb.MeetingChild) bool { return c.GetChildId() == id })
	if i < 0 {
		return nil
	}
	return m.Children[i : i+1]
}
