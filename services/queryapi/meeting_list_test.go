package queryapi_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/recordtest"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/queryapi"
	"github.com/openmash/mash/services/rpc"
)

// called records meetings that are to be held in the order of their numbers, an hour after one another; every second one without police.
func called(from, n int) (all []recordtest.Written) {
	for i := from; i < from+n; i++ {
		id, agencies := recordtest.MeetingID(i), three
		if i%2 == 1 {
			agencies = three[:2]
		}
		all = append(all, recordtest.OfMeeting(id, recordtest.MeetingProposed(id, recordtest.ID(i), 1), recordtest.MeetingCalled(id, "meeting", hit(i), agencies...))...)
	}
	return all
}

func meetingIDs(rows []*querypb.StrategyMeetingRow) (ids []string) {
	for _, r := range rows {
		ids = append(ids, r.GetMeetingId())
	}
	return ids
}

func numbered(ns ...int) (ids []string) {
	for _, n := range ns {
		ids = append(ids, recordtest.MeetingID(n))
	}
	return ids
}

func TestListPagesThroughMeetings(t *testing.T) {
	r := start(t)
	last := r.record(t, called(0, 7)...)
	r.set(hit(27)) // the first three are overdue
	req := &querypb.ListStrategyMeetingsRequest{PageSize: 3, NotBefore: last.Token()}
	var got []string
	for _, want := range []int{3, 3, 1} {
		answer, err := r.meetings.ListStrategyMeetings(r.manager(t), req)
		if err != nil {
			t.Fatal(err)
		}
		if len(answer.GetRows()) != want || answer.GetAsOf() != last.Token() {
			t.Fatalf("a page of %d as of %q, want %d", len(answer.GetRows()), answer.GetAsOf(), want)
		}
		for i, row := range answer.GetRows() {
			if row.GetOverdue() != (len(got)+i < 3) || row.GetState() != "called" {
				t.Errorf("meeting %d: %v", len(got)+i, row)
			}
		}
		got, req.PageToken = append(got, meetingIDs(answer.GetRows())...), answer.GetNextPageToken()
	}
	if !slices.Equal(got, numbered(0, 1, 2, 3, 4, 5, 6)) || req.PageToken != "" {
		t.Errorf("got %v", got)
	}
	for _, token := range []string{"rubbish", "AAAA"} {
		_, err := r.meetings.ListStrategyMeetings(r.manager(t), &querypb.ListStrategyMeetingsRequest{PageSize: 3, PageToken: token})
		wantError(t, err, codes.InvalidArgument, rpc.ReasonBadPageToken)
	}
	answer, err := r.meetings.ListStrategyMeetings(r.manager(t), &querypb.ListStrategyMeetingsRequest{Filter: &querypb.StrategyMeetingFilter{
		Agencies: []string{"kent-police"}, Overdue: new(false), Before: timestamppb.New(hit(6)),
	}})
	if err != nil || !slices.Equal(meetingIDs(answer.GetRows()), numbered(4)) {
		t.Errorf("filtered: %v, %v", meetingIDs(answer.GetRows()), err)
	}
}

