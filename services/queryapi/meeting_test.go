package queryapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/projections/recordtest"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/rpc"
)

var (
	hit       = func(h int) time.Time { return t0.Add(time.Duration(h) * time.Hour) }
	contactID = recordtest.ID(1)
	meetingID = recordtest.MeetingID(1)
	three     = []string{"kent-council", "kent-health", "kent-police"}
)

// said is a statement in words of its own, under a handling.
func said(id, words string, h *eventpb.Handling) *eventpb.Statement {
	s := recordtest.Statement(h)
	s.StatementId = id
	s.Words = &eventpb.NarrativePart{About: []string{"s1"}, Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: words}}}
	return s
}

// handlings are all the ways to handle a statement.
func handlings() (all []*eventpb.Handling) {
	for i := range 8 {
		for _, code := range []string{"", "P", "C"} {
			all = append(all, &eventpb.Handling{NotToFamily: i&1 > 0, NotToAgencies: i&2 > 0, ProtectSource: i&4 > 0, PoliceCode: code})
		}
	}
	return append(all, nil)
}

// A spoken is a statement that a meeting considered: who said it, and in which words nobody else has.
type spoken struct {
	agency, words string
	statement     *eventpb.Statement
}

// held records a meeting at which health told of a contact and police wrote, each under every handling; schools had sent apologies,
// and probation wrote although nobody had invited it.
func held(t *testing.T, r *rig) (all []spoken) {
	told := recordtest.Told(contactID, "i1", "", t0)
	told.Agency, told.Statements = "kent-health", nil
	var written []*eventpb.Statement
	conclusion := recordtest.MeetingConcluded(meetingID, "meeting", hit(5), three, []string{"kent-schools"}, "section-47", "assessment")
	for i, h := range handlings() {
		shared, wrote := said(fmt.Sprint(i+1), fmt.Sprintf("health-%d-words", i), h), said("1", fmt.Sprintf("police-%d-words", i), h)
		told.Statements, written = append(told.Statements, shared), append(written, wrote)
		all = append(all, spoken{"kent-health", fmt.Sprintf("health-%d-words", i), shared}, spoken{"kent-police", fmt.Sprintf("police-%d-words", i), wrote})
		conclusion.Considered = append(conclusion.Considered,
			&eventpb.Considered{ContactId: contactID, ShareId: "i1", StatementId: shared.StatementId, Agency: "kent-health", Handling: h, Children: []string{"s1"}},
			&eventpb.Considered{ContributionId: fmt.Sprint("w", i+1), Agency: "kent-police", Handling: h, Children: []string{"s1"}})
	}
	conclusion.Actions = []*eventpb.MeetingAction{recordtest.ToDo("x1", "kent-health", hit(9)), recordtest.ToDo("x2", "kent-schools", hit(8))}
	conclusion.Rationale = words("rationale-words")
	called := recordtest.MeetingCalled(meetingID, "meeting", hit(4), append([]string{"kent-schools"}, three...)...)
	called.Briefing, called.Reasons = words("briefing-words"), words("reasons-words")
	late := recordtest.Declines(meetingID, "kent-probation", 90, said("1", "probation-words", &eventpb.Handling{}))
	late.Uninvited = true
	r.record(t, slices.Concat(
		recordtest.Of(contactID, recordtest.Received(contactID, t0, 2), told),
		recordtest.OfMeeting(meetingID, recordtest.MeetingProposed(meetingID, contactID, 2), called,
			recordtest.Comes(meetingID, "kent-police", 1, written...), recordtest.Comes(meetingID, "kent-health", 2), recordtest.Comes(meetingID, "kent-council", 3),
			recordtest.Declines(meetingID, "kent-schools", 80), late, recordtest.MeetingMoved(meetingID, hit(5), 1), conclusion,
			recordtest.MinutesIssued(meetingID, 1, three...), recordtest.MinutesReceived(meetingID, "kent-health", 1), recordtest.Done(meetingID, "x2", "completed", false)),
	)...)
	return all
}

func words(text string) *eventpb.NarrativePart {
	return &eventpb.NarrativePart{About: []string{"s1"}, Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: text}}}
}

