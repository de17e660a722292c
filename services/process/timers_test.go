package process

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore"
)

// place makes positions without a store, in which they have no meaning but their order.
var place = (&eventstore.Store{}).PositionAt

// Whatever the history, who reads on from the noted place has the timers of who read everything.
func TestAStartFromTheNoteHasTheSameTimers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history := rapid.SliceOfN(rapid.Custom(event), 1, 60).Draw(t, "history")
		noted := rapid.IntRange(0, len(history)).Draw(t, "noted after")
		whole, before := newTimers(), newTimers()
		for i, e := range history {
			whole.fold(e, place(int64(i)))
			if i < noted {
				before.fold(e, place(int64(i)))
			}
		}
		low := before.low(place(int64(noted)))
		again := newTimers()
		for i := int(low.Ordinal()); i < len(history); i++ {
			again.fold(history[i], place(int64(i)))
		}
		if diff := cmp.Diff(dueTimes(whole), dueTimes(again)); diff != "" {
			t.Fatalf("noted after %d, read on from %d (-whole +again):\n%s", noted, low.Ordinal(), diff)
		}
	})
}

// Whatever the history, the due times are found when they pass: looking often finds what looking once at the end finds.
func TestNoDueTimeIsOverlooked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timers := newTimers()
		for i, e := range rapid.SliceOfN(rapid.Custom(event), 1, 60).Draw(t, "history") {
			timers.fold(e, place(int64(i)))
		}
		want := dueTimes(timers)
		got := map[string]time.Time{}
		for now := range time.Duration(12) {
			for _, due := range timers.due(start.Add(now * time.Hour)) {
				got[due.id+" "+due.clock()] = due.due
				timers.done(due)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("found (-want +got):\n%s", diff)
		}
	})
}

var start = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)

// event draws what a process folds, of few contacts and ids, so that events are about each other.
func event(t *rapid.T) proto.Message {
	id := fmt.Sprintf("contact %d", rapid.IntRange(0, 2).Draw(t, "contact"))
	of := fmt.Sprint(rapid.IntRange(1, 2).Draw(t, "of"))
	at := timestamppb.New(start.Add(time.Duration(rapid.IntRange(0, 10).Draw(t, "at")) * time.Hour))
	clock := &eventpb.Clock{DueAt: at}
	switch rapid.IntRange(0, 18).Draw(t, "kind") {
	case 0:
		return &eventpb.ConsentRecorded{ContactId: id, ConsentId: of, Stance: "given", ExpiresAt: at}
	case 1:
		return &eventpb.ConsentWithdrawn{ContactId: id, ConsentId: of}
	case 2:
		return &eventpb.ConsentExpired{ContactId: id, ConsentId: of}
	case 3:
		return &eventpb.OverrideDecided{ContactId: id, OverrideId: of, Outcome: "approved", ExpiresAt: at}
	case 4:
		return &eventpb.OverrideReviewed{ContactId: id, OverrideId: of, Outcome: rapid.SampledFrom([]string{"continues", "ended"}).Draw(t, "outcome")}
	case 5:
		return &eventpb.OverrideExpired{ContactId: id, OverrideId: of}
	case 6:
		return &eventpb.InformationRequested{ContactId: id, RequestId: of, Questions: []*eventpb.Question{{Agency: "a", Due: clock}, {Agency: "b", Due: clock}}}
	case 7:
		return &eventpb.InformationRequestChased{ContactId: id, RequestId: of, Agency: "a", Due: clock}
	case 8:
		return &eventpb.InformationRequestCancelled{ContactId: id, RequestId: of, Agencies: []string{"b"}}
	case 9:
		return &eventpb.StrategyMeetingConcluded{MeetingId: id, Actions: []*eventpb.MeetingAction{{ActionId: "x1", Due: clock}, {ActionId: "x2", Due: clock}}}
	case 10:
		return &eventpb.MeetingActionClosed{MeetingId: id, ActionId: "x" + of}
	case 11:
		return &eventpb.MeetingActionOverdue{MeetingId: id, ActionId: "x" + of}
	case 12:
		return &eventpb.ContactReceived{ContactId: id, Conversation: &eventpb.Conversation{WrittenForm: clock}}
	case 13:
		return &eventpb.WrittenFormReceived{ContactId: id}
	case 14:
		return &eventpb.WrittenFormOverdue{ContactId: id}
	case 15:
		return &eventpb.EncompassDecided{ContactId: id, NotificationId: of, Outcome: rapid.SampledFrom([]string{"notify", "no-setting-known", "not-in-scope"}).Draw(t, "outcome"), Due: clock}
	case 16:
		return &eventpb.EncompassDecided{ContactId: id, NotificationId: of, Outcome: "notify", Due: &eventpb.Clock{DueAt: timestamppb.New(start)}, Acknowledge: clock}
	case 17:
		return rapid.SampledFrom([]proto.Message{&eventpb.EncompassAcknowledged{ContactId: id, NotificationId: of}, &eventpb.EncompassOverdue{ContactId: id, NotificationId: of}}).Draw(t, "end")
	}
	return &eventpb.InformationShared{ContactId: id, RequestId: of, Agency: "a", Answer: rapid.SampledFrom([]string{"shared", "partial"}).Draw(t, "answer")}
}

func dueTimes(ts timers) map[string]time.Time {
	all := map[string]time.Time{}
	for _, of := range ts.of {
		for t := range maps.Values(of) {
			all[t.id+" "+t.clock()] = t.due
		}
	}
	return all
}
