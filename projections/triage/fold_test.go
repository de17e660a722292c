package triage_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/triage"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore"
)

var (
	id  = recordtest.ID(1)
	t0  = recordtest.Monday
	hit = func(h int) time.Time { return t0.Add(time.Duration(h) * time.Hour) }
)

func urgent(e *eventpb.ContactReceived) { e.Urgent = true }

// deliver gives the events of contact 1 as a subscription would.
func deliver(events ...proto.Message) []eventstore.Recorded {
	var all []eventstore.Recorded
	for i, e := range events {
		all = append(all, eventstore.Recorded{
			Stream: "contact-" + id, Revision: uint64(i), Type: string(e.ProtoReflect().Descriptor().FullName()), Message: e,
		})
	}
	return all
}

func fold(t *testing.T, events ...proto.Message) *triage.Row {
	t.Helper()
	var row *triage.Row
	for _, e := range deliver(events...) {
		var err error
		if row, err = triage.Apply(row, e); err != nil {
			t.Fatal(err)
		}
	}
	return row
}

// view is what a test looks at.
type view struct {
	state, rating, team, worker string
	urgent                      bool
	next                        string
	due                         time.Time
	clocks                      string
	across                      uint32
	lapses                      int
}

func of(r *triage.Row) view {
	v := view{
		state: r.State(), rating: r.Contact.Rating, team: r.Contact.Team, worker: r.Contact.Worker, urgent: r.Urgent(),
		across: r.ChildrenPassedAcross(), lapses: len(r.Lapses),
	}
	if next := r.NextDue(); next != nil {
		v.next, v.due = next.GetKind(), next.GetDueAt().AsTime()
	}
	var kinds []string
	for _, c := range r.Clocks() {
		kinds = append(kinds, c.GetKind())
	}
	slices.Sort(kinds)
	v.clocks = strings.Join(kinds, " ")
	return v
}

func TestFold(t *testing.T) {
	received := recordtest.Received(id, t0, 2)
	lapse := &eventpb.Lapse{Kind: "triage", DueAt: timestamppb.New(t0)}
	arrived := view{state: "unrated", team: "front-door", next: "triage", due: hit(24), clocks: "aim-decision aim-triage triage"}
	triaged := view{state: "triaged", rating: "amber", team: "assessment", next: "partners", due: hit(3), clocks: "aim-decision decision partners"}
	decided := view{state: "decided", rating: "amber", team: "assessment", clocks: "response", lapses: 1}
	concluded := []proto.Message{
		received, recordtest.Triaged(id, "amber", hit(2)), recordtest.Concluded(id, "d1", "s1", "s2"), recordtest.SignedOff(id, "d1", hit(3), lapse),
	}
	for _, tc := range []struct {
		name  string
		given []proto.Message
		when  proto.Message
		then  view
	}{
		{"a contact arrives: aims are shown and order nothing", nil, received, arrived},
		{"one child of two goes across: the other stays (KEN-04)", []proto.Message{received}, recordtest.Across(id, t0, "s2"),
			with(arrived, func(v *view) { v.across = 1 })},
		{"all children go across: it leaves the queue and no clock runs (KEN-04)", []proto.Message{received}, recordtest.Across(id, t0),
			view{state: "passed-across", team: "front-door", across: 2}},
		{"triage ends the clocks of arrival but the aim for the decision (KEN-03)", []proto.Message{received}, recordtest.Triaged(id, "amber", hit(2), lapse),
			with(triaged, func(v *view) { v.lapses = 1 })},
		{"a new rating replaces the clocks of the old one and keeps its lapses",
			[]proto.Message{received, recordtest.Triaged(id, "amber", hit(2), lapse)}, recordtest.Rated(id, "green", hit(5), lapse, lapse),
			with(triaged, func(v *view) { v.rating, v.due, v.lapses = "green", hit(8), 3 })},
		{"a worker has it (KEN-06)", []proto.Message{received, recordtest.Triaged(id, "amber", hit(2))}, recordtest.AllocatedTo(id, "w1", hit(3)),
			with(triaged, func(v *view) { v.state, v.worker = "allocated", "w1" })},
		{"a duplicate leaves the queue", []proto.Message{received, recordtest.Triaged(id, "amber", hit(2))}, recordtest.Linked(id, recordtest.ID(2), hit(3)),
			view{state: "duplicate", rating: "amber", team: "assessment"}},
		{"undone, it is back with the clocks it had",
			[]proto.Message{received, recordtest.Triaged(id, "amber", hit(2)), recordtest.Linked(id, recordtest.ID(2), hit(3))},
			recordtest.Unlinked(id, recordtest.ID(2), hit(4)), triaged},
		{"a worker's decision leaves it where it is", []proto.Message{received, recordtest.Triaged(id, "amber", hit(2))}, recordtest.Concluded(id, "d1", "s1", "s2"), triaged},
		{"signed off it is decided, and only the referrer's answer is due (SOT-05)",
			concluded[:3], concluded[3], decided},
		{"answered, nothing is", concluded, recordtest.Answered(id, "d1"), with(decided, func(v *view) { v.clocks = "" })},
		{"reopened it is back, with new clocks, for one child", append(slices.Clip(concluded), recordtest.Answered(id, "d1")), recordtest.Reopened(id, hit(10), "s2"),
			view{state: "triaged", rating: "amber", team: "assessment", next: "decision", due: hit(12), clocks: "decision", lapses: 1}},
		{"given back, it has never left", concluded[:3], &eventpb.DecisionReturned{ContactId: id, DecisionId: "d1"}, triaged},
		{"who went across is not counted as decided", []proto.Message{received, recordtest.Across(id, hit(1), "s1"), recordtest.Triaged(id, "amber", hit(2)), recordtest.Concluded(id, "d1", "s1")},
			recordtest.SignedOff(id, "d1", hit(3), lapse), with(decided, func(v *view) { v.across = 1 })},
		{"what is said of consent is not the queue's", []proto.Message{received, recordtest.Triaged(id, "amber", hit(2)), recordtest.Holder(id, "p1")},
			recordtest.Said(id, "c1", "p1", "refused", hit(3)), triaged},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := of(fold(t, append(tc.given, tc.when)...)); got != tc.then {
				t.Errorf("\n got %+v\nwant %+v", got, tc.then)
			}
		})
	}
}

