package strategymeeting_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/lawtest"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// vocabulary is small, so that drawn events meet each other.
var vocabulary = []string{"", "s1", "s2", itself, earlier, "t1", "t2", "w1", "x1", "x2", "attending", "apologies", "meeting", "discussion", "kent-police", "kent-health",
	"police", "health", "social-care", "section-47", "section-47-continues", "section-47-ends", "assessment", "conference", "ended", "open", "completed", "single", "joint", "m-1"}

// anyEvent is one of those that a meeting's stream can hold.
func anyEvent(t *rapid.T) proto.Message {
	return lawtest.Event(t, lawtest.Kinds("meeting_id", eventpb.File_mash_event_v1_strategy_meeting_proto), vocabulary...)
}

// pick draws one of a few: repetition makes the first the likeliest.
func pick[T any](t *rapid.T, label string, of ...T) T { return rapid.SampledFrom(of).Draw(t, label) }

// anyCommand is what staff, an agency or the hub can send, good or bad. It knows
// the state so that histories get somewhere.
func anyCommand(t *rapid.T, p practice.Profile, s strategymeeting.State, now time.Time) strategymeeting.Command {
	words := pick(t, "words", "Because of that.", "Because of that.", "Otherwise.", "")
	held := now.Add(-time.Duration(rapid.IntRange(0, 3000).Draw(t, "ago")) * time.Minute)
	form := pick(t, "form", practice.FormMeeting, practice.FormDiscussion)
	child := pick(t, "child", "s1", "s2", "s3")
	agency := pick(t, "agency", registered...)
	var c strategymeeting.Command
	switch pick(t, "kind", 0, 1, 1, 2, 3, 4, 5, 5, 6, 6, 6, 7, 8, 9, 10, 11, 12, 13, 13, 14, 14, 15, 15, 16, 17) {
	case 0:
		c = strategymeeting.Decline{Reason: words}
	case 1:
		call := wholeCall(now)
		call.Form = form
		c = call
	case 2:
		c = strategymeeting.Widen{Invitees: []strategymeeting.Invitee{agency}}
	case 3:
		c = strategymeeting.Move{At: now.Add(time.Hour), Form: form, Place: words, Reason: words}
	case 4:
		c = strategymeeting.Cancel{Reason: words}
	case 5:
		c = anyAnswer(t, agency)
	case 6:
		c = anyConclusion(t, s, form, held)
	case 7:
		c = strategymeeting.CloseAction{ActionID: pick(t, "action", "x1", "x2"), Result: pick(t, "result", "completed", "not-possible"), Words: words, Agency: pick(t, "whose", "", agency.Agency)}
	case 8:
		lapses := strategymeeting.OverdueActions(s, now)
		if len(lapses) == 0 {
			lapses = []strategymeeting.ActionLapsed{{ActionID: "x1", DueAt: now}}
		}
		c = lapses[0]
	case 9:
		c = strategymeeting.IssueMinutes{Words: words}
	case 10:
		c = strategymeeting.ReceiveMinutes{Version: uint32(rapid.IntRange(0, 2).Draw(t, "version")), Agency: agency.Agency, Correction: words}
	case 11:
		c = strategymeeting.Follow{By: earlier, Form: form, HeldAt: now, Ended: pick(t, "ended", nil, []string{child})}
	case 12:
		c = strategymeeting.ConcludeEnquiries{ChildID: child, Outcome: pick(t, "end", "conference", "child-in-need"), Rationale: words}
	case 13:
		c = anyConference(t, s, held)
	case 14:
		c = strategymeeting.RecordCoreGroup{HeldAt: held}
	case 15:
		c = strategymeeting.RecordReview{HeldAt: held, Children: pick(t, "stay", nil, []string{child})}
	case 16:
		c = strategymeeting.Contest{By: earlier}
	default:
		c = anyProposal(t)
	}
	return strategymeeting.Under(c, strategymeeting.Setting{Now: now, Profile: p, Role: roleFor(t, c), Actor: pick(t, "actor", "m-1", "w-1", "m-2")})
}

// anyConference is about those whose enquiries run, or about somebody.
func anyConference(t *rapid.T, s strategymeeting.State, held time.Time) strategymeeting.Command {
	c := strategymeeting.RecordConference{HeldAt: held}
	for _, start := range s.Running() {
		c.Children = append(c.Children, strategymeeting.ConferenceChild{ChildID: start.GetChildId(), Plan: rapid.Bool().Draw(t, "plan")})
	}
	if len(c.Children) == 0 || rapid.IntRange(0, 3).Draw(t, "somebody") == 0 {
		c.Children = []strategymeeting.ConferenceChild{{ChildID: pick(t, "whoever", "s1", "s2", "s3")}}
	}
	return c
}

