package identifier

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// Note says what a meeting adds under a number of a child about whom enquiries
// run after it. A meeting that is noted adds nothing.
func Note(meetingID string, now time.Time, s State) []proto.Message {
	if slices.Contains(s.enquiring, meetingID) {
		return nil
	}
	return []proto.Message{&eventpb.EnquiriesNoted{MeetingId: meetingID, RecordedAt: timestamppb.New(now)}}
}

func (s State) noting(e *eventpb.EnquiriesNoted) State {
	if !slices.Contains(s.enquiring, e.GetMeetingId()) {
		s.enquiring = append(slices.Clip(s.enquiring), e.GetMeetingId())
	}
	return s
}

// Enquiring gives the meetings that were noted, the latest first.
func (s State) Enquiring() []string {
	latest := slices.Clone(s.enquiring)
	slices.Reverse(latest)
	return latest
}
