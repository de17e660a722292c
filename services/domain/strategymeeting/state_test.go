package strategymeeting_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// meeting is one meeting's life in a test, decided as a hub would.
type meeting struct {
	days
	t     *testing.T
	state strategymeeting.State
	now   time.Time
}

func newMeeting(t *testing.T) *meeting {
	return &meeting{days: days{profile: profile(t)}, t: t, state: strategymeeting.Initial(), now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
}

func (m *meeting) as(role access.Role, actor string, c strategymeeting.Command) {
	m.t.Helper()
	added, err := strategymeeting.Decide(strategymeeting.Under(c, strategymeeting.Setting{Now: m.now, Profile: m.profile, Role: role, Actor: actor}), m.state)
	if err != nil {
		m.t.Fatalf("%T: %v", c, err)
	}
	for _, event := range added {
		if m.state, err = strategymeeting.Evolve(m.state, event); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m *meeting) manager(c strategymeeting.Command) {
	m.t.Helper()
	m.as(access.TeamManager, "m-1", c)
}
func (m *meeting) worker(c strategymeeting.Command) {
	m.t.Helper()
	m.as(access.SocialWorker, "w-1", c)
}

func (m *meeting) checkClocks(what string, want ...string) {
	m.t.Helper()
	var got []string
	for _, c := range strategymeeting.Clocks(m.state) {
		got = append(got, c.GetKind())
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		m.t.Errorf("%s: the clocks %v run, want %v", what, got, want)
	}
}

// Every clock that a meeting starts is stopped by something.
func TestTheClocksThatRun(t *testing.T) {
	m := newMeeting(t)
	m.worker(wholeProposal())
	m.checkClocks("proposed")
	call := wholeCall(m.now)
	call.Form = practice.FormDiscussion
	m.manager(call)
	m.checkClocks("called", "strategy-meeting")
	c := wholeConclusion(m.now)
	c.Form = practice.FormDiscussion
	c.Actions = []strategymeeting.Action{{Agency: "kent-health", Words: "Send the records.", DueAt: m.now.Add(time.Hour)}}
	m.manager(c)
	m.checkClocks("concluded", "follow-up", "minutes", "action", "child-seen", "conference")
	m.worker(strategymeeting.IssueMinutes{Words: "All agreed."})
	m.worker(strategymeeting.CloseAction{ActionID: "x1", Result: "completed"})
	m.as(access.AgencySystem, "kent-police", strategymeeting.CloseAction{ActionID: "x2", Result: "completed", Agency: "kent-police"})
	m.as(access.Hub, "hub", strategymeeting.Follow{By: earlier, Form: practice.FormMeeting, HeldAt: m.now})
	m.checkClocks("followed through", "conference")
	m.manager(strategymeeting.ConcludeEnquiries{ChildID: "s1", Outcome: "conference", Rationale: "Likely to go on."})
	m.checkClocks("to a conference", "conference")
	m.worker(strategymeeting.RecordConference{HeldAt: m.now, Children: []strategymeeting.ConferenceChild{{ChildID: "s1", Plan: true}}})
	m.checkClocks("on a plan", "core-group", "review")
	m.now = m.now.Add(time.Hour)
	m.worker(strategymeeting.RecordCoreGroup{HeldAt: m.now})
	m.worker(strategymeeting.RecordReview{HeldAt: m.now, Children: []string{"s1"}})
	m.checkClocks("reviewed", "review")
	m.now = m.now.Add(time.Hour)
	m.worker(strategymeeting.RecordReview{HeldAt: m.now})
	m.checkClocks("off the plan")
}

func TestWT05_AnOverdueActionIsToldOnce(t *testing.T) {
	m := newMeeting(t)
	m.worker(wholeProposal())
	m.manager(wholeCall(m.now))
	m.manager(wholeConclusion(m.now))
	if got := strategymeeting.OverdueActions(m.state, m.now.Add(24*time.Hour)); len(got) != 0 {
		t.Errorf("at its due time: got %v, want nothing", got)
	}
	m.now = m.now.Add(25 * time.Hour)
	lapses := strategymeeting.OverdueActions(m.state, m.now)
	if len(lapses) != 1 || lapses[0].ActionID != "x1" {
		t.Fatalf("an hour later: got %v, want that of x1", lapses)
	}
	m.as(access.Hub, "hub", lapses[0])
	if got := strategymeeting.OverdueActions(m.state, m.now.Add(time.Hour)); len(got) != 0 {
		t.Errorf("told again: %v", got)
	}
	if m.state.Actions[0].State != strategymeeting.ActionOpen {
		t.Errorf("an overdue action is %s, want open", m.state.Actions[0].State)
	}
}

// What a following meeting carries on is the first one's start, through however
// many meetings.
func TestWT03_TheStartIsCarriedOn(t *testing.T) {
	first := newMeeting(t)
	first.worker(wholeProposal())
	first.manager(wholeCall(first.now))
	first.manager(wholeConclusion(first.now))
	started := first.state.Running()
	if len(started) != 1 || started[0].GetMeetingId() != itself || !started[0].GetStartedAt().AsTime().Equal(first.now) {
		t.Fatalf("the enquiries that run are %v", started)
	}
	second := newMeeting(t)
	second.now = second.now.AddDate(0, 0, 3)
	proposal := wholeProposal()
	proposal.MeetingID, proposal.Follows, proposal.Enquiries = earlier, itself, started
	second.worker(proposal)
	second.manager(wholeCall(second.now))
	c := wholeConclusion(second.now)
	c.Outcomes[0].Outcome, c.Outcomes[0].Mode = practice.EnquiriesContinue, ""
	second.manager(c)
	carried := second.state.Running()
	if len(carried) != 1 || carried[0].GetMeetingId() != itself || !carried[0].GetConference().GetDueAt().AsTime().Equal(started[0].GetConference().GetDueAt().AsTime()) {
		t.Errorf("carried on: %v, want %v", carried, started)
	}
	second.checkClocks("where they were carried to", "minutes")
}

// What was said of one time stands for no other; who had answered before being
// invited has answered.
func TestAnswersThatStand(t *testing.T) {
	m := newMeeting(t)
	m.worker(wholeProposal())
	m.manager(wholeCall(m.now))
	m.as(access.AgencySystem, "kent-schools", strategymeeting.Answer{Agency: "kent-schools", Sector: "education", Answer: "attending", FromAgency: true, Attendees: []strategymeeting.Person{{Name: "Ms Ray", Post: "Head"}}})
	m.worker(strategymeeting.Widen{Invitees: []strategymeeting.Invitee{{Agency: "kent-schools", Sector: "education"}}})
	if got := m.state.Invitees[3]; got.Answer != "attending" || !slices.Equal(got.Expected, []string{"t1"}) {
		t.Errorf("invited after it had answered: %+v", got)
	}
	m.worker(strategymeeting.Move{At: m.now.Add(50 * time.Hour), Form: practice.FormMeeting, Reason: "Theatre."})
	if got := m.state.Invitees[3]; got.Answer != "" || got.Expected != nil {
		t.Errorf("after the move: %+v, want no answer", got)
	}
	m.manager(wholeConclusion(m.now))
	m.as(access.AgencySystem, "kent-schools", strategymeeting.Answer{Agency: "kent-schools", Sector: "education", Answer: "apologies", FromAgency: true})
	if got := m.state.Invitees[3]; got.Answer != "" || !m.state.Answers[1].Event.GetAfterEnd() {
		t.Errorf("after the end: %+v, want the answer on record and none that was there in time", got)
	}
}

// Mistakes of whoever makes commands are errors and no rule's no.
func TestCallersMistakes(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	stamp := timestamppb.New(now)
	whole := &eventpb.EnquiryStart{ChildId: "s1", MeetingId: earlier, StartedAt: stamp, Conference: &eventpb.Clock{}}
	spoilt := func(change func(*strategymeeting.Propose)) strategymeeting.Propose {
		c := wholeProposal()
		c.Follows, c.Enquiries = earlier, []*eventpb.EnquiryStart{whole}
		change(&c)
		return c
	}
	for name, c := range map[string]strategymeeting.Propose{
		"no uuid":             spoilt(func(c *strategymeeting.Propose) { c.MeetingID = "seven" }),
		"enquiries of nobody": spoilt(func(c *strategymeeting.Propose) { c.Enquiries = []*eventpb.EnquiryStart{{ChildId: "s9"}} }),
		"twice":               spoilt(func(c *strategymeeting.Propose) { c.Enquiries = append(c.Enquiries, whole) }),
		"from nowhere":        spoilt(func(c *strategymeeting.Propose) { c.Follows = "" }),
		"without a start": spoilt(func(c *strategymeeting.Propose) {
			c.Enquiries = []*eventpb.EnquiryStart{{ChildId: "s1", MeetingId: earlier}}
		}),
	} {
		events, err := strategymeeting.Decide(strategymeeting.Under(c, strategymeeting.Setting{Now: now, Profile: profile(t), Role: access.SocialWorker, Actor: "w-1"}), strategymeeting.Initial())
		if _, refused := errors.AsType[*domain.Refusal](err); err == nil || refused {
			t.Errorf("%s: got %d events and %v, want an error", name, len(events), err)
		}
	}
	m := newMeeting(t)
	m.worker(wholeProposal())
	for _, c := range []strategymeeting.Command{wholeCall(now), strategymeeting.Decline{Reason: "Because."}} {
		_, err := strategymeeting.Decide(strategymeeting.Under(c, strategymeeting.Setting{Now: now, Profile: m.profile, Role: access.TeamManager}), m.state)
		if _, refused := errors.AsType[*domain.Refusal](err); err == nil || refused {
			t.Errorf("%T by nobody: got %v, want an error", c, err)
		}
	}
	if _, err := strategymeeting.Decide(strategymeeting.Under(wholeCall(now), strategymeeting.Setting{Now: now, Profile: practice.Profile{}, Role: access.TeamManager, Actor: "m-1"}), m.state); err == nil {
		t.Error("called under no profile")
	}
}

// A state is a value: two futures of it share nothing that either changes.
func TestTwoFuturesOfAStateShareNothing(t *testing.T) {
	m := newMeeting(t)
	m.worker(wholeProposal())
	m.manager(wholeCall(m.now))
	named := func(id string) *eventpb.InvitationAnswered {
		return &eventpb.InvitationAnswered{MeetingId: itself, Agency: "kent-police", Answer: "attending", Attendees: []*eventpb.NamedAttendee{{AttendeeId: id}},
			Contributions: []*eventpb.Contribution{{ContributionId: "w" + id}}}
	}
	evolve := func(s strategymeeting.State, id string) strategymeeting.State {
		next, err := strategymeeting.Evolve(s, named(id))
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	// Three of them leave room in a slice that grows by doubling.
	state := evolve(evolve(evolve(m.state, "t1"), "t2"), "t3")
	one, other := evolve(state, "one"), evolve(state, "other")
	if got := one.Attendees[3].ID + " " + one.Contributions[3].ID + " " + one.Answers[3].Event.GetAttendees()[0].GetAttendeeId(); got != "one wone one" {
		t.Errorf("one future holds %q of the other (%s)", got, other.Attendees[3].ID)
	}
	if !state.Answers[2].Stands || one.Answers[2].Stands {
		t.Error("the answer that stood in the state stands no longer, or still stands in what follows")
	}
}

// Enquiries that a meeting learns of when it concludes go on or end there, whether
// they were started before it was held or, where it is recorded late, after that:
// one child has one conference clock.
func TestWT03_StartedSinceItWasProposed(t *testing.T) {
	start := func(at time.Time) []*eventpb.EnquiryStart {
		stamp := timestamppb.New(at)
		return []*eventpb.EnquiryStart{{ChildId: "s1", StartedChildId: "s3", MeetingId: earlier, StartedAt: stamp, Mode: "single",
			Conference: &eventpb.Clock{Kind: "conference", StartedAt: stamp, DueAt: timestamppb.New(at.AddDate(0, 0, 21))}}}
	}
	for _, ago := range []time.Duration{time.Hour, -time.Minute} {
		m := newMeeting(t)
		m.worker(wholeProposal())
		m.manager(wholeCall(m.now))
		held := m.now
		m.now = m.now.Add(time.Hour)
		c := wholeConclusion(held)
		c.Enquiries = start(held.Add(-ago))
		if _, err := strategymeeting.Decide(strategymeeting.Under(c, strategymeeting.Setting{Now: m.now, Profile: m.profile, Role: access.TeamManager, Actor: "m-1"}), m.state); err == nil {
			t.Errorf("started %s before it was held: they start a second time", ago)
		}
		c.Outcomes[0].Outcome = practice.EnquiriesContinue
		m.manager(c)
		if running := m.state.Running(); len(running) != 1 || running[0].GetMeetingId() != earlier {
			t.Errorf("started %s before it was held: the enquiries that run are %v", ago, running)
		}
	}
}
