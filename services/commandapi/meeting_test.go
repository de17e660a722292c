package commandapi_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

func (w *world) meetings() commandpb.StrategyMeetingCommandServiceClient {
	return commandpb.NewStrategyMeetingCommandServiceClient(w.conn)
}

// proposed has a worker propose a meeting about a contact's child.
func (w *world) proposed(t *testing.T, contactID string) *commandpb.ProposeMeetingResponse {
	t.Helper()
	resp, err := w.meetings().ProposeMeeting(w.as(t, "social-worker"), &commandpb.ProposeMeetingRequest{
		Context: asked(), Children: []*commandpb.ContactChild{{ContactId: strings.ToUpper(contactID), SubjectId: "s1"}}, SignificantHarm: "at-risk", Threshold: canary + " has bruises.",
	})
	if err != nil {
		t.Fatalf("propose: %v", err)
	}
	return resp
}

func calling(id string, at time.Time) *commandpb.CallMeetingRequest {
	return &commandpb.CallMeetingRequest{
		Context: asked(), MeetingId: id, Form: "meeting", At: timestamppb.New(at), SignificantHarm: "present", Reasons: "The injury of " + canary,
		Agencies: []string{"front-door", "kent-police", "kent-health"}, Briefing: "An injury.",
	}
}

func concluding(id string, at time.Time) *commandpb.ConcludeMeetingRequest {
	r := &commandpb.ConcludeMeetingRequest{
		Context: asked(), MeetingId: id, Form: "discussion", HeldAt: timestamppb.New(at), FamilyTold: "The mother is told.", Rationale: "The injury.",
		Outcomes: []*commandpb.MeetingChildOutcome{{ChildId: "s1", Outcome: "section-47", Mode: "joint", Medical: "none", SeenBy: "front-door", Protection: "none", OtherChildren: "none-known"}},
		Actions:  []*commandpb.MeetingActionItem{{Agency: "kent-police", Words: "Speak to the neighbour.", DueAt: timestamppb.New(at.Add(48 * time.Hour))}},
		Dissents: []*commandpb.MeetingDissent{{Agency: "kent-health", Words: "A medical is needed."}},
	}
	r.Present = append(r.Present, &commandpb.PresentPerson{AttendeeId: "t1"})
	for _, agency := range []string{"front-door", "kent-health"} {
		r.Present = append(r.Present, &commandpb.PresentPerson{Agency: agency, Person: &commandpb.MeetingPerson{Name: canary, Post: "officer"}})
	}
	return r
}

// Every command, one after the other, as they are at work; what is on record says who gave it and what they had seen.
func TestALifeOfAMeeting(t *testing.T) {
	w := newWorld(t)
	proposal := w.proposed(t, w.receive(t, 1))
	id, now, c := proposal.GetMeetingId(), monday, w.meetings()
	held, manager, worker := now.Add(-4*time.Hour), w.as(t, "team-manager"), w.as(t, "social-worker")
	if len(proposal.GetHubReference()) < 9 || proposal.GetOwnerTeam() != "front-door" {
		t.Errorf("the proposal is answered with %v", proposal)
	}
	revision := proposal.GetResult().GetRevision()
	step := func(name string, resp interface {
		GetResult() *commandpb.CommandResult
	}, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if revision = resp.GetResult().GetRevision(); resp.GetResult().GetPosition() == "" || resp.GetResult().GetRepeated() {
			t.Errorf("%s is answered with %v", name, resp.GetResult())
		}
	}
	call := calling(strings.ToUpper(id), now)
	call.Context = asked(revision)
	called, err := c.CallMeeting(manager, call)
	step("call", called, err)
	invited, err := c.InviteAgencies(worker, &commandpb.InviteAgenciesRequest{Context: asked(revision), MeetingId: id, Agencies: []string{"kent-schools"}})
	step("invite", invited, err)
	moved, err := c.MoveMeeting(worker, &commandpb.MoveMeetingRequest{Context: asked(revision), MeetingId: id, At: timestamppb.New(held), Form: "discussion", Reason: "It was held by telephone."})
	step("move", moved, err)
	attends, err := c.RecordAttendance(w.as(t, "front-door-officer"), &commandpb.RecordAttendanceRequest{
		Context: asked(revision), MeetingId: id, Agency: "kent-police", Answer: "attending", Attendees: []*commandpb.MeetingPerson{{Name: canary, Post: "sergeant"}},
	})
	if step("attend", attends, err); len(attends.GetAttendeeIds()) != 1 || attends.GetAttendeeIds()[0] != "t1" {
		t.Errorf("attendees are %v, want t1", attends.GetAttendeeIds())
	}
	conclusion := concluding(id, held)
	conclusion.Context = asked(revision)
	concluded, err := c.ConcludeMeeting(manager, conclusion)
	if step("conclude", concluded, err); len(concluded.GetActionIds()) != 2 || concluded.GetActionIds()[0] != "x1" {
		t.Errorf("actions are %v, want that of the police, and that the child is seen", concluded.GetActionIds())
	}
	closed, err := c.CloseAction(worker, &commandpb.CloseActionRequest{Context: asked(revision), MeetingId: id, ActionId: "x1", ResultCode: "not-possible", Words: "They moved away."})
	step("close an action", closed, err)
	minutes, err := c.IssueMinutes(worker, &commandpb.IssueMinutesRequest{Context: asked(revision), MeetingId: id, Minutes: "It was agreed."})
	if step("minutes", minutes, err); minutes.GetVersion() != 1 {
		t.Errorf("minutes of version %d, want 1", minutes.GetVersion())
	}
	checkMinutesAgain(t, c, worker, id, minutes)
	ended, err := c.ConcludeEnquiries(manager, &commandpb.ConcludeEnquiriesRequest{Context: asked(revision), MeetingId: id, ChildId: "s1", Outcome: "conference", Rationale: "Substantiated."})
	step("end enquiries", ended, err)
	conference, err := c.RecordConference(worker, &commandpb.RecordConferenceRequest{Context: asked(revision), MeetingId: id, HeldAt: timestamppb.New(held.Add(time.Hour)), Children: []*commandpb.ConferenceChild{{ChildId: "s1", Plan: true}}})
	step("conference", conference, err)
	group, err := c.RecordCoreGroup(worker, &commandpb.RecordCoreGroupRequest{Context: asked(revision), MeetingId: id, HeldAt: timestamppb.New(held.Add(2 * time.Hour))})
	step("core group", group, err)
	review, err := c.RecordReview(worker, &commandpb.RecordReviewRequest{Context: asked(revision), MeetingId: id, HeldAt: timestamppb.New(held.Add(3 * time.Hour)), Children: []string{"s1"}})
	step("review", review, err)
	w.checkMeeting(t, id, revision)
}

