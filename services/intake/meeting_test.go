package intake_test

import (
	"slices"
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/intake"
)

func attends(agency, meeting string) *intakepb.StrategyAttendance {
	return &intakepb.StrategyAttendance{Agency: agency, MeetingId: meeting, Answer: "attending",
		Attendees: []*intakepb.StrategyAttendee{{Name: "DS Example", Post: "sergeant", Phones: []string{"01632 960000"}}}}
}

// answers gives what agencies answered to their invitations.
func answers(p *parts.Parts, m *parts.Meeting) (all []*eventpb.InvitationAnswered) {
	for _, r := range p.Events(m.Stream) {
		if e, ok := r.Message.(*eventpb.InvitationAnswered); ok {
			all = append(all, e)
		}
	}
	return all
}

// Who comes, who stands in for whom, and what an agency writes instead: each is on record under the sender's name, and once.
func TestWT04_AgenciesAnswerTheirInvitations(t *testing.T) {
	p := begin(t)
	m := p.Triaged("m-1").Meeting()
	m.Called("meeting", p.Clock.Now().Add(6*time.Hour), police, health)
	pub := p.Publisher(police)
	first := receipt(t, send(t, pub, message(t, "strategy-attendance", "a-1", attends(police, m.ID))))
	if first.GetMeetingId() != m.ID || first.GetContactId() != "" || first.GetOutcome() != "recorded" {
		t.Errorf("the receipt is %v", first)
	}
	again := receipt(t, send(t, pub, message(t, "strategy-attendance", "a-1", attends(police, m.ID))))
	if !again.GetDuplicate() || again.GetEventId() != first.GetEventId() {
		t.Errorf("sent again it gets %v, want the first receipt", again)
	}
	m.Do(access.SocialWorker, strategymeeting.Widen{Invitees: []strategymeeting.Invitee{{Agency: "kent-schools", Sector: "education"}}})
	renamed := receipt(t, send(t, pub, message(t, "strategy-attendance", "a-1, renamed", attends(police, m.ID))))
	if !renamed.GetDuplicate() || renamed.GetEventId() != first.GetEventId() || renamed.GetPosition() != first.GetPosition() || !renamed.GetRecordedAt().AsTime().Equal(first.GetRecordedAt().AsTime()) {
		t.Errorf("sent again under another id it gets %v, want the event that answered, %s", renamed, first.GetEventId())
	}
	substitute := attends(police, m.ID)
	substitute.Attendees[0].Name, substitute.Attendees[0].SubstituteFor = "DC Sample", "DS Example"
	receipt(t, send(t, pub, message(t, "strategy-attendance", "a-2", substitute)))
	apologies := &intakepb.StrategyAttendance{Agency: health, MeetingId: m.ID, Answer: "apologies", Reason: "The paediatrician is in theatre.",
		Contributions: []*intakepb.InformationStatement{{Category: "physical-health", Words: "Two bruises.", Kind: "fact", Source: "record", NotToFamily: true}}}
	receipt(t, send(t, p.Publisher(health), message(t, "strategy-attendance", "a-3", apologies)))
	got := answers(p, m)
	if len(got) != 3 {
		t.Fatalf("%d answers are on record, want 3", len(got))
	}
	if who := got[1].GetAttendees()[0]; got[1].GetSector() != "police" || who.GetAttendee().GetOpen().GetName() != "DC Sample" || who.GetSubstituteFor() != got[0].GetAttendees()[0].GetAttendeeId() {
		t.Errorf("the substitute is %v of sector %s", who, got[1].GetSector())
	}
	written := got[2].GetContributions()
	if len(written) != 1 || !written[0].GetStatement().GetHandling().GetNotToFamily() || !slices.Equal(written[0].GetStatement().GetSubjects(), []string{"s1"}) ||
		written[0].GetStatement().GetWords().GetOpen().GetText() != "Two bruises." || got[2].GetAgency() != health {
		t.Errorf("health wrote %v", written)
	}
}

