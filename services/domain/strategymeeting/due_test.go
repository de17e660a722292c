package strategymeeting_test

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/domain/worktime"
)

// The hours, in minutes of UTC, at which every day's meetings are held: around
// midnight, opening and closing in winter and in summer, and on both sides of a
// change of the clocks.
var hours = []int{0, 30, 90, 7*60 + 59, 9 * 60, 15*60 + 59, 16 * 60, 17 * 60, 22*60 + 59, 23*60 + 30}

// What follows from a meeting is due when an independent calculation says, for
// meetings of every day of 2024 to 2028: what counts working days within the list of
// bank holidays, beyond it nothing but a CoverageError.
func TestWT03_WT06_DueDatesOfEveryDay(t *testing.T) {
	o, d := newOracle(t), days{profile: profile(t)}
	d.called, d.enquiring = d.prepared(t)
	seen := map[bool]int{}
	for day := dayNumber(firstYear, 1, 1); day <= dayNumber(lastYear, 12, 31); day++ {
		for _, hour := range hours {
			minute := day*dayLength + hour
			if london(minute) > o.last {
				continue
			}
			_, within := o.workingDays(minute, 15)
			seen[within]++
			checkMeeting(t, o, d, minute)
			checkWhatFollows(t, o, d, minute)
			if t.Failed() {
				return
			}
		}
	}
	if seen[true] < 10*1800 || seen[false] == 0 {
		t.Errorf("checked %d meetings within the list and %d beyond it", seen[true], seen[false])
	}
	t.Logf("%d meetings whose conference is due within the list, %d beyond it", seen[true], seen[false])
}

// days decides on meetings at any time.
type days struct {
	profile practice.Profile
	// called waits to be held, enquiring has started enquiries before any of the
	// days.
	called, enquiring strategymeeting.State
}

func (d days) do(t *testing.T, state strategymeeting.State, at time.Time, actor string, c strategymeeting.Command) (strategymeeting.State, proto.Message, error) {
	t.Helper()
	added, err := strategymeeting.Decide(strategymeeting.Under(c, strategymeeting.Setting{Now: at, Profile: d.profile, Role: access.TeamManager, Actor: actor}), state)
	if err != nil {
		return state, nil, err
	}
	for _, event := range added {
		if state, err = strategymeeting.Evolve(state, event); err != nil {
			t.Fatal(err)
		}
	}
	return state, added[0], nil
}

func (d days) must(t *testing.T, state strategymeeting.State, at time.Time, actor string, c strategymeeting.Command) (strategymeeting.State, proto.Message) {
	t.Helper()
	state, event, err := d.do(t, state, at, actor, c)
	if err != nil {
		t.Fatalf("%T at %s: %v", c, at, err)
	}
	return state, event
}

func (d days) prepared(t *testing.T) (called, enquiring strategymeeting.State) {
	at := time.Date(2023, 12, 1, 9, 0, 0, 0, time.UTC)
	called, _ = d.must(t, strategymeeting.Initial(), at, "w-1", wholeProposal())
	called, _ = d.must(t, called, at, "m-1", wholeCall(at))
	enquiring, _ = d.must(t, called, at, "m-1", wholeConclusion(at))
	return called, enquiring
}

func checkMeeting(t *testing.T, o oracle, d days, minute int) {
	t.Helper()
	at := when(minute)
	c := wholeConclusion(at)
	c.Form, c.Outcomes[0].PositionOfTrust = practice.FormDiscussion, true
	_, event, err := d.do(t, d.called, at, "m-1", c)
	conference, within := o.workingDays(minute, 15)
	if !within {
		if _, beyond := errors.AsType[*worktime.CoverageError](err); !beyond {
			t.Errorf("%s: got %v, want a CoverageError", at, err)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", at, err)
		return
	}
	e := event.(*eventpb.StrategyMeetingConcluded)
	outcome := e.GetOutcomes()[0]
	lado, _ := o.workingDays(minute, 1)
	followUp, _ := o.workingDays(minute, 5)
	checkClock(t, minute, outcome.GetConference(), "conference", conference)
	checkClock(t, minute, outcome.GetLado(), "lado", lado)
	checkClock(t, minute, outcome.GetSeen(), "child-seen", minute+dayLength)
	checkClock(t, minute, e.GetFollowUp(), "follow-up", followUp)
	checkClock(t, minute, e.GetMinutes(), "minutes", followUp)
}

// checkWhatFollows holds a conference at that time, and the first review a minute
// later: both count from themselves.
func checkWhatFollows(t *testing.T, o oracle, d days, minute int) {
	t.Helper()
	at := when(minute)
	state, event, err := d.do(t, d.enquiring, at, "w-1", strategymeeting.RecordConference{HeldAt: at, Children: []strategymeeting.ConferenceChild{{ChildID: "s1", Plan: true}}})
	coreGroup, within := o.workingDays(minute, 10)
	if !within {
		if _, beyond := errors.AsType[*worktime.CoverageError](err); !beyond {
			t.Errorf("%s: got %v, want a CoverageError", at, err)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", at, err)
		return
	}
	e := event.(*eventpb.ConferenceHeld)
	checkClock(t, minute, e.GetCoreGroup(), "core-group", coreGroup)
	checkClock(t, minute, e.GetReview(), "review", o.months(minute, 3))
	review, _ := d.must(t, state, when(minute+1), "w-1", strategymeeting.RecordReview{HeldAt: when(minute + 1), Children: []string{"s1"}})
	checkClock(t, minute+1, review.Reviews[0].GetNext(), "review", o.months(minute+1, 6))
}

func checkClock(t *testing.T, started int, c *eventpb.Clock, kind string, due int) {
	t.Helper()
	if c.GetKind() != kind || !c.GetStartedAt().AsTime().Equal(when(started)) || !c.GetDueAt().AsTime().Equal(when(due)) {
		t.Errorf("%s from %s: got %s from %s, due %s, want %s", kind, when(started), c.GetKind(), c.GetStartedAt().AsTime(), c.GetDueAt().AsTime(), when(due))
	}
}

// The oracle itself, by hand.
func TestTheOracleByHand(t *testing.T) {
	o := newOracle(t)
	at := func(text string) int {
		stamp, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return int(stamp.Unix() / 60)
	}
	for _, tc := range []struct {
		from, want string
		days       int
	}{
		{"2026-04-02T18:45:00Z", "2026-04-27T16:00:00Z", 15}, // over Easter, in summer time
		{"2026-03-27T23:30:00Z", "2026-03-30T16:00:00Z", 1},  // over the spring change
		{"2026-10-23T22:30:00Z", "2026-10-26T17:00:00Z", 1},  // 23:30 in London, over the autumn change
		{"2027-12-24T10:00:00Z", "2027-12-29T17:00:00Z", 1},  // both Christmas substitutes
		{"2026-08-19T23:30:00Z", "2026-08-21T16:00:00Z", 1},  // already the 20th in London
	} {
		if got, ok := o.workingDays(at(tc.from), tc.days); !ok || got != at(tc.want) {
			t.Errorf("%d working days from %s: got %s, want %s", tc.days, tc.from, when(got), tc.want)
		}
	}
	if got, want := o.months(at("2027-11-30T12:00:00Z"), 3), at("2028-03-01T00:00:00Z"); got != want {
		t.Errorf("three months from 30 November 2027: got %s, want %s", when(got), when(want))
	}
	if got, want := o.months(at("2026-02-28T23:30:00Z"), 3), at("2026-05-28T23:00:00Z"); got != want {
		t.Errorf("three months from 28 February 2026: got %s, want %s", when(got), when(want))
	}
}
