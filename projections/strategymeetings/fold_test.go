package strategymeetings_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/strategymeetings"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore"
)

var (
	first, second, third = recordtest.MeetingID(1), recordtest.MeetingID(2), recordtest.MeetingID(3)
	contactID            = recordtest.ID(1)
	t0                   = recordtest.Monday
	hit                  = func(h int) time.Time { return t0.Add(time.Duration(h) * time.Hour) }
	day                  = func(d int) time.Time { return hit(24 * d) }

	three = []string{"kent-council", "kent-health", "kent-police"}
)

// fold folds events of several meetings, in this order, each recorded an hour after the last.
func fold(t *testing.T, written ...recordtest.Written) strategymeetings.Meetings {
	t.Helper()
	m, revisions := strategymeetings.Meetings{}, map[string]uint64{}
	for i, w := range written {
		id := strings.TrimPrefix(w.Stream, "strategymeeting-")
		e := eventstore.Recorded{Stream: w.Stream, Revision: revisions[w.Stream], Message: w.Message, Metadata: eventstore.Metadata{RecordedAt: hit(i)}}
		if _, err := m.Apply(id, e); err != nil {
			t.Fatalf("event %d, %T: %v", i, w.Message, err)
		}
		revisions[w.Stream]++
	}
	return m
}

// in says in short how a meeting is shown at a time.
func in(r *strategymeetings.Row, now time.Time) string {
	words := []string{r.State}
	if r.Overdue(now) {
		words = append(words, "overdue")
	}
	if len(r.Missing()) > 0 {
		words = append(words, "missing "+strings.Join(r.Missing(), "+"))
	}
	for _, a := range r.Actions {
		word := a.ID + " " + a.State
		if a.Overdue(now) {
			word += " overdue"
		}
		words = append(words, word)
	}
	if n := r.EnquiriesRunning(); n > 0 {
		words = append(words, fmt.Sprint("enquiries ", n))
	}
	if missing := r.ReceiptsMissing(); len(missing) > 0 {
		words = append(words, "no receipt "+strings.Join(missing, "+"))
	}
	for _, c := range r.Clocks() {
		words = append(words, c.GetKind())
	}
	return strings.Join(words, ", ")
}

