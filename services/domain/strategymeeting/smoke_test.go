package strategymeeting_test

import (
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// A meeting from its proposal to a review, as one reads it.
func TestAMeetingFromProposalToReview(t *testing.T) {
	p, err := practice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 4, 2, 17, 30, 0, 0, time.UTC)
	state := strategymeeting.Initial()
	do := func(role access.Role, actor string, c strategymeeting.Command) {
		t.Helper()
		added, err := strategymeeting.Decide(strategymeeting.Under(c, strategymeeting.Setting{Now: now, Profile: p, Role: role, Actor: actor}), state)
		if err != nil {
			t.Fatalf("%T: %v", c, err)
		}
		for _, event := range added {
			if state, err = strategymeeting.Evolve(state, event); err != nil {
				t.Fatal(err)
			}
		}
	}
	child := &eventpb.MeetingChild{ContactId: "c", SubjectId: "s1", Child: &eventpb.ChildPart{Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{GivenName: "Amina"}}}}
	do(access.SocialWorker, "w-1", strategymeeting.Propose{MeetingID: strategymeeting.ID("r-1").String(), Children: []*eventpb.MeetingChild{child},
		SignificantHarm: "at-risk", Threshold: "Bruises that nobody explains."})
	do(access.OnCallSeniorManager, "m-1", strategymeeting.Call{Form: "discussion", At: now, SignificantHarm: "present", Reasons: "The bruises.", Briefing: "An injury.",
		Invitees: []strategymeeting.Invitee{{Agency: "kent-social-care", Sector: "social-care"}, {Agency: "kent-police", Sector: "police"}, {Agency: "kent-health", Sector: "health"}}})
	present := func(agency, sector string) strategymeeting.Present {
		return strategymeeting.Present{Agency: agency, Sector: sector, Person: strategymeeting.Person{Name: "N", Post: "P"}}
	}
	do(access.OnCallSeniorManager, "m-1", strategymeeting.Conclude{Form: "discussion", HeldAt: now, FamilyTold: "All of it.", Rationale: "The injury.",
		Present:  []strategymeeting.Present{present("kent-social-care", "social-care"), present("kent-police", "police"), present("kent-health", "health")},
		Outcomes: []strategymeeting.Outcome{{ChildID: "s1", Outcome: "section-47", Mode: "joint", Medical: "none", SeenBy: "kent-police", Protection: "none", OtherChildren: "none-known"}}})
	now = time.Date(2026, 4, 24, 10, 0, 0, 0, time.UTC)
	do(access.TeamManager, "m-2", strategymeeting.ConcludeEnquiries{ChildID: "s1", Outcome: "conference", Rationale: "Substantiated."})
	do(access.SocialWorker, "w-1", strategymeeting.RecordConference{HeldAt: now, Children: []strategymeeting.ConferenceChild{{ChildID: "s1", Plan: true}}})
	now = now.AddDate(0, 0, 5)
	do(access.SocialWorker, "w-1", strategymeeting.RecordCoreGroup{HeldAt: now})
	now = now.AddDate(0, 2, 0)
	do(access.SocialWorker, "w-1", strategymeeting.RecordReview{HeldAt: now, Children: []string{"s1"}})
	if got, want := state.Reviews[0].GetNext().GetDueAt().AsTime(), time.Date(2026, 12, 30, 0, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("the next review is due %s, want %s", got, want)
	}
}