func (r *rig) meeting(t *testing.T, person string) (*querypb.GetStrategyMeetingResponse, string) {
	t.Helper()
	answer, err := r.meetings.GetStrategyMeeting(r.as(t, person), &querypb.GetStrategyMeetingRequest{MeetingId: meetingID})
	if err != nil {
		t.Fatalf("%s: %v", person, err)
	}
	text, err := protojson.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

// Whoever took part sees of each statement what its handling lets them, in no part of the answer more, and is told how many they do not.
func TestHUB05_EachAgencySeesWhatItsHandlingAllows(t *testing.T) {
	r := start(t)
	all := held(t, r)
	for _, agency := range three {
		answer, text := r.meeting(t, "system-"+agency)
		withheld, unnamed := 0, 0
		for _, s := range all {
			view, visible := contact.Visible(s.agency, s.statement, contact.Agency(agency))
			if got := strings.Contains(text, s.words); got != visible {
				t.Errorf("%s, said by %s under %v: shown %v, want %v", agency, s.agency, s.statement.GetHandling(), got, visible)
			}
			switch {
			case !visible:
				withheld++
			case view.Agency == "":
				unnamed++
			}
		}
		if int(answer.GetMeeting().GetWithheld()) != withheld || withheld == 0 || unnamed == 0 {
			t.Errorf("%s: %d withheld, want %d; %d without their source", agency, answer.GetMeeting().GetWithheld(), withheld, unnamed)
		}
		if agency != "kent-health" && strings.Contains(text, contactID) {
			t.Errorf("%s is told of a contact", agency)
		}
		for _, c := range answer.GetMeeting().GetConsidered() {
			if c.GetReference().GetHandling().GetProtectSource() && c.GetReference().GetAgency() != agency && !proto.Equal(c.GetReference(), &eventpb.Considered{Handling: c.GetReference().GetHandling(), Children: []string{"s1"}}) {
				t.Errorf("%s is told where a source can be found: %v", agency, c.GetReference())
			}
		}
	}
}

// An agency sees its own part of a meeting: the invited what they need in order to come, those who were there how it concluded, and any
// what it has itself said and has to do.
func TestAnAgencySeesItsOwnPartOfAMeeting(t *testing.T) {
	r := start(t)
	held(t, r)
	for _, tc := range []struct {
		agency   string
		sees     []string
		not      []string
		actions  int
		answered int
	}{
		{"kent-health", []string{"briefing-words", "rationale-words", `"minutes":[`, "post of kent-police", "health@example.org"},
			[]string{"reasons-words", "police@example.org", "probation-words", "manager-1", `"seen":`}, 2, 4},
		{"kent-schools", []string{"briefing-words", "post of kent-police"}, []string{"rationale-words", "reasons-words", "police-0-words", "health-0-words", `"minutes":[`, "probation-words", `"x1"`}, 1, 4},
		{"kent-probation", []string{"probation-words"}, []string{"briefing-words", "rationale-words", "police-0-words", "post of", "kent-health", "kent-police"}, 0, 1},
	} {
		answer, text := r.meeting(t, "system-"+tc.agency)
		for _, want := range tc.sees {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not see %s", tc.agency, want)
			}
		}
		for _, hidden := range tc.not {
			if strings.Contains(text, hidden) {
				t.Errorf("%s sees %s", tc.agency, hidden)
			}
		}
		m := answer.GetMeeting()
		if len(m.GetConcluded().GetActions()) != tc.actions || len(m.GetAnswers()) != tc.answered || m.GetProposed() != nil {
			t.Errorf("%s: %d actions, %d answers, proposal %v", tc.agency, len(m.GetConcluded().GetActions()), len(m.GetAnswers()), m.GetProposed())
		}
	}
	_, err := r.meetings.GetStrategyMeeting(r.as(t, "system-medway-police"), &querypb.GetStrategyMeetingRequest{MeetingId: meetingID})
	wantError(t, err, codes.NotFound, rpc.ReasonNotFound)
}