// What an agency says by telephone is recorded as what it sends is: who comes, and its contribution under its handling, about all of the
// meeting's children where it names none (HUB-05).
func TestHUB05_WhatAnAgencyDictatesKeepsItsHandling(t *testing.T) {
	w := newWorld(t)
	id := w.proposed(t, w.receive(t, 1)).GetMeetingId()
	_, err := w.meetings().CallMeeting(w.as(t, "team-manager"), calling(id, monday))
	if err != nil {
		t.Fatal(err)
	}
	says := &commandpb.RecordAttendanceRequest{Context: asked(1), MeetingId: id, Agency: "kent-police", Answer: "attending",
		Attendees: []*commandpb.MeetingPerson{{Name: canary, Post: "sergeant"}, {Name: canary + " II", Post: "constable"}},
		Contributions: []*intakepb.InformationStatement{
			{Category: "police-and-offending", Words: canary + " was seen.", Kind: "fact", Source: "record", NotToFamily: true, PoliceCode: "C", Conditions: "Ask us first."},
			{Subjects: []string{"s1"}, Category: "police-and-offending", Words: "Twice.", Kind: "opinion", Source: "reported"},
		}}
	answered, err := w.meetings().RecordAttendance(w.as(t, "front-door-officer"), says)
	if err != nil || !slices.Equal(answered.GetAttendeeIds(), []string{"t1", "t2"}) || !slices.Equal(answered.GetContributionIds(), []string{"w1", "w2"}) {
		t.Fatalf("it is answered with %v (%v), want two people and two contributions", answered, err)
	}
	var said []*eventpb.Contribution
	err = w.store.Read(t.Context(), strategymeeting.Stream(id), 0, func(r eventstore.Recorded) error {
		e, _ := r.Message.(*eventpb.InvitationAnswered)
		said = append(said, e.GetContributions()...)
		return nil
	})
	if err != nil || len(said) != 2 {
		t.Fatalf("%d contributions are on record (%v), want 2", len(said), err)
	}
	first := said[0].GetStatement()
	if h := first.GetHandling(); !h.GetNotToFamily() || h.GetNotToAgencies() || h.GetPoliceCode() != "C" || h.GetConditions().GetOpen().GetText() != "Ask us first." {
		t.Errorf("its handling is %v", h)
	}
	if !slices.Equal(first.GetSubjects(), []string{"s1"}) || first.GetWords().GetOpen().GetText() != canary+" was seen." || said[0].GetAgency() != "kent-police" {
		t.Errorf("the contribution is %v", said[0])
	}
	says.Context, says.Contributions[1].Subjects = asked(), []string{"s2"}
	if _, err := w.meetings().RecordAttendance(w.as(t, "front-door-officer"), says); status.Code(err) != codes.FailedPrecondition && status.Code(err) != codes.InvalidArgument {
		t.Errorf("about a child of another meeting: got %v, want it refused", err)
	}
}

// checkMinutesAgain sends the same minutes again under a request id of their own: the version is the one they have.
func checkMinutesAgain(t *testing.T, c commandpb.StrategyMeetingCommandServiceClient, worker context.Context, id string, first *commandpb.IssueMinutesResponse) {
	t.Helper()
	again, err := c.IssueMinutes(worker, &commandpb.IssueMinutesRequest{Context: asked(first.GetResult().GetRevision()), MeetingId: id, Minutes: "It was agreed."})
	if err != nil || !again.GetResult().GetRepeated() || again.GetVersion() != first.GetVersion() || again.GetResult().GetEventId() != first.GetResult().GetEventId() {
		t.Errorf("the same minutes again are answered with %v (%v), want %v", again, err, first)
	}
}