func with(v view, change func(*view)) view {
	change(&v)
	return v
}

// The contact's clocks and the meeting's are both there, until the meeting is settled; the contact stays where its own clocks put it.
func TestKEN23_TheMeetingsClockIsBesideTheContacts(t *testing.T) {
	meeting := recordtest.MeetingID(1)
	begun := []proto.Message{recordtest.Received(id, t0, 1), recordtest.Triaged(id, "amber", hit(2))}
	proposed := recordtest.Awaited(id, meeting, "proposed", nil)
	called := recordtest.Awaited(id, meeting, "called", recordtest.Clock("strategy-meeting", hit(30)))
	settled := &eventpb.StrategyMeetingSettled{ContactId: id, MeetingId: meeting, How: "concluded"}
	for _, tc := range []struct {
		name   string
		events []proto.Message
		waits  bool
		shown  string
	}{
		{"none", begun, false, ""},
		{"proposed, it waits without a clock", append(slices.Clip(begun), proposed), true, "proposed"},
		{"called, with the meeting's", append(slices.Clip(begun), proposed, called), true, "called strategy-meeting"},
		{"held, it waits no longer", append(slices.Clip(begun), proposed, called, settled), false, ""},
		{"what is told late does not bring it back", append(slices.Clip(begun), proposed, settled, called), false, ""},
	} {
		row := fold(t, tc.events...)
		shown := ""
		for _, m := range row.Meetings() {
			shown = strings.TrimSpace(m.Stage + " " + m.Clock.GetKind())
		}
		if row.WaitsForMeeting() != tc.waits || shown != tc.shown {
			t.Errorf("%s: waits %v, shows %q; want %v, %q", tc.name, row.WaitsForMeeting(), shown, tc.waits, tc.shown)
		}
		if next := row.NextDue(); next.GetKind() != "partners" || !next.GetDueAt().AsTime().Equal(hit(3)) {
			t.Errorf("%s: its own next clock is %v", tc.name, next)
		}
	}
}

func TestKEN10_UrgentIsTheSendersWordUntilItIsRated(t *testing.T) {
	for _, tc := range []struct {
		name   string
		events []proto.Message
		want   bool
	}{
		{"the sender says so", []proto.Message{recordtest.Received(id, t0, 1, urgent)}, true},
		{"the sender does not", []proto.Message{recordtest.Received(id, t0, 1)}, false},
		{"said so, rated amber", []proto.Message{recordtest.Received(id, t0, 1, urgent), recordtest.Triaged(id, "amber", t0)}, false},
		{"did not, rated red", []proto.Message{recordtest.Received(id, t0, 1), recordtest.Triaged(id, "red", t0)}, true},
		{"red, then green", []proto.Message{recordtest.Received(id, t0, 1, urgent), recordtest.Triaged(id, "red", t0), recordtest.Rated(id, "green", t0)}, false},
	} {
		if got := fold(t, tc.events...).Urgent(); got != tc.want {
			t.Errorf("%s: urgent is %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestFoldRefusesWhatItCannotFold(t *testing.T) {
	row := fold(t, recordtest.Received(id, t0, 1))
	for _, tc := range []struct {
		name string
		prev *triage.Row
		e    eventstore.Recorded
	}{
		{"an event before the receipt", nil, deliver(recordtest.Triaged(id, "red", t0))[0]},
		{"a second receipt", row, eventstore.Recorded{Revision: 1, Message: recordtest.Received(id, t0, 1)}},
		{"an event twice", row, eventstore.Recorded{Revision: 0, Message: recordtest.Triaged(id, "red", t0)}},
		{"an event left out", row, eventstore.Recorded{Revision: 2, Message: recordtest.Triaged(id, "red", t0)}},
		{"an event of another category", row, eventstore.Recorded{Revision: 1, Message: &eventpb.StoreNamed{}}},
	} {
		before := of(row)
		if got, err := triage.Apply(tc.prev, tc.e); err == nil {
			t.Errorf("%s was folded to %+v", tc.name, got)
		}
		if of(row) != before {
			t.Errorf("%s changed the row it was given", tc.name)
		}
	}
}

func TestOverdueIsStrictlyAfterTheDueTime(t *testing.T) {
	row := fold(t, recordtest.Received(id, t0, 1))
	if row.Overdue(hit(24)) {
		t.Error("overdue at its due time")
	}
	if !row.Overdue(hit(24).Add(time.Microsecond)) {
		t.Error("not overdue after its due time")
	}
	if across := fold(t, recordtest.Received(id, t0, 1), recordtest.Across(id, t0)); across.Overdue(hit(1000)) {
		t.Error("overdue though it left the queue")
	}
}
