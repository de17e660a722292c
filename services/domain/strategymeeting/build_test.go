package strategymeeting_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/scenario"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/domain/worktime"
)

func profile(t *testing.T) practice.Profile {
	t.Helper()
	p, err := practice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The meeting of every scenario, and the one that it may follow.
var (
	itself  = strategymeeting.ID("a proposal").String()
	earlier = strategymeeting.ID("an earlier proposal").String()
)

// builder makes commands of scenario steps: "as social-worker w-1" is the role and
// the person. What a step does not say is whole: a scenario names what matters.
func builder(p practice.Profile) func(scenario.Step) (strategymeeting.Command, error) {
	return func(s scenario.Step) (strategymeeting.Command, error) {
		role, actor, named := strings.Cut(s.Role, " ")
		if !named {
			actor = role
		}
		b := &build{step: s, role: access.Role(role)}
		c := b.command()
		if b.err != nil {
			return nil, b.err
		}
		return strategymeeting.Under(c, strategymeeting.Setting{Now: s.At, Profile: p, Role: b.role, Actor: actor}), nil
	}
}

// build reads the fields of one step. The first thing that it cannot read stays
// in err.
type build struct {
	step scenario.Step
	role access.Role
	err  error
}

func (b *build) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

// one gives a field's value, the default where it is not there, and nothing where
// it says none.
func (b *build) one(name, otherwise string) string {
	for _, f := range b.step.Fields {
		if f.Name == name && f.Value == "none" {
			return ""
		}
		if f.Name == name {
			return f.Value
		}
	}
	return otherwise
}

// many gives every value of a field, or the defaults.
func (b *build) many(name string, otherwise ...string) []string {
	var all []string
	found := false
	for _, f := range b.step.Fields {
		if f.Name == name {
			found = true
			if f.Value != "none" {
				all = append(all, f.Value)
			}
		}
	}
	if !found {
		return otherwise
	}
	return all
}

func (b *build) time(name string, otherwise time.Time) time.Time {
	text := b.one(name, "")
	if text == "" {
		return otherwise
	}
	return b.parse(text)
}

func (b *build) parse(text string) time.Time {
	zone, err := worktime.London()
	if err != nil {
		b.fail("%v", err)
		return time.Time{}
	}
	at, err := time.ParseInLocation("Mon 2006-01-02 15:04", text, zone)
	if err != nil || !strings.HasPrefix(text, at.Format("Mon ")) {
		b.fail("%q is no time, or another day of the week: %v", text, err)
	}
	return at
}

// pairs reads "name Ade; post Sergeant".
func (b *build) pairs(text string) map[string]string {
	all := map[string]string{}
	for pair := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), " ")
		all[name] = strings.TrimSpace(value)
	}
	return all
}

func list(text string) []string { return strings.Fields(strings.ReplaceAll(text, ",", " ")) }

func (b *build) command() strategymeeting.Command {
	switch b.step.Verb {
	case "propose":
		return b.propose()
	case "call":
		return b.call()
	case "decline":
		return strategymeeting.Decline{Reason: b.one("reason", "It is a matter for an assessment.")}
	case "invite":
		return strategymeeting.Widen{Invitees: b.invitees("kent-schools education")}
	case "move":
		return strategymeeting.Move{At: b.time("to", b.step.At.Add(24*time.Hour)), Form: b.one("form", "meeting"), Place: b.one("place", ""), Reason: b.one("reason", "The doctor is in theatre.")}
	case "cancel":
		return strategymeeting.Cancel{Reason: b.one("reason", "The family has left the country.")}
	case "answer":
		return b.answer()
	case "conclude":
		return b.conclude()
	case "close action":
		return strategymeeting.CloseAction{ActionID: b.one("action", "x1"), Result: b.one("result", "completed"), Words: b.one("words", ""), Agency: b.one("agency", "")}
	case "action lapses":
		return strategymeeting.ActionLapsed{ActionID: b.one("action", "x1"), DueAt: b.time("due", time.Time{})}
	case "issue minutes":
		return strategymeeting.IssueMinutes{Words: b.one("minutes", "All were there and agreed.")}
	case "receive minutes":
		return strategymeeting.ReceiveMinutes{Version: b.number("version", 1), Agency: b.one("agency", "kent-police"), Correction: b.one("correction", "")}
	}
	return b.later()
}

