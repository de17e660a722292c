package auditapi

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// occurrence gives when an event happened in the world, as whoever told it says; nil where they do not. The end of a consent or an
// override happened at the time it had, whenever the hub came to record it.
func occurrence(event proto.Message) *eventpb.Occurrence {
	switch m := event.(type) {
	case *eventpb.ContactReceived:
		if m.GetOccurred() == nil { // a conversation was held when it was, whenever a worker came to write it down (SOT-01)
			return instant(m.GetConversation().GetHeldAt())
		}
		return m.GetOccurred()
	case *eventpb.ConsentRecorded:
		return m.GetAsked()
	case *eventpb.ConsentWithdrawn:
		return m.GetWithdrawn()
	case *eventpb.ConsentExpired:
		return instant(m.GetExpiredAt())
	case *eventpb.OverrideExpired:
		return instant(m.GetExpiredAt())
	case *eventpb.EngagementRecorded:
		return m.GetSaid()
	case *eventpb.InformationShared:
		return earliest(m.GetStatements())
	}
	return held(event)
}

// held gives when a meeting was held, however much later it was recorded.
func held(event proto.Message) *eventpb.Occurrence {
	switch m := event.(type) {
	case *eventpb.StrategyMeetingConcluded:
		return instant(m.GetHeldAt())
	case *eventpb.StrategyMeetingFollowed:
		return instant(m.GetHeldAt())
	case *eventpb.ConferenceHeld:
		return instant(m.GetHeldAt())
	case *eventpb.CoreGroupHeld:
		return instant(m.GetHeldAt())
	case *eventpb.ReviewHeld:
		return instant(m.GetHeldAt())
	}
	return nil
}

func instant(at *timestamppb.Timestamp) *eventpb.Occurrence {
	if at == nil {
		return nil
	}
	return &eventpb.Occurrence{At: at, Precision: "instant"}
}

func earliest(statements []*eventpb.Statement) (first *eventpb.Occurrence) {
	for _, s := range statements {
		known := s.GetKnown()
		if known.GetAt() != nil && (first == nil || known.GetAt().AsTime().Before(first.GetAt().AsTime())) {
			first = known
		}
	}
	return first
}

// happenedBefore says whether an event happened before a time, or may have: a day or a month that began before it may have ended after.
func happenedBefore(event proto.Message, at time.Time) bool {
	o := occurrence(event)
	return o.GetAt() != nil && o.GetAt().AsTime().Before(at)
}