func TestGivenWhenThen(t *testing.T) {
	proposed := recordtest.MeetingProposed(first, contactID, 2)
	elsewhere := proto.CloneOf(proposed)
	elsewhere.OwnerTeam = "district-1"
	called := recordtest.MeetingCalled(first, "meeting", hit(10), three...)
	held := recordtest.MeetingConcluded(first, "meeting", hit(10), three, nil, "section-47", "assessment")
	talked := recordtest.MeetingConcluded(first, "discussion", hit(10), three, nil, "section-47", "section-47")
	held.Minutes = nil
	held.Actions = []*eventpb.MeetingAction{recordtest.ToDo("x1", "kent-health", hit(20))}
	given := func(events ...proto.Message) []proto.Message {
		return append([]proto.Message{proposed, called}, events...)
	}
	for _, tc := range []struct {
		name  string
		given []proto.Message
		when  proto.Message
		at    int
		then  string
	}{
		{"a proposal is due at no time yet (SOT-10)", nil, proposed, 99, "proposed"},
		{"called, it is due, and nobody has said that they come (WT-04)", given()[:1], called, 11, "called, missing social-care+health+police, strategy-meeting"},
		{"not held in time", given()[:1], called, 35, "called, overdue, missing social-care+health+police, strategy-meeting"},
		{"who comes makes their sector", given(recordtest.Comes(first, "kent-police", 1)), recordtest.Comes(first, "kent-council", 2), 11, "called, missing health, strategy-meeting"},
		{"the front door that chairs is expected", given()[:1], atTheFrontDoor(), 11, "called, missing health+police, strategy-meeting"},
		{"also when it has moved the meeting", []proto.Message{proposed, atTheFrontDoor()}, recordtest.MeetingMoved(first, hit(12), 1), 11, "called, missing health+police, strategy-meeting"},
		{"unless it says that it does not come", []proto.Message{proposed, atTheFrontDoor()}, recordtest.Declines(first, "front-door", 1), 11, "called, missing social-care+health+police, strategy-meeting"},
		{"another team's meeting is not chaired there", []proto.Message{elsewhere}, atTheFrontDoor(), 11, "called, missing social-care+health+police, strategy-meeting"},
		{"apologies with words make no quorum (WT-04)", given(recordtest.Comes(first, "kent-police", 1)),
			recordtest.Declines(first, "kent-health", 1, recordtest.Statement(nil)), 11, "called, missing social-care+health, strategy-meeting"},
		{"who takes it back", given(recordtest.Comes(first, "kent-police", 1)), recordtest.Declines(first, "kent-police", 1), 11, "called, missing social-care+health+police, strategy-meeting"},
		{"one who is invited later", given(), recordtest.MeetingWidened(first, "kent-schools"), 11, "called, missing social-care+health+police, strategy-meeting"},
		{"moved, it keeps its due time, and everybody is asked again", given(recordtest.Comes(first, "kent-police", 1)), recordtest.MeetingMoved(first, hit(40), 1), 35, "called, overdue, missing social-care+health+police, strategy-meeting"},
		{"declined", given()[:1], &eventpb.StrategyMeetingDeclined{MeetingId: first}, 99, "declined"},
		{"cancelled, nothing is due", given(), &eventpb.StrategyMeetingCancelled{MeetingId: first}, 99, "cancelled"},
		{"held: each child has its own outcome (WT-05)", given(), held, 12, "concluded, x1 open, enquiries 1, conference"},
		{"its action is overdue", given(), held, 21, "concluded, x1 open overdue, enquiries 1, conference"},
		{"and done", given(held), recordtest.Done(first, "x1", "completed", true), 30, "concluded, x1 completed, enquiries 1, conference"},
		{"that it was overdue changes nothing", given(held), &eventpb.MeetingActionOverdue{MeetingId: first, ActionId: "x1"}, 21, "concluded, x1 open overdue, enquiries 1, conference"},
		{"a discussion has to be followed; one conference clock for two children", given(), talked, 12, "concluded, enquiries 2, follow-up, minutes, conference"},
		{"and is overdue when it was not", given(), talked, 10 + 5*24 + 1, "concluded, overdue, enquiries 2, follow-up, minutes, conference"},
		{"an answer after the end is kept and counts for nothing", given(talked), lateAnswer(), 12, "concluded, enquiries 2, follow-up, minutes, conference"},
		{"minutes, and who has not said that they have them", given(talked, recordtest.MinutesIssued(first, 1, three...)), recordtest.MinutesReceived(first, "kent-health", 1), 12,
			"concluded, enquiries 2, no receipt kent-council+kent-police, follow-up, conference"},
		{"a correction asks for new ones", given(talked, recordtest.MinutesIssued(first, 1, three...), recordtest.MinutesReceived(first, "kent-health", 1)),
			recordtest.MinutesIssued(first, 2, "kent-health"), 12, "concluded, enquiries 2, no receipt kent-health, follow-up, conference"},
		{"enquiries that end without a conference need none", given(held), recordtest.EnquiriesConcluded(first, "s1", "child-in-need"), 12, "concluded, x1 open"},
		{"with one, it is still due (WT-03)", given(held), recordtest.EnquiriesConcluded(first, "s1", "conference"), 12, "concluded, x1 open, conference"},
		{"held, core group and review are (WT-06)", given(held), recordtest.ConferenceHeld(first, hit(30), "s1"), 31, "concluded, x1 open overdue, core-group, review"},
		{"the core group met", given(held, recordtest.ConferenceHeld(first, hit(30), "s1")), &eventpb.CoreGroupHeld{MeetingId: first}, 31, "concluded, x1 open overdue, review"},
		{"the review sets the next", given(held, recordtest.ConferenceHeld(first, hit(30), "s1")), recordtest.ReviewHeld(first, hit(50), 1, "s1"), 51, "concluded, x1 open overdue, core-group, review"},
		{"or ends the plan, and no core group meets", given(held, recordtest.ConferenceHeld(first, hit(30), "s1")), recordtest.ReviewHeld(first, hit(50), 1), 51, "concluded, x1 open overdue"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := fold(t, recordtest.OfMeeting(first, append(slices.Clone(tc.given), tc.when)...)...)
			if got := in(m[first], hit(tc.at)); got != tc.then {
				t.Errorf("got %q, want %q", got, tc.then)
			}
		})
	}
}

