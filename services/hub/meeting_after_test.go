package hub_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// conferenceDue is the end of the 15th working day after Thursday 2 April 2026: Tuesday the 7th is the first, as Friday and Monday are bank
// holidays, and Monday the 27th the last. Followed from the later meeting it would be the 29th.
const conferenceDue = "2026-04-27"

// dayOf is the day in London at which a clock's due time falls; a day's end counts to that day.
func dayOf(c *eventpb.Clock) string {
	return c.GetDueAt().AsTime().Add(time.Hour - time.Second).UTC().Format(time.DateOnly)
}

// waiting looks at the queue: the contact says that it waits, and shows both clocks (KEN-23).
func (e *easter) waiting() {
	e.t.Helper()
	rows := list(e.t, e.h, e.called, nil)
	if len(rows) != 1 || !rows[0].GetWaitsForMeeting() || len(rows[0].GetMeetings()) != 1 {
		e.t.Fatalf("the queue shows %v, want a contact that waits for its meeting", rows)
	}
	wait := rows[0].GetMeetings()[0]
	own := slices.ContainsFunc(rows[0].GetClocks(), func(c *eventpb.Clock) bool { return c.GetKind() == "decision" })
	if wait.GetMeetingId() != e.meeting || wait.GetStage() != "called" || wait.GetClock().GetDueAt() == nil || !own {
		e.t.Errorf("it waits for %v beside its own clocks %v", wait, rows[0].GetClocks())
	}
}

func (e *easter) auditor() auditpb.AuditServiceClient {
	return auditpb.NewAuditServiceClient(e.h.Conn("auditor-1"))
}

// onRecord reads the events of a type of a meeting, as the auditor does.
func onRecord[E proto.Message](e *easter, meeting string, fresh func() E) (all []E) {
	e.t.Helper()
	resp, err := e.auditor().ListEvents(e.h.Context(), &auditpb.ListEventsRequest{MeetingId: meeting, PageSize: 1000})
	e.must("the record", err)
	for _, r := range resp.GetEvents() {
		into := fresh()
		if r.GetType() != string(into.ProtoReflect().Descriptor().FullName()) {
			continue
		}
		data, err := protojson.Marshal(r.GetData())
		e.must("encode", err)
		e.must("decode "+r.GetType(), protojson.Unmarshal(data, into))
		all = append(all, into)
	}
	return all
}

// present are the front door's worker, and of those whom agencies had named the first n: the police's officer, health's, probation's.
func present(n int) []*commandpb.PresentPerson {
	all := []*commandpb.PresentPerson{{Agency: "front-door", Person: &commandpb.MeetingPerson{Name: "A Worker", Post: "social worker"}}}
	for i := range n {
		all = append(all, &commandpb.PresentPerson{AttendeeId: fmt.Sprintf("t%d", i+1)})
	}
	return all
}

func decided(child, outcome, mode string) *commandpb.MeetingChildOutcome {
	o := &commandpb.MeetingChildOutcome{ChildId: child, Outcome: outcome, Mode: mode, Medical: "none", Protection: "none", OtherChildren: "included"}
	if outcome == "section-47" {
		o.Medical, o.MedicalBy, o.SeenBy, o.Protection = "paediatric-assessment", "kent-health", "kent-police", "safety-plan"
	}
	return o
}