// roleFor is a role that may, most of the time.
func roleFor(t *rapid.T, c strategymeeting.Command) access.Role {
	may := access.TeamManager
	switch c.(type) {
	case strategymeeting.ActionLapsed, strategymeeting.Follow, strategymeeting.Contest:
		may = access.Hub
	case strategymeeting.ReceiveMinutes:
		may = access.AgencySystem
	}
	return pick(t, "role", may, may, may, may, access.AgencySystem, access.Analyst)
}

func anyProposal(t *rapid.T) strategymeeting.Command {
	c := wholeProposal()
	second := proto.CloneOf(c.Children[0])
	second.SubjectId, second.OpenTo = "s2", pick(t, "open to", "", "thanet")
	c.Children = append(c.Children, second)
	c.SignificantHarm = pick(t, "harm", "at-risk", "present", "none-found")
	if rapid.Bool().Draw(t, "follows") {
		started := timestamppb.New(time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC))
		c.Follows = earlier
		c.Enquiries = []*eventpb.EnquiryStart{{ChildId: "s1", StartedChildId: "s4", MeetingId: earlier, StartedAt: started, Mode: "single",
			Conference: &eventpb.Clock{Kind: "conference", StartedAt: started, DueAt: timestamppb.New(started.AsTime().AddDate(0, 0, 21))}}}
	}
	return c
}

func anyAnswer(t *rapid.T, agency strategymeeting.Invitee) strategymeeting.Command {
	c := strategymeeting.Answer{Agency: agency.Agency, Sector: agency.Sector, Answer: pick(t, "answer", "attending", "apologies"), FromAgency: rapid.Bool().Draw(t, "itself")}
	if c.Answer == "attending" {
		c.Attendees = []strategymeeting.Person{{Name: pick(t, "name", "Ade", "Bo"), Post: "Officer", SubstituteFor: pick(t, "for", "", "", "t1")}}
	}
	if rapid.Bool().Draw(t, "writes") {
		b := &build{}
		c.Contributions = []*eventpb.Statement{b.statement(pick(t, "wrote", "about s1; words Seen at school.", "about s2; words Not seen.; kept from-agencies"))}
	}
	return c
}

// anyConclusion decides for two children what can, mostly, be decided of them.
func anyConclusion(t *rapid.T, s strategymeeting.State, form string, held time.Time) strategymeeting.Command {
	c := wholeConclusion(held)
	c.Form, c.Outcomes = form, nil
	running := map[string]bool{}
	for _, start := range s.Running() {
		running[start.GetChildId()] = true
	}
	for _, id := range []string{"s1", "s2"} {
		o := strategymeeting.Outcome{ChildID: id, Outcome: pick(t, "outcome", practice.EnquiriesStart, "assessment"), Medical: "none", Protection: "none", OtherChildren: "none-known", PositionOfTrust: rapid.Bool().Draw(t, "trust")}
		if running[id] {
			o.Outcome = pick(t, "goes", practice.EnquiriesContinue, practice.EnquiriesEnd)
		}
		if o.Outcome == practice.EnquiriesStart {
			o.Mode, o.SeenBy = "joint", "kent-police"
		}
		c.Outcomes = append(c.Outcomes, o)
	}
	if rapid.IntRange(0, 3).Draw(t, "without") == 0 {
		c.Present = c.Present[:rapid.IntRange(0, 2).Draw(t, "there")]
	}
	return c
}

func at(t *rapid.T) time.Time {
	return time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 200_000).Draw(t, "minutes")) * time.Minute)
}

// Evolve folds any events in any order, and decide and the readers of a state
// answer on what comes of it.
func TestLawAnyHistoryCanBeFoldedAndDecidedOn(t *testing.T) {
	p := profile(t)
	rapid.Check(t, func(t *rapid.T) {
		state := strategymeeting.Initial()
		for range rapid.IntRange(0, 8).Draw(t, "events") {
			var err error
			if state, err = strategymeeting.Evolve(state, anyEvent(t)); err != nil {
				t.Fatalf("an event of the stream: %v", err)
			}
		}
		now := at(t)
		strategymeeting.Clocks(state)
		strategymeeting.OverdueActions(state, now)
		added, err := strategymeeting.Decide(anyCommand(t, p, state, now), state)
		if err != nil && len(added) > 0 {
			t.Fatalf("an error and %d events", len(added))
		}
	})
}

