package strategymeeting

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// closeAction records what became of an action. An agency closes its own, and
// learns nothing of others'; a practitioner closes any on an agency's behalf.
func closeAction(c CloseAction, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.MeetingAct); err != nil {
		return nil, err
	}
	if err := atStage(StageConcluded, s); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.Actions, func(a MeetingAction) bool { return a.ID == c.ActionID })
	own := c.Agency != "" || c.Role == access.AgencySystem
	if i < 0 || own && s.Actions[i].Agency != c.Agency {
		return nil, actionNotFound()
	}
	var f faults
	f.Require(c.Result == ActionCompleted || c.Result == ActionNotPossible, "result", "WT-05", "is neither completed nor not-possible")
	if c.Result == ActionNotPossible {
		f.words("words", "WT-05", c.Words, 10_000)
	}
	f.text("words", c.Words, 10_000)
	if err := f.refusal(); err != nil {
		return nil, err
	}
	action := s.Actions[i]
	switch action.State {
	case c.Result:
		return nil, nil
	case ActionOpen:
		return []proto.Message{&eventpb.MeetingActionClosed{
			MeetingId: s.MeetingID, ActionId: action.ID, Result: c.Result, Words: wording.Narrative(c.Words, action.Children), Agency: c.Agency, Late: past(c.Now, action.Due),
		}}, nil
	}
	return nil, actionClosed()
}

// actionLapsed tells once for each due time that an action was not done by then.
func actionLapsed(c ActionLapsed, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ClockLapse); err != nil {
		return nil, err
	}
	if err := atStage(StageConcluded, s); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.Actions, func(a MeetingAction) bool { return a.ID == c.ActionID })
	if i < 0 {
		return nil, actionNotFound()
	}
	action := s.Actions[i]
	due := action.Due.GetDueAt().AsTime()
	switch {
	case action.State != ActionOpen, action.Told.Equal(due):
		return nil, nil
	case !c.DueAt.Equal(due), !c.Now.After(due):
		return nil, actionNotDue()
	}
	return []proto.Message{&eventpb.MeetingActionOverdue{MeetingId: s.MeetingID, ActionId: action.ID, Agency: action.Agency, DueAt: timestamppb.New(due)}}, nil
}

// issueMinutes sends the minutes to everybody who was there, and to the invited
// who had contributed in writing. Whoever contributed without an invitation gets
// none: what it sent is kept, and entitles it to nothing (HUB-02, HUB-03).
func issueMinutes(c IssueMinutes, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.MinutesIssue); err != nil {
		return nil, err
	}
	if err := atStage(StageConcluded, s); err != nil {
		return nil, err
	}
	var f faults
	f.words("minutes", "WT-05", c.Words, 60_000)
	if err := f.refusal(); err != nil {
		return nil, err
	}
	words := wording.Narrative(c.Words, s.childIDs())
	if n := len(s.Minutes); n > 0 && proto.Equal(s.Minutes[n-1].Words, words) {
		return nil, nil
	}
	version := uint32(len(s.Minutes) + 1)
	return []proto.Message{&eventpb.MinutesIssued{
		MeetingId: s.MeetingID, Version: version, Minutes: words, Agencies: s.recipients(), Late: version == 1 && past(c.Now, s.MinutesDue),
	}}, nil
}

// recipients are the agencies that get the minutes, each once. The front door's
// own staff have the record, and nothing is sent to them.
func (s State) recipients() []string {
	var all []string
	add := func(agency string) {
		if agency != practice.TeamFrontDoor && !slices.Contains(all, agency) {
			all = append(all, agency)
		}
	}
	for _, p := range s.Present {
		add(p.GetAgency())
	}
	for _, c := range s.Contributions {
		if _, isInvited := s.invited(c.Agency); isInvited {
			add(c.Agency)
		}
	}
	return all
}

// receiveMinutes records that an agency has a version, and what it holds to be
// wrong: a correction is for whoever wrote the minutes to weigh.
func receiveMinutes(c ReceiveMinutes, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.MinutesReceive); err != nil {
		return nil, err
	}
	if err := atStage(StageConcluded, s); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.Minutes, func(v Version) bool { return v.Number == c.Version && slices.Contains(v.Agencies, c.Agency) })
	if i < 0 {
		return nil, minutesNotSent()
	}
	var f faults
	f.text("correction", c.Correction, 10_000)
	if err := f.refusal(); err != nil {
		return nil, err
	}
	correction := wording.Narrative(c.Correction, s.childIDs())
	if _, known := s.Minutes[i].receipt(c.Agency, correction); known {
		return nil, nil
	}
	return []proto.Message{&eventpb.MinutesReceived{MeetingId: s.MeetingID, Version: c.Version, Agency: c.Agency, Correction: correction}}, nil
}

// follow records on this meeting what a later one brought about. It is given for
// whatever that meeting was, and adds what is new.
func follow(c Follow, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.MeetingFollow); err != nil {
		return nil, err
	}
	if err := atStage(StageConcluded, s); err != nil {
		return nil, err
	}
	var events []proto.Message
	if s.FollowUp != nil && !s.Followed && c.Form == practice.FormMeeting {
		events = append(events, &eventpb.StrategyMeetingFollowed{
			MeetingId: s.MeetingID, By: c.By, Form: c.Form, HeldAt: timestamppb.New(c.HeldAt), Late: past(c.HeldAt, s.FollowUp),
		})
	}
	for _, id := range c.Ended {
		e, known := s.enquiry(id)
		if !known || e.Start.GetMeetingId() != s.MeetingID {
			return nil, &domain.Refusal{Reason: ReasonEnquiriesNotRun, Rule: "WT-03", Message: "a child is named about whom this meeting started no enquiries", Advice: "look at the meeting again"}
		}
		if e.Ended == "" {
			events = append(events, &eventpb.EnquiriesConcluded{MeetingId: s.MeetingID, ChildId: id, Outcome: endedByMeeting, EndedBy: c.By})
		}
	}
	return events, nil
}