// Thursday 18:30: the discussion. Joint enquiries start about one child, and an assessment about the other. All that was shared was considered;
// probation had said that it would come, and did not.
func (e *easter) discussion() {
	e.t.Helper()
	e.at(2, "19:20")
	due := timestamppb.New(london(3, "12:00"))
	req := &commandpb.ConcludeMeetingRequest{
		Context: e.ask(), MeetingId: e.meeting, Form: "discussion", HeldAt: timestamppb.New(london(2, "18:30")), FamilyTold: "The mother is told tonight, of the police not yet.",
		Rationale: "The injuries and what was shared.", Present: present(1),
		Outcomes: []*commandpb.MeetingChildOutcome{decided("s1", "section-47", "joint"), decided("s2", "assessment", "")},
		Dissents: []*commandpb.MeetingDissent{{Agency: "kent-health", Children: []string{"s2"}, Words: "Enquiries about both are needed."}},
		Actions:  []*commandpb.MeetingActionItem{{Agency: "kent-police", Words: "Speak to the neighbour.", DueAt: due}, {Agency: "kent-health", Words: "Arrange the assessment.", DueAt: due}},
	}
	for i := range partners {
		req.Considered = append(req.Considered, &commandpb.ConsideredItem{ContactId: e.contact, ShareId: fmt.Sprintf("i%d", i+1)})
	}
	req.Considered = append(req.Considered, &commandpb.ConsideredItem{ContributionId: "w1"})
	dissents := req.Dissents
	req.Dissents = nil
	if _, err := e.meetings("oncall-1").ConcludeMeeting(e.h.Context(), req); !strings.Contains(status.Convert(err).Message(), "sector") {
		e.t.Errorf("without health: %v, want that a sector is missing (WT-04)", err)
	}
	req.Present, req.Dissents = present(2), dissents
	_, err := e.meetings("oncall-1").ConcludeMeeting(e.h.Context(), req)
	e.must("conclude", err)

	concluded := onRecord(e, e.meeting, func() *eventpb.StrategyMeetingConcluded { return &eventpb.StrategyMeetingConcluded{} })[0]
	if got := dayOf(concluded.GetOutcomes()[0].GetConference()); got != conferenceDue || concluded.GetOutcomes()[1].GetConference() != nil {
		e.t.Errorf("the conference is due on %s, want %s for the first child alone (WT-03)", got, conferenceDue)
	}
	if got := dayOf(concluded.GetFollowUp()); got != "2026-04-13" {
		e.t.Errorf("a meeting has to follow by %s, want 2026-04-13", got)
	}
	if absent := concluded.GetAbsences(); len(absent) != 2 || !absent[0].GetContributed() || !absent[1].GetExpected() {
		e.t.Errorf("absent were %v, want schools who wrote and probation who was expected", absent)
	}
	for _, want := range []struct{ agency, action string }{{"kent-police", "x1"}, {"kent-police", "x3"}, {"kent-health", "x2"}, {"kent-health", "x4"}} {
		if a := hears(e, want.agency, &intakepb.StrategyAction{}); a.GetActionId() != want.action || a.GetNotice() != "assigned" {
			e.t.Errorf("%s is told %v, want that %s is its own", want.agency, a, want.action)
		}
	}
}

// Good Friday: the police do what they had to. Health does not, is told so, and does it a day late.
func (e *easter) holiday() {
	e.t.Helper()
	e.at(3, "11:00")
	done := func(agency, action string) {
		e.says(agency, "strategy-action-result", action, &intakepb.StrategyActionResult{Agency: agency, MeetingId: e.meeting, ActionId: action, Result: "completed", Words: "Done."})
	}
	done("kent-police", "x1")
	done("kent-police", "x3")
	done("kent-health", "x4") // the medical is arranged
	e.at(3, "12:01")
	if a := hears(e, "kent-health", &intakepb.StrategyAction{}); a.GetActionId() != "x2" || a.GetNotice() != "overdue" {
		e.t.Errorf("health is told %v, want that x2 is overdue", a)
	}
	e.at(4, "09:00")
	done("kent-health", "x2")
	// Probation confirms two days after the discussion: it is on record, and it is told that it was too late.
	late := e.says("kent-probation", "strategy-attendance", "a-2", &intakepb.StrategyAttendance{Agency: "kent-probation", MeetingId: e.meeting, Answer: "attending",
		Attendees: []*intakepb.StrategyAttendee{{Name: "Another", Post: "officer"}}})
	if late.GetOutcome() != "recorded-after-end" {
		e.t.Errorf("who confirms after the end is told %q, want recorded-after-end", late.GetOutcome())
	}
}

