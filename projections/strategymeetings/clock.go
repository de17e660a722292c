package strategymeetings

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

func clockOf(c *eventpb.Clock) *Clock {
	if c == nil {
		return nil
	}
	return &Clock{
		Kind: c.GetKind(), Reckoning: c.GetReckoning(), Rule: c.GetRule(), Calendar: c.GetCalendar(),
		Started: timeOf(c.GetStartedAt()), Due: timeOf(c.GetDueAt()),
	}
}

// Message gives it as it was recorded.
func (c *Clock) Message() *eventpb.Clock {
	return &eventpb.Clock{
		Kind: c.Kind, Reckoning: c.Reckoning, Rule: c.Rule, Calendar: c.Calendar, StartedAt: stampOf(c.Started), DueAt: stampOf(c.Due),
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