func (b *build) later() strategymeeting.Command {
	held := b.time("held", b.step.At)
	switch b.step.Verb {
	case "follow":
		return strategymeeting.Follow{By: strategymeeting.ID("a later proposal").String(), Form: b.one("form", "meeting"), HeldAt: held, Ended: list(b.one("ended", ""))}
	case "end enquiries":
		return strategymeeting.ConcludeEnquiries{ChildID: b.one("child", "s1"), Outcome: b.one("outcome", "conference"), Rationale: b.one("rationale", "The harm is likely to go on.")}
	case "conference":
		c := strategymeeting.RecordConference{HeldAt: held}
		for _, text := range b.many("child", "s1 plan") {
			id, plan, _ := strings.Cut(text, " ")
			c.Children = append(c.Children, strategymeeting.ConferenceChild{ChildID: id, Plan: plan == "plan"})
		}
		return c
	case "core group":
		return strategymeeting.RecordCoreGroup{HeldAt: held}
	case "review":
		return strategymeeting.RecordReview{HeldAt: held, Children: list(b.one("children", "s1"))}
	}
	b.fail("unknown command %q", b.step.Verb)
	return nil
}

func (b *build) propose() strategymeeting.Command {
	c := strategymeeting.Propose{
		MeetingID: itself, SignificantHarm: b.one("harm", "at-risk"), Threshold: b.one("threshold", "Bruises that nobody explains."),
		BeforeDecision: b.one("before decision", "no") == "yes",
	}
	if b.one("follows", "") != "" {
		c.Follows = earlier
	}
	for i, text := range b.many("child", "name Amina; contact c-1; subject s1") {
		p := b.pairs(text)
		child := &eventpb.MeetingChild{ChildId: strategymeeting.ChildID(i), ContactId: p["contact"], SubjectId: p["subject"], OpenTo: p["open"]}
		if p["name"] != "" {
			child.Child = &eventpb.ChildPart{Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{GivenName: p["name"]}}}
		}
		c.Children = append(c.Children, child)
	}
	for _, text := range b.many("enquiries") {
		p := b.pairs(text)
		started := timestamppb.New(b.parse(p["started"]))
		c.Enquiries = append(c.Enquiries, &eventpb.EnquiryStart{ChildId: p["child"], StartedChildId: p["child"], MeetingId: earlier, StartedAt: started, Mode: p["mode"],
			Conference: &eventpb.Clock{Kind: "conference", StartedAt: started, DueAt: timestamppb.New(b.parse(p["due"])), Rule: "WT-03"}})
	}
	return c
}

func (b *build) call() strategymeeting.Command {
	return strategymeeting.Call{
		Form: b.one("form", "meeting"), At: b.time("to be held", b.step.At.Add(24*time.Hour)), Place: b.one("place", "Room 4"), SignificantHarm: b.one("harm", "present"),
		Reasons: b.one("reasons", "The bruises and the mother's account do not agree."), Briefing: b.one("briefing", "An injury without an explanation."),
		Invitees: b.invitees("kent-social-care-cms social-care", "kent-police police", "kent-health health"), Chair: b.one("chair", ""),
	}
}

func (b *build) invitees(otherwise ...string) []strategymeeting.Invitee {
	var all []strategymeeting.Invitee
	for _, text := range b.many("agency", otherwise...) {
		agency, sector, _ := strings.Cut(text, " ")
		all = append(all, strategymeeting.Invitee{Agency: agency, Sector: sector})
	}
	return all
}

func (b *build) answer() strategymeeting.Command {
	agency, sector, _ := strings.Cut(b.one("agency", "kent-police police"), " ")
	c := strategymeeting.Answer{Agency: agency, Sector: sector, Answer: b.one("answer", "attending"), Reason: b.one("reason", ""), FromAgency: b.role == access.AgencySystem}
	people := []string{"name Sergeant Ade; post Child abuse investigation"}
	if c.Answer != "attending" {
		people = nil
	}
	for _, text := range b.many("attendee", people...) {
		c.Attendees = append(c.Attendees, b.person(text))
	}
	for _, text := range b.many("contribution") {
		c.Contributions = append(c.Contributions, b.statement(text))
	}
	return c
}

func (b *build) person(text string) strategymeeting.Person {
	p := b.pairs(text)
	one := strategymeeting.Person{Name: p["name"], Post: p["post"], SubstituteFor: p["for"], Email: p["email"]}
	if p["phone"] != "" {
		one.Phones = []string{p["phone"]}
	}
	return one
}

// statement reads "about s1; words Seen by the nurse; kept from-agencies".
func (b *build) statement(text string) *eventpb.Statement {
	p := b.pairs(text)
	st := &eventpb.Statement{
		Subjects: list(p["about"]), Category: "physical-health", Kind: "fact", Source: "record", Handling: &eventpb.Handling{},
		Words: &eventpb.NarrativePart{Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: p["words"]}}},
	}
	if p["category"] != "" {
		st.Category = p["category"]
	}
	st.Handling.NotToAgencies = p["kept"] == "from-agencies"
	st.Handling.NotToFamily = p["kept"] == "from-family"
	st.Handling.PoliceCode = p["code"]
	return st
}

func (b *build) number(name string, otherwise uint32) uint32 {
	text := b.one(name, fmt.Sprint(otherwise))
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		b.fail("%s: %v", name, err)
	}
	return uint32(n)
}