// Tuesday and Wednesday: minutes go out, each agency seeing of what was considered what is for it; the meeting that had to follow is moved once and held.
func (e *easter) furtherMeeting() {
	e.t.Helper()
	e.at(7, "09:30")
	_, err := e.meetings("worker-1").IssueMinutes(e.h.Context(), &commandpb.IssueMinutesRequest{Context: e.ask(), MeetingId: e.meeting, Minutes: "Joint enquiries about one child."})
	e.must("minutes", err)
	for agency, hidden := range map[string]string{"kent-police": "", "kent-health": "Told by kent-police.", "kent-schools": "Told by kent-police."} {
		got := hears(e, agency, &intakepb.StrategyMinutes{})
		var words []string
		for _, c := range got.GetConsidered() {
			words = append(words, c.GetWords())
		}
		want := []string{"Told by kent-police.", "Told by kent-health.", "Told by kent-schools.", "Told by kent-probation.", "Written by kent-schools."}
		if want = slices.DeleteFunc(want, func(w string) bool { return w == hidden }); !slices.Equal(words, want) {
			e.t.Errorf("%s sees %q of what was considered, want %q (HUB-05)", agency, words, want)
		}
		e.says(agency, "strategy-minutes-receipt", "v-1", &intakepb.StrategyMinutesReceipt{Agency: agency, MeetingId: e.meeting, Version: got.GetVersion()})
	}
	next, err := e.meetings("worker-1").ProposeMeeting(e.h.Context(), &commandpb.ProposeMeetingRequest{
		Context: e.ask(), SignificantHarm: "present", Threshold: "What the medical found.", Follows: e.meeting,
		Children: []*commandpb.ContactChild{{ContactId: e.contact, SubjectId: "s1"}, {ContactId: e.contact, SubjectId: "s2"}},
	})
	e.must("propose another", err)
	_, err = e.meetings("manager-2").CallMeeting(e.h.Context(), &commandpb.CallMeetingRequest{
		Context: e.ask(), MeetingId: next.GetMeetingId(), Form: "meeting", At: timestamppb.New(london(8, "10:00")), Place: "Room 2", SignificantHarm: "present", Reasons: "The medical.",
		Agencies: []string{"front-door", "kent-police", "kent-health"}, Briefing: "The medical is discussed.",
	})
	e.must("call", err)
	_, err = e.meetings("worker-1").MoveMeeting(e.h.Context(), &commandpb.MoveMeetingRequest{
		Context: e.ask(), MeetingId: next.GetMeetingId(), At: timestamppb.New(london(8, "11:00")), Form: "meeting", Reason: "The paediatrician is in theatre."})
	e.must("move", err)
	for _, agency := range []string{"kent-police", "kent-health"} {
		if first, second := hears(e, agency, &intakepb.StrategyInvitation{}), hears(e, agency, &intakepb.StrategyInvitation{}); first.GetNotice() != "invitation" ||
			second.GetNotice() != "moved" || !second.GetAt().AsTime().Equal(london(8, "11:00")) || second.GetPlace() != "Room 2" {
			e.t.Errorf("%s is told %v and %v", agency, first, second)
		}
	}
	e.at(8, "12:30")
	req := &commandpb.ConcludeMeetingRequest{Context: e.ask(), MeetingId: next.GetMeetingId(), Form: "meeting", HeldAt: timestamppb.New(london(8, "11:00")),
		FamilyTold: "The mother is told.", Rationale: "The medical.", Present: present(0),
		Outcomes: []*commandpb.MeetingChildOutcome{decided("s1", "section-47-continues", "joint"), decided("s2", "no-further-action", "")}}
	for _, agency := range []string{"kent-police", "kent-health"} {
		req.Present = append(req.Present, &commandpb.PresentPerson{Agency: agency, Person: &commandpb.MeetingPerson{Name: "One of " + agency, Post: "officer"}})
	}
	_, err = e.meetings("manager-2").ConcludeMeeting(e.h.Context(), req)
	e.must("conclude", err)
	goesOn := onRecord(e, next.GetMeetingId(), func() *eventpb.StrategyMeetingConcluded { return &eventpb.StrategyMeetingConcluded{} })[0].GetOutcomes()[0]
	if got := dayOf(goesOn.GetConference()); got != conferenceDue {
		e.t.Errorf("after the further meeting the conference is due on %s, want %s as before (WT-03)", got, conferenceDue)
	}
	if by := onRecord(e, e.meeting, func() *eventpb.StrategyMeetingFollowed { return &eventpb.StrategyMeetingFollowed{} }); len(by) != 1 || by[0].GetBy() != next.GetMeetingId() || by[0].GetLate() {
		e.t.Errorf("the discussion was followed by %v, want the meeting, in time", by)
	}
}

