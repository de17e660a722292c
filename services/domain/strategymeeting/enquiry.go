package strategymeeting

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// concludeEnquiries ends enquiries about a child on the meeting that started
// them: what runs in one place ends in one place.
func concludeEnquiries(c ConcludeEnquiries, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.EnquiriesConclude); err != nil {
		return nil, err
	}
	if err := atStage(StageConcluded, s); err != nil {
		return nil, err
	}
	var f faults
	f.Require(s.child(c.ChildID), "child_id", "WT-05", "is no child of the meeting")
	f.Require(practice.EnquiryEnds().Has(c.Outcome), "outcome", "WT-03", "is not a published end of enquiries")
	f.words("rationale", "WT-03", c.Rationale, 40_000)
	if err := f.refusal(); err != nil {
		return nil, err
	}
	e, known := s.enquiry(c.ChildID)
	switch {
	case !known || e.Ended != "":
		return nil, enquiriesNotRunning()
	case e.Start.GetMeetingId() != s.MeetingID:
		return nil, enquiriesElsewhere()
	case s.Conference != nil:
		return nil, conferenceHeld()
	}
	return []proto.Message{&eventpb.EnquiriesConcluded{
		MeetingId: s.MeetingID, ChildId: c.ChildID, Outcome: c.Outcome, Rationale: wording.Narrative(c.Rationale, []string{c.ChildID}),
	}}, nil
}

// recordConference records the initial conference, once for all children whose
// enquiries lead to it, and starts what follows (WT-06): the first core group
// within 10 working days, the first review within 3 months.
func recordConference(c RecordConference, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ConferenceRecord); err != nil {
		return nil, err
	}
	if err := atStage(StageConcluded, s); err != nil {
		return nil, err
	}
	if s.Conference != nil {
		return nil, conferenceHeld()
	}
	due := s.conferences()
	if len(due) == 0 {
		return nil, s.noConference()
	}
	if err := checkConference(c, due); err != nil {
		return nil, err
	}
	e := &eventpb.ConferenceHeld{MeetingId: s.MeetingID, HeldAt: timestamppb.New(c.HeldAt)}
	for _, child := range c.Children {
		e.Outcomes = append(e.Outcomes, &eventpb.ConferenceOutcome{ChildId: child.ChildID, Plan: child.Plan, Late: past(c.HeldAt, due[child.ChildID].GetConference())})
	}
	if len(onPlan(e)) == 0 {
		return []proto.Message{e}, nil
	}
	var err error
	if e.CoreGroup, err = clock(c.Setting, practice.CoreGroup, c.HeldAt); err != nil {
		return nil, err
	}
	if e.Review, err = clock(c.Setting, practice.FirstReview, c.HeldAt); err != nil {
		return nil, err
	}
	return []proto.Message{e}, nil
}

// conferences gives the starts of the enquiries, by child, that a conference is
// due about.
func (s State) conferences() map[string]*eventpb.EnquiryStart {
	due := map[string]*eventpb.EnquiryStart{}
	for _, e := range s.Enquiries {
		if s.conferenceDue(e) {
			due[e.Start.GetChildId()] = e.Start
		}
	}
	return due
}

// noConference says why no conference is due here.
func (s State) noConference() error {
	elsewhere := func(e Enquiry) bool { return e.Start.GetMeetingId() != s.MeetingID }
	if slices.ContainsFunc(s.Enquiries, elsewhere) {
		return enquiriesElsewhere()
	}
	return enquiriesNotRunning()
}

func checkConference(c RecordConference, due map[string]*eventpb.EnquiryStart) error {
	var f faults
	f.held("held_at", c.HeldAt, c.Now)
	var named []string
	for i, child := range c.Children {
		field := fmt.Sprintf("children[%d].child_id", i)
		start, ok := due[child.ChildID]
		f.Require(ok, field, "WT-03", "is no child whose enquiries lead to this conference")
		f.Require(!slices.Contains(named, child.ChildID), field, "unique", "is there twice")
		f.Require(!ok || !c.HeldAt.Before(start.GetStartedAt().AsTime()), "held_at", "WT-03", "is before the enquiries were started")
		named = append(named, child.ChildID)
	}
	for _, id := range slices.Sorted(maps.Keys(due)) {
		f.Require(slices.Contains(named, id), "children", "WT-03", "lack "+id+": name every child, or end the enquiries about it first")
	}
	return f.refusal()
}

// onPlan gives the children whom the conference put on a plan.
func onPlan(e *eventpb.ConferenceHeld) []string {
	var ids []string
	for _, o := range e.GetOutcomes() {
		if o.GetPlan() {
			ids = append(ids, o.GetChildId())
		}
	}
	return ids
}

// recordCoreGroup records the first core group, which has a clock (WT-06); the
// later ones have none.
func recordCoreGroup(c RecordCoreGroup, s State) ([]proto.Message, error) {
	if err := afterConference(c.Setting, s); err != nil {
		return nil, err
	}
	switch {
	case s.CoreGroup != nil:
		return nil, coreGroupHeld()
	case s.Conference.GetCoreGroup() == nil:
		return nil, noPlan()
	}
	if err := checkHeld(c.HeldAt, s.Conference.GetHeldAt().AsTime(), c.Now); err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.CoreGroupHeld{MeetingId: s.MeetingID, HeldAt: timestamppb.New(c.HeldAt), Late: past(c.HeldAt, s.Conference.GetCoreGroup())}}, nil
}

// recordReview records a review conference, and starts the clock of the next one
// where a child stays on a plan (WT-06).
func recordReview(c RecordReview, s State) ([]proto.Message, error) {
	if err := afterConference(c.Setting, s); err != nil {
		return nil, err
	}
	due := s.review()
	if due == nil {
		return nil, noPlan()
	}
	if err := checkHeld(c.HeldAt, due.GetStartedAt().AsTime(), c.Now); err != nil {
		return nil, err
	}
	on := onPlan(s.Conference)
	if n := len(s.Reviews); n > 0 {
		on = s.Reviews[n-1].GetChildren()
	}
	var f faults
	for i, id := range c.Children {
		f.Require(slices.Contains(on, id) && !slices.Contains(c.Children[:i], id), fmt.Sprintf("children[%d]", i), "WT-06", "is no child on a plan, or there twice")
	}
	if err := f.refusal(); err != nil {
		return nil, err
	}
	e := &eventpb.ReviewHeld{
		MeetingId: s.MeetingID, HeldAt: timestamppb.New(c.HeldAt), Number: uint32(len(s.Reviews) + 1), Children: slices.Clone(c.Children), Late: past(c.HeldAt, due),
	}
	if len(c.Children) > 0 {
		var err error
		if e.Next, err = clock(c.Setting, practice.Review, c.HeldAt); err != nil {
			return nil, err
		}
	}
	return []proto.Message{e}, nil
}

func afterConference(c Setting, s State) error {
	if err := permitted(c, access.ConferenceRecord); err != nil {
		return err
	}
	if err := atStage(StageConcluded, s); err != nil {
		return err
	}
	if s.Conference == nil {
		return conferenceNotHeld()
	}
	return nil
}

// checkHeld refuses a time that is not after what it follows from, or not past.
func checkHeld(at, after, now time.Time) error {
	var f faults
	f.held("held_at", at, now)
	f.Require(at.After(after), "held_at", "WT-06", "is not after what it follows from")
	return f.refusal()
}