// What an agency says that nobody had invited is kept, and so is what comes when all is over; its sender is told that it was too late.
func TestHUB03_WhatComesUninvitedOrTooLateIsKept(t *testing.T) {
	p := begin(t)
	now := p.Clock.Now()
	m := p.Triaged("m-1").Meeting()
	m.Called("discussion", now, police, health)
	receipt(t, send(t, p.Publisher("kent-schools"), message(t, "strategy-attendance", "a-1", attends("kent-schools", m.ID))))
	m.Do(access.TeamManager, parts.Conclusion("discussion", now, police, health))
	late := receipt(t, send(t, p.Publisher(police), message(t, "strategy-attendance", "a-2", attends(police, m.ID))))
	if late.GetOutcome() != "recorded-after-end" {
		t.Errorf("who confirms afterwards is told %q, want recorded-after-end", late.GetOutcome())
	}
	got := answers(p, m)
	if len(got) != 2 || !got[0].GetUninvited() || got[0].GetAfterEnd() || got[1].GetUninvited() || !got[1].GetAfterEnd() {
		t.Errorf("on record is %v, want one uninvited and one after the end", got)
	}
}

// An agency closes its own actions and acknowledges minutes that went to it; others' are not its to close.
func TestWT05_AgenciesDoTheirActionsAndHaveTheMinutes(t *testing.T) {
	p := begin(t)
	now := p.Clock.Now()
	m := p.Triaged("m-1").Meeting()
	m.Called("discussion", now, police, health)
	conclusion := parts.Conclusion("discussion", now, police, health)
	conclusion.Actions = []strategymeeting.Action{{Agency: police, Words: "Speak to the neighbour.", DueAt: now.Add(24 * time.Hour)}}
	m.Do(access.TeamManager, conclusion)
	m.Do(access.SocialWorker, strategymeeting.IssueMinutes{Words: "It was agreed."})
	result := func(agency string) *intakepb.StrategyActionResult {
		return &intakepb.StrategyActionResult{Agency: agency, MeetingId: m.ID, ActionId: "x1", Result: "completed", Words: "Nothing was seen."}
	}
	rejected(t, send(t, p.Publisher(health), message(t, "strategy-action-result", "r-1", result(health))), "ACTION_NOT_FOUND")
	rejected(t, send(t, p.Publisher(health), message(t, "strategy-action-result", "r-2", result(police))), intake.ReasonWrongAgency)
	receipt(t, send(t, p.Publisher(police), message(t, "strategy-action-result", "r-3", result(police))))
	has := func(agency string) publisher.Answer {
		return send(t, p.Publisher(agency), message(t, "strategy-minutes-receipt", "v-1", &intakepb.StrategyMinutesReceipt{Agency: agency, MeetingId: m.ID, Version: 1}))
	}
	had := receipt(t, has(health))
	p.Clock.Set(now.Add(time.Hour))
	done := receipt(t, send(t, p.Publisher(police), message(t, "strategy-action-result", "r-3, renamed", result(police))))
	if closing := p.Events(m.Stream); done.GetEventId() != closing[len(closing)-2].ID.String() || !done.GetDuplicate() {
		t.Errorf("the result again under another id gets %v, want the event that closed the action", done)
	}
	m.Do(access.SocialWorker, strategymeeting.IssueMinutes{Words: "It was agreed by all."})
	again := receipt(t, send(t, p.Publisher(health), message(t, "strategy-minutes-receipt", "v-1, renamed", &intakepb.StrategyMinutesReceipt{Agency: health, MeetingId: m.ID, Version: 1})))
	if again.GetEventId() != had.GetEventId() || !again.GetDuplicate() {
		t.Errorf("the receipt of minutes again gets %v, want the event that recorded it, %s", again, had.GetEventId())
	}
	rejected(t, has("kent-schools"), "MINUTES_NOT_SENT")
	events := p.Events(m.Stream)
	closed, _ := events[len(events)-3].Message.(*eventpb.MeetingActionClosed)
	got, _ := events[len(events)-2].Message.(*eventpb.MinutesReceived)
	if closed.GetAgency() != police || closed.GetLate() || got.GetAgency() != health || got.GetVersion() != 1 {
		t.Errorf("on record is %v and %v", closed, got)
	}
}

// A meeting that is on no record is waited for as a contact is, and then the sender is told.
func TestAnUnknownMeetingIsWaitedForADay(t *testing.T) {
	p := begin(t)
	const nowhere = "6f0a1d62-4c1e-5b0e-9f39-0a6d61736800"
	p.Clock.Set(time.Now().Add(25 * time.Hour)) // the message is a day old by the hub's clock
	rejected(t, send(t, p.Publisher(police), message(t, "strategy-attendance", "a-1", attends(police, nowhere))), intake.ReasonUnknownMeeting)
}