// The contact is decided now; and before the end of April the conference is held.
func (e *easter) decisionAndConference() {
	e.t.Helper()
	shares := []string{"i1", "i2", "i3", "i4"}
	for _, who := range []string{"worker-1", "manager-2"} {
		_, err := e.information(who).RecordAnalysis(e.h.Context(), &commandpb.RecordAnalysisRequest{
			Context: e.ask(), ContactId: e.contact, Subjects: []string{"s1", "s2"}, Shares: shares, Analysis: "The account does not fit.", SignificantHarm: "present"})
		e.must("analyse", err)
	}
	decision, err := e.information("worker-1").DecideContact(e.h.Context(), &commandpb.DecideContactRequest{
		Context: e.ask(), ContactId: e.contact, Rationale: "Enquiries run.", Shares: shares, Outcomes: referred()})
	e.must("decide", err)
	_, err = e.information("manager-1").SignOffDecision(e.h.Context(), &commandpb.SignOffDecisionRequest{Context: e.ask(), ContactId: e.contact, DecisionId: decision.GetDecisionId(), Outcome: "signed-off"})
	e.must("sign off", err)
	e.at(24, "14:00")
	_, err = e.meetings("manager-1").ConcludeEnquiries(e.h.Context(), &commandpb.ConcludeEnquiriesRequest{
		Context: e.ask(), MeetingId: e.meeting, ChildId: "s1", Outcome: "conference", Rationale: "Substantiated."})
	e.must("end enquiries", err)
	conference, err := e.meetings("worker-1").RecordConference(e.h.Context(), &commandpb.RecordConferenceRequest{
		Context: e.ask(), MeetingId: e.meeting, HeldAt: timestamppb.New(london(24, "10:00")), Children: []*commandpb.ConferenceChild{{ChildId: "s1", Plan: true}}})
	e.must("conference", err)
	e.latest = conference.GetResult().GetPosition()
	held := onRecord(e, e.meeting, func() *eventpb.ConferenceHeld { return &eventpb.ConferenceHeld{} })[0]
	if group, review := dayOf(held.GetCoreGroup()), dayOf(held.GetReview()); held.GetOutcomes()[0].GetLate() || group != "2026-05-11" || review != "2026-07-24" {
		e.t.Errorf("late %t, core group by %s, review by %s; want in time, 2026-05-11 and 2026-07-24 (WT-06)", held.GetOutcomes()[0].GetLate(), group, review)
	}
}

// Everybody reads it back: staff all of it, each agency its own part, one that had nothing to do with it nothing; the auditor who did what.
func (e *easter) readBack() {
	e.t.Helper()
	for reader, want := range map[string]struct {
		considered int
		withheld   uint32
	}{"analyst-1": {5, 0}, "auditor-1": {5, 0}, "system-kent-police": {5, 0}, "system-kent-health": {4, 1}} {
		meeting := e.read(reader).GetMeeting()
		if got := len(meeting.GetConsidered()); got != want.considered || meeting.GetWithheld() != want.withheld {
			e.t.Errorf("%s sees %d of what was considered and %d withheld, want %d and %d (HUB-05)", reader, got, meeting.GetWithheld(), want.considered, want.withheld)
		}
		if reasons := meeting.GetCalled().GetReasons().GetOpen().GetText(); (reasons != "") == strings.HasPrefix(reader, "system-") {
			e.t.Errorf("%s reads %q of the manager's reasons", reader, reasons)
		}
	}
	query := querypb.NewStrategyMeetingServiceClient(e.h.Conn("system-kent-housing"))
	if _, err := query.GetStrategyMeeting(e.h.Context(), &querypb.GetStrategyMeetingRequest{MeetingId: e.meeting}); status.Code(err) != codes.NotFound {
		e.t.Errorf("an agency that has nothing to do with it: %v, want NOT_FOUND", err)
	}
	e.reports()
	e.whoDidWhat()
}