// On every history that commands can make: decided twice a command writes once,
// evolve leaves the old state as it was, the start of enquiries never moves (WT-03),
// and what has to be done has a clock.
func TestLawReachableHistories(t *testing.T) {
	p := profile(t)
	reached := map[string]int{}
	law := func(t *rapid.T) {
		now := at(t)
		state := begun(t, p, now)
		for range rapid.IntRange(1, 14).Draw(t, "commands") {
			now = now.Add(time.Duration(rapid.IntRange(0, 6000).Draw(t, "later")) * time.Minute)
			before := state
			state = step(t, state, anyCommand(t, p, state, now))
			startsStand(t, before, state)
		}
		reached[state.Stage]++
		for what, there := range map[string]bool{"conference": state.Conference != nil, "core group": state.CoreGroup != nil, "review": len(state.Reviews) > 0} {
			if there {
				reached[what]++
			}
		}
		if state.Stage == strategymeeting.StageCalled && len(strategymeeting.Clocks(state)) == 0 {
			t.Fatal("a meeting is called and no clock runs")
		}
	}
	for range 10 { // chance may leave out what the law is about once
		if rapid.Check(t, law); reached["called"] > 0 && reached["concluded"] > 0 {
			break
		}
	}
	for _, stage := range []string{"called", "concluded"} {
		if reached[stage] == 0 {
			t.Errorf("no history reached %s: %v", stage, reached)
		}
	}
	t.Logf("reached: %v", reached)
}

// begun is a meeting that was proposed, called or held, or that led to a
// conference: most commands are for one that got as far.
func begun(t *rapid.T, p practice.Profile, now time.Time) strategymeeting.State {
	first := []strategymeeting.Command{anyProposal(t), wholeCall(now)}
	state := strategymeeting.Initial()
	for i := range rapid.IntRange(1, 4).Draw(t, "begun") {
		setting := strategymeeting.Setting{Now: now, Profile: p, Role: access.TeamManager, Actor: []string{"w-1", "m-1", "m-1", "w-1"}[i]}
		switch i {
		case 2:
			first = append(first, anyConclusion(t, state, practice.FormDiscussion, now))
		case 3:
			first = append(first, anyConference(t, state, now))
		}
		state = step(t, state, strategymeeting.Under(first[i], setting))
	}
	return state
}

// step decides on a command, folds what it adds, and checks both.
func step(t *rapid.T, state strategymeeting.State, command strategymeeting.Command) strategymeeting.State {
	added, err := strategymeeting.Decide(command, state)
	if err != nil {
		if _, ok := errors.AsType[*domain.Refusal](err); !ok {
			t.Fatalf("%T: neither events nor a refusal: %v", command, err)
		}
		return state
	}
	before, held := state, fmt.Sprintf("%+v", state)
	for _, event := range added {
		if state, err = strategymeeting.Evolve(state, event); err != nil {
			t.Fatalf("fold what was decided: %v", err)
		}
	}
	if held != fmt.Sprintf("%+v", before) {
		t.Fatalf("%T: evolve changed the state it was given", command)
	}
	folded := fmt.Sprintf("%+v", state)
	if _, err := strategymeeting.Evolve(before, anyEvent(t)); err != nil || folded != fmt.Sprintf("%+v", state) {
		t.Fatalf("%T: what follows from a state reaches another that follows from it: %v", command, err)
	}
	if before.Begun && state.Revision != before.Revision+uint64(len(added)) {
		t.Fatalf("revision %d after %d events on %d", state.Revision, len(added), before.Revision)
	}
	_, contest := command.(strategymeeting.Contest) // that moves the stream on each time it is given
	if again, err := strategymeeting.Decide(command, state); err == nil && len(again) > 0 && !contest {
		t.Fatalf("%T decided twice writes twice", command)
	}
	return state
}

// startsStand checks that enquiries, once they were started, keep start and clock.
func startsStand(t *rapid.T, before, after strategymeeting.State) {
	for _, old := range before.Enquiries {
		found := false
		for _, e := range after.Enquiries {
			found = found || proto.Equal(e.Start, old.Start)
		}
		if !found {
			t.Fatalf("the start of the enquiries about %s is gone or has moved", old.Start.GetChildId())
		}
	}
	if after.Stage == strategymeeting.StageConcluded {
		for _, a := range after.Actions {
			if a.Due == nil || a.Agency == "" {
				t.Fatalf("action %s has no due time or nobody does it", a.ID)
			}
		}
	}
}

func TestAnUnknownEventIsNeverSkipped(t *testing.T) {
	for _, event := range []proto.Message{nil, &eventpb.ContactReceived{}, &eventpb.StrategyMeetingAwaited{}, &timestamppb.Timestamp{}} {
		if _, err := strategymeeting.Evolve(strategymeeting.Initial(), event); err == nil {
			t.Errorf("%T was folded into a meeting", event)
		}
	}
}