func TestStaffAndAuditorsSeeAllOfAMeeting(t *testing.T) {
	r := start(t)
	all := held(t, r)
	for _, person := range []string{"manager-1", "analyst-1", "auditor-1"} {
		answer, text := r.meeting(t, person)
		for _, s := range all {
			if !strings.Contains(text, s.words) {
				t.Fatalf("%s does not see what %s said under %v", person, s.agency, s.statement.GetHandling())
			}
		}
		m := answer.GetMeeting()
		if m.GetWithheld() != 0 || len(m.GetConsidered()) != len(all) || m.GetProposed().GetThreshold().GetOpen() == nil || len(m.GetAnswers()) != 5 || len(m.GetReceipts()) != 1 {
			t.Errorf("%s: %d considered, %d withheld", person, len(m.GetConsidered()), m.GetWithheld())
		}
		row := answer.GetRow()
		if row.GetState() != "concluded" || row.GetEnquiries() != 1 || !slices.Equal(row.GetContactIds(), []string{contactID}) || row.GetActionsOpen() != 1 || row.GetMoved() != 1 {
			t.Errorf("%s: %v", person, row)
		}
	}
	_, err := r.meetings.GetStrategyMeeting(r.as(t, "operator-1"), &querypb.GetStrategyMeetingRequest{MeetingId: meetingID})
	wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
	_, err = r.meetings.GetStrategyMeeting(r.as(t, "manager-1"), &querypb.GetStrategyMeetingRequest{MeetingId: recordtest.MeetingID(404)})
	wantError(t, err, codes.NotFound, rpc.ReasonNotFound)
}

// Before a meeting is held, what others say in writing is for those who come or have written themselves; once it is cancelled, for nobody.
func TestHUB02_WhatIsSaidForAMeetingIsForThoseWhoTakePart(t *testing.T) {
	r := start(t)
	r.record(t, recordtest.OfMeeting(meetingID, recordtest.MeetingProposed(meetingID, contactID, 1), recordtest.MeetingCalled(meetingID, "meeting", hit(4), three...),
		recordtest.Comes(meetingID, "kent-police", 1, said("1", "police-words", &eventpb.Handling{})), recordtest.Comes(meetingID, "kent-health", 2))...)
	sees := func(agency string, want bool) {
		t.Helper()
		if _, text := r.meeting(t, "system-"+agency); strings.Contains(text, "police-words") != want {
			t.Errorf("%s sees what police say: %v, want %v", agency, !want, want)
		}
	}
	sees("kent-health", true)
	sees("kent-council", false)
	r.record(t, recordtest.OfMeeting(meetingID, recordtest.Declines(meetingID, "kent-health", 3))...)
	sees("kent-health", false)
	r.record(t, recordtest.OfMeeting(meetingID, recordtest.Declines(meetingID, "kent-council", 3, said("1", "council-words", &eventpb.Handling{})))...)
	sees("kent-council", true)
	r.record(t, recordtest.OfMeeting(meetingID, &eventpb.StrategyMeetingCancelled{MeetingId: meetingID, Reason: words("cancelled-words")})...)
	sees("kent-council", false)
	sees("kent-police", true)
	if answer, text := r.meeting(t, "system-kent-council"); answer.GetMeeting().GetCancelled() == nil || strings.Contains(text, "cancelled-words") {
		t.Errorf("of the cancellation it is shown %v", answer.GetMeeting().GetCancelled())
	}
}

// What comes in after the meeting lets nobody in who was not there.
func TestAContributionAfterTheEndLetsNobodyIn(t *testing.T) {
	r := start(t)
	held(t, r)
	late := recordtest.Declines(meetingID, "kent-schools", 95, said("1", "late-words", &eventpb.Handling{}))
	late.AfterEnd = true
	r.record(t, recordtest.OfMeeting(meetingID, late)...)
	if _, text := r.meeting(t, "system-kent-schools"); strings.Contains(text, "rationale-words") || !strings.Contains(text, "late-words") {
		t.Error("schools wrote after the end, and see how it concluded, or do not see what they wrote")
	}
	if _, text := r.meeting(t, "system-kent-health"); strings.Contains(text, "late-words") {
		t.Error("what came after the end is shown to others")
	}
}