func (e *easter) read(reader string) *querypb.GetStrategyMeetingResponse {
	e.t.Helper()
	resp, err := querypb.NewStrategyMeetingServiceClient(e.h.Conn(reader)).GetStrategyMeeting(e.h.Context(), &querypb.GetStrategyMeetingRequest{MeetingId: e.meeting, NotBefore: e.latest})
	e.must("read the meeting as "+reader, err)
	return resp
}

// reports are what those ask who answer for the work: who was not there, what was done late, which dates come.
func (e *easter) reports() {
	e.t.Helper()
	query := querypb.NewStrategyMeetingServiceClient(e.h.Conn("manager-1"))
	absences, err := query.ReportAbsences(e.h.Context(), &querypb.ReportAbsencesRequest{Since: timestamppb.New(london(1, "00:00"))})
	e.must("absences", err)
	var missed []string
	for _, a := range absences.GetAgencies() {
		if a.GetAttended() < a.GetInvited() {
			missed = append(missed, fmt.Sprintf("%s %d of %d, %d apologies, %d unexplained", a.GetAgency(), a.GetAttended(), a.GetInvited(), a.GetApologies(), a.GetUnexplained()))
		}
	}
	slices.Sort(missed)
	if want := []string{"kent-probation 0 of 1, 0 apologies, 1 unexplained", "kent-schools 0 of 1, 1 apologies, 0 unexplained"}; !slices.Equal(missed, want) {
		e.t.Errorf("not there: %q, want %q", missed, want)
	}
	actions, err := query.ListMeetingActions(e.h.Context(), &querypb.ListMeetingActionsRequest{MeetingId: e.meeting})
	e.must("actions", err)
	for _, a := range actions.GetRows() {
		if a.GetState() != "completed" || a.GetLate() != (a.GetActionId() == "x2") {
			e.t.Errorf("the action %s is %s, late %t; want all done and x2 late", a.GetActionId(), a.GetState(), a.GetLate())
		}
	}
	due, err := query.ListConferencesDue(e.h.Context(), &querypb.ListConferencesDueRequest{})
	e.must("conferences due", err)
	var kinds []string
	for _, d := range due.GetRows() {
		kinds = append(kinds, d.GetKind()+" "+dayOf(d.GetClock()))
	}
	if want := []string{"core-group 2026-05-11", "review 2026-07-24"}; !slices.Equal(kinds, want) {
		e.t.Errorf("due are %q, want %q", kinds, want)
	}
}

// whoDidWhat reads the record, which is the auditor's alone.
func (e *easter) whoDidWhat() {
	e.t.Helper()
	resp, err := e.auditor().ListEvents(e.h.Context(), &auditpb.ListEventsRequest{MeetingId: e.meeting, PageSize: 1000})
	e.must("the record", err)
	actors := map[string]string{}
	for _, r := range resp.GetEvents() {
		actors[strings.TrimPrefix(r.GetType(), "mash.event.v1.")] = r.GetMetadata().GetFields()["actor"].GetStringValue()
	}
	for event, want := range map[string]string{
		"StrategyMeetingProposed": "worker-1", "StrategyMeetingCalled": "oncall-1", "StrategyMeetingConcluded": "oncall-1", "MeetingActionOverdue": "hub:process",
		"MeetingActionClosed": "agency:kent-health", "MinutesIssued": "worker-1", "StrategyMeetingFollowed": "hub:casework", "ConferenceHeld": "worker-1",
	} {
		if actors[event] != want {
			e.t.Errorf("%s is by %q, want %s", event, actors[event], want)
		}
	}
	_, err = auditpb.NewAuditServiceClient(e.h.Conn("worker-1")).ListEvents(e.h.Context(), &auditpb.ListEventsRequest{MeetingId: e.meeting})
	if status.Code(err) != codes.PermissionDenied {
		e.t.Errorf("a worker reads the record: %v, want PERMISSION_DENIED", err)
	}
}