// atTheFrontDoor is a call to which the front door itself is invited, for social care.
func atTheFrontDoor() *eventpb.StrategyMeetingCalled {
	e := recordtest.MeetingCalled(first, "meeting", hit(10), "front-door", "kent-health", "kent-police")
	e.Invitees[0].Sector = "social-care"
	return e
}

func lateAnswer() *eventpb.InvitationAnswered {
	e := recordtest.Comes(first, "kent-schools", 1)
	e.AfterEnd = true
	return e
}

// The discussion starts the enquiries, and neither the meeting after it nor the one after that moves the conference.
func TestWT03_AFollowingMeetingCarriesTheEnquiries(t *testing.T) {
	discussion := append(recordtest.OfMeeting(first, recordtest.MeetingProposed(first, contactID, 1), recordtest.MeetingCalled(first, "discussion", hit(4), three...)),
		recordtest.OfMeeting(first, recordtest.MeetingConcluded(first, "discussion", hit(4), three, nil, "section-47"))...)
	follow := recordtest.OfMeeting(second, recordtest.MeetingProposed(second, contactID, 1, recordtest.Follows(first, hit(4))))
	again := recordtest.OfMeeting(second, recordtest.MeetingCalled(second, "meeting", day(4), three...), recordtest.MeetingConcluded(second, "meeting", day(4), three, nil, "section-47-continues"))
	again = append(again, recordtest.OfMeeting(first, recordtest.MeetingFollowed(first, second, "meeting", day(4)))...)
	m := fold(t, slices.Concat(discussion, follow)...)
	if got, want := in(m[first], day(6)), "concluded, overdue, enquiries 1, follow-up, minutes, conference"; got != want {
		t.Errorf("while the next is proposed the first is %q, want %q", got, want)
	}
	m = fold(t, slices.Concat(discussion, follow, again)...)
	for id, want := range map[string]string{first: "concluded, enquiries 1, minutes, conference", second: "concluded, enquiries 1, minutes, conference"} {
		if got := in(m[id], day(6)); got != want {
			t.Errorf("%s is %q, want %q", id, got, want)
		}
		if q := m[id].Enquiries[0]; q.Starter != first || !q.Conference.Due.Equal(hit(4).Add(21*24*time.Hour)) {
			t.Errorf("%s: conference due %v, of the meeting %s; want that of the first discussion", id, q.Conference.Due, q.Starter)
		}
	}
	m = fold(t, slices.Concat(discussion, follow, again, recordtest.OfMeeting(first, recordtest.ConferenceHeld(first, day(10), "s1")))...)
	if got, want := in(m[second], day(4)), "concluded, minutes"; got != want {
		t.Errorf("the conference was held, and the second meeting is %q, want %q", got, want)
	}
}

