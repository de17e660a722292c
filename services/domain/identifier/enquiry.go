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

// Claim says what a meeting adds under a number of a child about whom it is about
// to start enquiries. It adds nothing where the meeting has claimed that before:
// that its conclusion did not come then is on record in its own stream.
func Claim(meetingID string, now time.Time, s State) []proto.Message {
	if slices.Contains(s.claiming, meetingID) {
		return nil
	}
	return []proto.Message{&eventpb.EnquiriesClaimed{MeetingId: meetingID, RecordedAt: timestamppb.New(now)}}
}

func with(list []string, id string) []string {
	if slices.Contains(list, id) {
		return list
	}
	return append(slices.Clip(list), id)
}

// Enquiring gives the meetings to ask whether enquiries run: those that were
// noted, the latest first, then those that have only claimed to start them.
func (s State) Enquiring() []string {
	latest := slices.Clone(s.enquiring)
	slices.Reverse(latest)
	for _, id := range s.claiming {
		latest = with(latest, id)
	}
	return latest
}

// Claiming gives the meetings that have claimed to start enquiries, whatever came
// of it, the oldest first.
func (s State) Claiming() []string { return slices.Clone(s.claiming) }
