package strategymeeting_test

import (
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// Commands that no rule objects to, about one child, with the three of WT-04.

func wholeProposal() strategymeeting.Propose {
	child := &eventpb.ChildPart{Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{GivenName: "Amina"}}}
	return strategymeeting.Propose{
		MeetingID: itself, Children: []*eventpb.MeetingChild{{ContactId: "c-1", SubjectId: "s1", Child: child}},
		SignificantHarm: "at-risk", Threshold: "Bruises that nobody explains.",
	}
}

func wholeCall(at time.Time) strategymeeting.Call {
	return strategymeeting.Call{
		Form: practice.FormMeeting, At: at, SignificantHarm: "present", Reasons: "The bruises.", Briefing: "An injury.",
		Invitees: []strategymeeting.Invitee{{Agency: "kent-social-care-cms", Sector: "social-care"}, {Agency: "kent-police", Sector: "police"}, {Agency: "kent-health", Sector: "health"}},
	}
}

func wholeConclusion(held time.Time) strategymeeting.Conclude {
	c := strategymeeting.Conclude{
		Form: practice.FormMeeting, HeldAt: held, FamilyTold: "All of it.", Rationale: "The injury.",
		Outcomes: []strategymeeting.Outcome{{ChildID: "s1", Outcome: practice.EnquiriesStart, Mode: "joint", Medical: "none", SeenBy: "kent-police", Protection: "none", OtherChildren: "none-known"}},
	}
	for _, i := range wholeCall(held).Invitees {
		c.Present = append(c.Present, strategymeeting.Present{Agency: i.Agency, Sector: i.Sector, Person: strategymeeting.Person{Name: "N", Post: "P"}})
	}
	return c
}