// checkMeeting reads what is on record of a meeting whose callers always said what they had seen.
func (w *world) checkMeeting(t *testing.T, id string, revision uint64) {
	t.Helper()
	last := uint64(0)
	err := w.store.Read(t.Context(), strategymeeting.Stream(id), 0, func(e eventstore.Recorded) error {
		last = e.Revision
		if m := e.Metadata; m.Role == "" || m.CorrelationID != id || m.RequestID == "" || e.Revision > 0 && (m.SeenRevision == nil || *m.SeenRevision != e.Revision-1) {
			t.Errorf("%s: metadata %+v, want the caller, the meeting and the revision they saw", e.Type, m)
		}
		return nil
	})
	if err != nil || last != revision {
		t.Errorf("the record ends at %d (%v), the last answer said %d", last, err, revision)
	}
	if strings.Contains(w.log.String(), canary) {
		t.Error("a name is in the log")
	}
}

// What cannot be done is said by name; nothing of it is on record.
func TestAMeetingIsRefusedByName(t *testing.T) {
	w := newWorld(t)
	id, now, c := w.proposed(t, w.receive(t, 1)).GetMeetingId(), monday, w.meetings()
	manager := w.as(t, "team-manager")
	call := func(ctx context.Context, change func(*commandpb.CallMeetingRequest)) error {
		r := calling(id, now)
		change(r)
		_, err := c.CallMeeting(ctx, r)
		return err
	}
	if _, err := c.CallMeeting(w.as(t, "social-worker"), calling(id, now)); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a worker calls it: %v, want PERMISSION_DENIED", err)
	}
	wantError(t, call(manager, func(r *commandpb.CallMeetingRequest) { r.Agencies[2] = "kent-helath" }), codes.InvalidArgument, "INVALID_FIELDS")
	wantError(t, call(manager, func(r *commandpb.CallMeetingRequest) { r.Agencies = r.Agencies[:2] }), codes.InvalidArgument, strategymeeting.ReasonQuorumNotInvited)
	seven := uint64(7)
	wantError(t, call(manager, func(r *commandpb.CallMeetingRequest) { r.Context.ExpectedRevision = &seven }), codes.Aborted, "REVISION_CHANGED")
	_, err := c.CallMeeting(manager, calling("6f0a1d62-4c1e-5b0e-9f39-0a6d61736800", now))
	if info := wantError(t, err, codes.NotFound, "NOT_FOUND"); info.GetMetadata()["resource"] != "strategy meeting" {
		t.Errorf("what is not there is a %q, want a strategy meeting", info.GetMetadata()["resource"])
	}
	_, err = c.ProposeMeeting(manager, &commandpb.ProposeMeetingRequest{Context: asked(), SignificantHarm: "at-risk", Threshold: "Bruises."})
	wantError(t, err, codes.InvalidArgument, "INVALID_FIELDS")

	own, err := c.ProposeMeeting(manager, &commandpb.ProposeMeetingRequest{Context: asked(), SignificantHarm: "at-risk", Threshold: "Bruises.",
		OpenCases: []*commandpb.CaseChild{{GivenName: "Ben", FamilyName: "Example", DateOfBirth: "2019-05", CaseNumber: "C1", OpenTo: "thanet-2"}}})
	if err != nil || own.GetOwnerTeam() != "thanet-2" {
		t.Fatalf("a family that is open to a team: %v, %v", own, err)
	}
	_, err = c.CallMeeting(manager, calling(own.GetMeetingId(), now))
	wantError(t, err, codes.FailedPrecondition, strategymeeting.ReasonOwnProposal)
	_, err = c.DeclineMeeting(w.as(t, "manager-2"), &commandpb.DeclineMeetingRequest{Context: asked(), MeetingId: own.GetMeetingId(), Reason: "It is explained."})
	if err != nil {
		t.Errorf("another manager declines: %v", err)
	}
	if _, err = c.CallMeeting(manager, calling(id, now)); err != nil {
		t.Fatalf("call: %v", err)
	}
	lacks := concluding(id, now.Add(-time.Minute))
	lacks.Present = lacks.Present[1:]
	_, err = c.ConcludeMeeting(manager, lacks)
	wantError(t, err, codes.InvalidArgument, strategymeeting.ReasonQuorumNotPresent)
	unknown := proto.CloneOf(lacks)
	unknown.Present[0].Agency = "nobody"
	_, err = c.ConcludeMeeting(manager, unknown)
	wantError(t, err, codes.InvalidArgument, "INVALID_FIELDS")
	if _, err = c.CancelMeeting(manager, &commandpb.CancelMeetingRequest{Context: asked(), MeetingId: id, Reason: "It is explained."}); err != nil {
		t.Errorf("cancel: %v", err)
	}
}