// An agency's system lists and watches the meetings that it has to do with, and is told of no other, not even that one left a list.
func TestAnAgencyListsItsOwnMeetings(t *testing.T) {
	r := start(t)
	r.record(t, called(0, 4)...)
	police := r.as(t, "system-kent-police")
	answer, err := r.meetings.ListStrategyMeetings(police, &querypb.ListStrategyMeetingsRequest{})
	if err != nil || !slices.Equal(meetingIDs(answer.GetRows()), numbered(0, 2)) {
		t.Fatalf("%v, %v", meetingIDs(answer.GetRows()), err)
	}
	if row := answer.GetRows()[0]; len(row.GetContactIds()) > 0 || row.GetChair() != "" || row.GetOwnerTeam() != "" || row.GetDueAt() != nil || len(row.GetInvited()) != 3 {
		t.Errorf("it is shown %v", row)
	}
	stream, err := r.meetings.WatchStrategyMeetings(police, &querypb.WatchStrategyMeetingsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	resume := watched(t, stream, "row "+recordtest.MeetingID(0), "row "+recordtest.MeetingID(2), "caught up")
	resumed, err := r.meetings.WatchStrategyMeetings(police, &querypb.WatchStrategyMeetingsRequest{ResumeFrom: resume, Filter: &querypb.StrategyMeetingFilter{States: []string{"called"}}})
	if err != nil {
		t.Fatal(err)
	}
	watched(t, resumed, "caught up")
	r.record(t, slices.Concat(
		recordtest.OfMeeting(recordtest.MeetingID(1), &eventpb.StrategyMeetingCancelled{MeetingId: recordtest.MeetingID(1)}),
		recordtest.OfMeeting(recordtest.MeetingID(2), &eventpb.StrategyMeetingCancelled{MeetingId: recordtest.MeetingID(2)}),
	)...)
	watched(t, resumed, "removed "+recordtest.MeetingID(2))
	watched(t, stream, "removed "+recordtest.MeetingID(2))
	for _, f := range []*querypb.StrategyMeetingFilter{{Agencies: []string{"kent-health"}}, {WithoutAgency: "kent-health"}, {ContactId: contactID}, {Teams: []string{"front-door"}}, {Overdue: new(true)}} {
		_, err := r.meetings.ListStrategyMeetings(police, &querypb.ListStrategyMeetingsRequest{Filter: f})
		wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
	}
	_, err = r.meetings.ReportAbsences(police, &querypb.ReportAbsencesRequest{Since: timestamppb.New(t0)})
	wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
	_, err = r.contacts.GetContact(police, &querypb.GetContactRequest{ContactId: recordtest.ID(0)})
	wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
}

type meetingStream interface {
	Recv() (*querypb.WatchStrategyMeetingsResponse, error)
}

// watched wants these messages next, heartbeats aside, and gives the position of the last.
func watched(t *testing.T, s meetingStream, want ...string) (position string) {
	t.Helper()
	for len(want) > 0 {
		m, err := s.Recv()
		if err != nil {
			t.Fatalf("the watch ended before %q: %v", want[0], err)
		}
		got := "caught up"
		switch e := m.GetEvent().(type) {
		case *querypb.WatchStrategyMeetingsResponse_Heartbeat:
			continue
		case *querypb.WatchStrategyMeetingsResponse_Row:
			got = "row " + e.Row.GetMeetingId()
		case *querypb.WatchStrategyMeetingsResponse_Removed:
			got = "removed " + e.Removed
		}
		if got != want[0] {
			t.Fatalf("got %q, want %q", got, want[0])
		}
		want, position = want[1:], m.GetPosition()
	}
	return position
}

func TestAMeetingBecomesOverdueOnAWatch(t *testing.T) {
	r := start(t, func(c *queryapi.Config) { c.Heartbeat = 5 * time.Millisecond })
	r.record(t, called(0, 1)...)
	stream, err := r.meetings.WatchStrategyMeetings(r.manager(t), &querypb.WatchStrategyMeetingsRequest{Filter: &querypb.StrategyMeetingFilter{Overdue: new(true)}})
	if err != nil {
		t.Fatal(err)
	}
	watched(t, stream, "caught up")
	r.set(hit(25))
	watched(t, stream, "row "+recordtest.MeetingID(0))
}

// What agencies have to do, who was not there, and what is due after it.
func TestWhatFollowsFromMeetings(t *testing.T) {
	r := start(t)
	held(t, r)
	r.set(hit(10)) // the action of health was due at 9
	actions := func(person string, req *querypb.ListMeetingActionsRequest) (got []string) {
		t.Helper()
		answer, err := r.meetings.ListMeetingActions(r.as(t, person), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range answer.GetRows() {
			word := a.GetActionId() + " " + a.GetAgency() + " " + a.GetState()
			if a.GetOverdue() {
				word += " overdue"
			}
			got = append(got, word)
		}
		return got
	}
	for _, tc := range []struct {
		person string
		req    *querypb.ListMeetingActionsRequest
		want   []string
	}{
		{"manager-1", &querypb.ListMeetingActionsRequest{}, []string{"x1 kent-health open overdue"}},
		{"manager-1", &querypb.ListMeetingActionsRequest{States: []string{"overdue", "completed"}}, []string{"x2 kent-schools completed", "x1 kent-health open overdue"}},
		{"system-kent-schools", &querypb.ListMeetingActionsRequest{States: []string{"open", "completed"}}, []string{"x2 kent-schools completed"}},
		{"system-kent-police", &querypb.ListMeetingActionsRequest{States: []string{"open", "completed"}}, nil},
	} {
		if got := actions(tc.person, tc.req); !slices.Equal(got, tc.want) {
			t.Errorf("%s, %v: got %v, want %v", tc.person, tc.req, got, tc.want)
		}
	}
	_, err := r.meetings.ListMeetingActions(r.as(t, "system-kent-police"), &querypb.ListMeetingActionsRequest{Agencies: []string{"kent-health"}})
	wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)

	absences, err := r.meetings.ReportAbsences(r.manager(t), &querypb.ReportAbsencesRequest{Since: timestamppb.New(t0)})
	if err != nil || absences.GetMeetings() != 1 || len(absences.GetAgencies()) != 4 {
		t.Fatalf("%v, %v", absences, err)
	}
	if a := absences.GetAgencies()[0]; a.GetAgency() != "kent-schools" || a.GetInvited() != 1 || a.GetAttended() != 0 || !slices.Equal(a.GetMeetingIds(), []string{meetingID}) {
		t.Errorf("the most often absent is %v", a)
	}
	due, err := r.meetings.ListConferencesDue(r.as(t, "auditor-1"), &querypb.ListConferencesDueRequest{})
	if err != nil || len(due.GetRows()) != 1 {
		t.Fatalf("%v, %v", due, err)
	}
	if c := due.GetRows()[0]; c.GetKind() != "conference" || !slices.Equal(c.GetChildren(), []string{"s1"}) || !c.GetClock().GetDueAt().AsTime().Equal(hit(5).Add(21*24*time.Hour)) || c.GetOverdue() {
		t.Errorf("due is %v", c)
	}
}
