package recordtest

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

var agencies = []string{"kent-council", "kent-health", "kent-police", "kent-schools"}

// Meetings draws the events of several strategy meetings, mixed as they would come and not held to the rules. Each meeting but the first
// may follow one that is on record.
func Meetings(t *rapid.T, meetings, most int) (all []Written) {
	begun := map[int]bool{}
	if rapid.Bool().Draw(t, "enquiries") { // something for others to carry
		first := MeetingID(0)
		begun[0] = true
		all = OfMeeting(first, MeetingProposed(first, ID(0), 2), MeetingConcluded(first, "discussion", Monday, agencies[:3], agencies[3:], "section-47", "section-47"))
	}
	for i := range rapid.IntRange(1, most).Draw(t, "events") {
		n := rapid.IntRange(0, meetings-1).Draw(t, "meeting")
		id, at := MeetingID(n), Monday.Add(time.Duration(i)*7*time.Minute)
		switch {
		case rapid.IntRange(0, 9).Draw(t, "elsewhere") == 0:
			all = append(all, Written{"quarantine-kent-police", Retried()})
		case !begun[n]:
			begun[n] = true
			all = append(all, OfMeeting(id, proposal(t, n, begun, at))...)
		default:
			all = append(all, OfMeeting(id, meetingEvent(t, id, at))...)
		}
	}
	return all
}

func proposal(t *rapid.T, n int, begun map[int]bool, at time.Time) proto.Message {
	return MeetingProposed(MeetingID(n), ID(rapid.IntRange(0, 2).Draw(t, "contact")), rapid.IntRange(1, 3).Draw(t, "children"), func(e *eventpb.StrategyMeetingProposed) {
		e.OwnerTeam = rapid.SampledFrom([]string{"front-door", "district-1"}).Draw(t, "owner")
		if before := rapid.IntRange(-1, n-1).Draw(t, "follows"); before >= 0 && begun[before] {
			Follows(MeetingID(before), at)(e)
			e.Enquiries[0].MeetingId = MeetingID(rapid.IntRange(0, before).Draw(t, "starter"))
			e.Enquiries[0].StartedChildId = rapid.SampledFrom([]string{"", "s1", "s2", "s9"}).Draw(t, "started child")
		}
	})
}

func meetingEvent(t *rapid.T, id string, at time.Time) proto.Message {
	agency := rapid.SampledFrom(agencies).Draw(t, "agency")
	later := at.Add(time.Duration(rapid.IntRange(-5, 40).Draw(t, "hours")) * time.Hour)
	child := rapid.SampledFrom([]string{"s1", "s2", "s3"}).Draw(t, "child")
	form := rapid.SampledFrom([]string{"meeting", "discussion"}).Draw(t, "form")
	switch rapid.IntRange(0, 16).Draw(t, "event") {
	case 0, 1:
		return MeetingCalled(id, form, later, rapid.Permutation(agencies).Draw(t, "invited")[:rapid.IntRange(0, 4).Draw(t, "how many")]...)
	case 2:
		return rapid.SampledFrom([]proto.Message{MeetingWidened(id, agency), &eventpb.EnquiriesContested{MeetingId: id, By: MeetingID(0)}}).Draw(t, "wider")
	case 3:
		return MeetingMoved(id, later, 1)
	case 4:
		return rapid.SampledFrom([]proto.Message{
			&eventpb.StrategyMeetingDeclined{MeetingId: id, Reason: Narrative()}, &eventpb.StrategyMeetingCancelled{MeetingId: id, Reason: Narrative()},
		}).Draw(t, "no meeting")
	case 5, 6:
		return answer(t, id, agency)
	case 7, 8, 9:
		return conclusionOfMeeting(t, id, form, later)
	case 10:
		return Done(id, "x1", rapid.SampledFrom([]string{"completed", "not-possible"}).Draw(t, "result"), rapid.Bool().Draw(t, "late"))
	case 11:
		return rapid.SampledFrom([]proto.Message{
			MinutesIssued(id, 1, agency), MinutesIssued(id, 2, agency), MinutesReceived(id, agency, 1),
			&eventpb.MeetingActionOverdue{MeetingId: id, ActionId: "x1", Agency: agency, DueAt: timestamppb.New(at)},
		}).Draw(t, "minutes")
	case 12:
		return EnquiriesConcluded(id, child, rapid.SampledFrom([]string{"conference", "child-in-need"}).Draw(t, "end"))
	case 13:
		return ConferenceHeld(id, later, child)
	case 14:
		return MeetingFollowed(id, MeetingID(0), form, later)
	case 15:
		return &eventpb.CoreGroupHeld{MeetingId: id, HeldAt: timestamppb.New(later)}
	}
	return ReviewHeld(id, later, 1, rapid.SampledFrom([][]string{nil, {child}}).Draw(t, "children")...)
}

func answer(t *rapid.T, id, agency string) proto.Message {
	e := Comes(id, agency, 1)
	if rapid.Bool().Draw(t, "apologies") {
		e = Declines(id, agency, 1, Statement(&eventpb.Handling{}))
	}
	e.AfterEnd, e.Uninvited = rapid.IntRange(0, 4).Draw(t, "after the end") == 0, rapid.Bool().Draw(t, "uninvited")
	return e
}

func conclusionOfMeeting(t *rapid.T, id, form string, held time.Time) proto.Message {
	mixed := rapid.Permutation(agencies).Draw(t, "there")
	there := rapid.IntRange(0, 4).Draw(t, "how many")
	outcomes := rapid.SliceOfN(rapid.SampledFrom([]string{"section-47", "section-47-continues", "section-47-ends", "assessment"}), 0, 3).Draw(t, "outcomes")
	e := MeetingConcluded(id, form, held, mixed[:there], mixed[there:], outcomes...)
	for i := range rapid.IntRange(0, 2).Draw(t, "actions") {
		e.Actions = append(e.Actions, ToDo(fmt.Sprint("x", i+1), mixed[i], held.Add(time.Hour)))
	}
	for _, a := range e.Absences {
		a.Apologies, a.Contributed = rapid.Bool().Draw(t, "sent apologies"), rapid.Bool().Draw(t, "wrote")
	}
	return e
}