// A meeting that learns at its conclusion of enquiries that another one has started carries them from then on, and hears of their conference.
func TestWT03_AConclusionCarriesWhatStartedMeanwhile(t *testing.T) {
	other := recordtest.MeetingProposed(first, contactID, 1, recordtest.Follows(first, hit(4)))
	concluded := recordtest.MeetingConcluded(second, "meeting", day(4), three, nil, "section-47-continues")
	concluded.Enquiries = other.GetEnquiries()
	both := slices.Concat(
		recordtest.OfMeeting(first, recordtest.MeetingProposed(first, contactID, 1), recordtest.MeetingCalled(first, "meeting", hit(4), three...)),
		recordtest.OfMeeting(second, recordtest.MeetingProposed(second, contactID, 1), recordtest.MeetingCalled(second, "meeting", day(4), three...)),
		recordtest.OfMeeting(first, recordtest.MeetingConcluded(first, "meeting", hit(4), three, nil, "section-47")),
		recordtest.OfMeeting(second, concluded))
	m := fold(t, both...)
	if q := m[second].Enquiries; len(q) != 1 || q[0].Starter != first || !slices.Equal(m[first].Carriers, []string{second}) {
		t.Errorf("the second meeting has %+v, and carries for the first %v", q, m[first].Carriers)
	}
	m = fold(t, slices.Concat(both, recordtest.OfMeeting(first, recordtest.ConferenceHeld(first, day(10), "s1")))...)
	if got, want := in(m[second], day(4)), "concluded, minutes"; got != want {
		t.Errorf("the conference was held, and the second meeting is %q, want %q", got, want)
	}
}

// A second telephone discussion does not end the wait of the first one; a meeting does.
func TestADiscussionWaitsForAMeeting(t *testing.T) {
	talk := recordtest.OfMeeting(first, recordtest.MeetingProposed(first, contactID, 1), recordtest.MeetingCalled(first, "discussion", hit(1), three...),
		recordtest.MeetingConcluded(first, "discussion", hit(1), three, nil, "assessment"), recordtest.MeetingFollowed(first, second, "discussion", hit(9)))
	if fold(t, talk...)[first].NextDue() == nil {
		t.Error("a telephone discussion has ended the wait for a meeting")
	}
	if fold(t, append(talk, recordtest.OfMeeting(first, recordtest.MeetingFollowed(first, third, "meeting", hit(10)))...)...)[first].NextDue() != nil {
		t.Error("the meeting was held, and something waits for it")
	}
}

func TestAnEventThatDoesNotFollowIsAnError(t *testing.T) {
	proposed := recordtest.MeetingProposed(first, contactID, 1)
	for name, events := range map[string][]eventstore.Recorded{
		"no proposal":       {{Message: recordtest.MeetingMoved(first, t0, 1)}},
		"two proposals":     {{Message: proposed}, {Message: proposed, Revision: 1}},
		"a revision is out": {{Message: proposed}, {Message: recordtest.MeetingMoved(first, t0, 1), Revision: 2}},
		"another's":         {{Message: recordtest.MeetingProposed(second, contactID, 1)}},
		"no meeting's":      {{Message: proposed}, {Message: recordtest.Retried(), Revision: 1}},
	} {
		m := strategymeetings.Meetings{}
		var err error
		for _, e := range events {
			_, err = m.Apply(first, e)
		}
		if err == nil {
			t.Errorf("%s: folded", name)
		}
	}
}

func TestAFoldChangesNothingItWasGiven(t *testing.T) {
	m := fold(t, recordtest.OfMeeting(first, recordtest.MeetingProposed(first, contactID, 1), recordtest.MeetingCalled(first, "meeting", hit(1), three...),
		recordtest.MeetingConcluded(first, "meeting", hit(1), three, nil, "section-47"))...)
	row := m[first]
	before := in(row, hit(2)) + fmt.Sprint(row.Parties)
	for i, e := range []proto.Message{
		recordtest.Comes(first, "kent-schools", 1), recordtest.EnquiriesConcluded(first, "s1", "child-in-need"), recordtest.MinutesIssued(first, 1, three...),
	} {
		if _, err := m.Apply(first, eventstore.Recorded{Message: e, Revision: uint64(3 + i)}); err != nil {
			t.Fatal(err)
		}
	}
	if after := in(row, hit(2)) + fmt.Sprint(row.Parties); after != before {
		t.Errorf("it was %q and is %q", before, after)
	}
}
