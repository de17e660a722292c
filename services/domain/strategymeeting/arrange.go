package strategymeeting

import (
	"cmp"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// waiting finds the proposal that a manager calls or declines. It is never the
// manager's own: the step is the social worker's and their manager's (SOT-10).
func waiting(c Setting, s State) error {
	if err := permitted(c, access.MeetingCall); err != nil {
		return err
	}
	if err := atStage(StageProposed, s); err != nil {
		return err
	}
	switch c.Actor {
	case "":
		return errNobodyActs
	case s.ProposedBy:
		return ownProposal()
	}
	return nil
}

// call records that the threshold for a strategy discussion is met, by whom and
// why (SOT-11). Inviting agencies and telling them why rests on it, as a question
// to an agency rests on a consent or an override: in R (AB and CD) v Haringey
// [2013] EWHC 416 (Admin) agencies were asked before anybody had decided that, and
// what was gathered was unlawful (HUB-02).
func call(c Call, s State) ([]proto.Message, error) {
	if err := waiting(c.Setting, s); err != nil {
		return nil, err
	}
	if c.SignificantHarm == "none-found" {
		return nil, harmNotFound()
	}
	if err := checkCall(c); err != nil {
		return nil, err
	}
	quorum := c.Profile.Quorum()
	if missing := lacking(quorum, c.Invitees); len(missing) > 0 {
		return nil, quorumNotInvited(missing)
	}
	due, err := clock(c.Setting, practice.Meeting, c.Now)
	if err != nil {
		return nil, err
	}
	about := s.childIDs()
	return []proto.Message{&eventpb.StrategyMeetingCalled{
		MeetingId: s.MeetingID, Form: c.Form, At: timestamppb.New(c.At), Place: wording.Narrative(c.Place, about), SignificantHarm: c.SignificantHarm,
		Reasons: wording.Narrative(c.Reasons, about), Invitees: invitees(c.Invitees, quorum), Quorum: quorum, Briefing: wording.Narrative(c.Briefing, about),
		Clock: due, CalledBy: c.Actor, Chair: cmp.Or(c.Chair, c.Actor),
	}}, nil
}

func checkCall(c Call) error {
	var f faults
	f.Require(practice.HarmFindings().Has(c.SignificantHarm), "significant_harm", "SOT-10", "answer whether significant harm is present or a risk")
	f.words("reasons", "SOT-10", c.Reasons, 20_000)
	f.words("briefing", "SOT-11", c.Briefing, 10_000)
	f.text("place", c.Place, 2_000)
	f.line("chair", c.Chair, 128)
	f.Require(practice.MeetingForms().Has(c.Form), "form", "SOT-11", "is neither a meeting nor a discussion")
	f.planned("at", c.At, c.Now)
	f.invitees(c.Invitees, c.Profile)
	return f.refusal()
}

func (f *faults) invitees(list []Invitee, p practice.Profile) {
	f.Require(len(list) > 0, "invitees", "WT-04", "are missing")
	for i, one := range list {
		field := fmt.Sprintf("invitees[%d]", i)
		f.agency(field+".", one.Agency, one.Sector, p.Lists.Sectors.Has)
		twice := slices.ContainsFunc(list[:i], func(other Invitee) bool { return other.Agency == one.Agency })
		f.Require(!twice, field+".agency", "unique", "is there twice")
	}
}

// lacking gives the sectors that none of the invited is of.
func lacking(quorum []string, list []Invitee) []string {
	var missing []string
	for _, sector := range quorum {
		if !slices.ContainsFunc(list, func(one Invitee) bool { return one.Sector == sector }) {
			missing = append(missing, sector)
		}
	}
	return missing
}

func invitees(list []Invitee, quorum []string) []*eventpb.Invitee {
	var all []*eventpb.Invitee
	for _, one := range list {
		all = append(all, &eventpb.Invitee{Agency: one.Agency, Sector: one.Sector, Required: slices.Contains(quorum, one.Sector)})
	}
	return all
}

// decline records that the threshold is not met, and that a manager has looked.
func decline(c Decline, s State) ([]proto.Message, error) {
	if err := waiting(c.Setting, s); err != nil {
		return nil, err
	}
	var f faults
	f.words("reason", "SOT-10", c.Reason, 20_000)
	if err := f.refusal(); err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.StrategyMeetingDeclined{MeetingId: s.MeetingID, Reason: wording.Narrative(c.Reason, s.childIDs()), DeclinedBy: c.Actor}}, nil
}

// widen invites more agencies under the call that was recorded.
func widen(c Widen, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.MeetingArrange); err != nil {
		return nil, err
	}
	if err := atStage(StageCalled, s); err != nil {
		return nil, err
	}
	var f faults
	f.invitees(c.Invitees, c.Profile)
	if err := f.refusal(); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(c.Invitees, func(one Invitee) bool { _, known := s.invited(one.Agency); return known }) {
		return nil, alreadyInvited()
	}
	return []proto.Message{&eventpb.StrategyMeetingWidened{MeetingId: s.MeetingID, Invitees: invitees(c.Invitees, s.Quorum)}}, nil
}

// move gives the meeting another time, form or place. The clock stays: whoever
// moves a meeting beyond it has that on record, and however often it is moved the
// day it was due stands.
func move(c Move, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.MeetingArrange); err != nil {
		return nil, err
	}
	if err := atStage(StageCalled, s); err != nil {
		return nil, err
	}
	var f faults
	f.words("reason", "SOT-11", c.Reason, 10_000)
	f.text("place", c.Place, 2_000)
	f.Require(practice.MeetingForms().Has(c.Form), "form", "SOT-11", "is neither a meeting nor a discussion")
	f.planned("at", c.At, c.Now)
	if err := f.refusal(); err != nil {
		return nil, err
	}
	if samePlace := c.Place == "" || wording.Lines(c.Place) == s.Place.GetOpen().GetText(); samePlace && c.At.Equal(s.At) && c.Form == s.Form {
		return nil, nothingMoved()
	}
	return []proto.Message{&eventpb.StrategyMeetingMoved{
		MeetingId: s.MeetingID, At: timestamppb.New(c.At), Form: c.Form, Place: wording.Narrative(c.Place, s.childIDs()), Reason: wording.Narrative(c.Reason, s.childIDs()),
		Times: s.Moved + 1, Late: past(c.At, s.Due) || past(s.At, s.Due),
	}}, nil
}

// cancel ends a called meeting that is not held. What was called by one manager
// another may cancel, or the same: the reasons of both are on record.
func cancel(c Cancel, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.MeetingCall); err != nil {
		return nil, err
	}
	if err := atStage(StageCalled, s); err != nil {
		return nil, err
	}
	if c.Actor == "" {
		return nil, errNobodyActs
	}
	var f faults
	f.words("reason", "SOT-11", c.Reason, 10_000)
	if err := f.refusal(); err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.StrategyMeetingCancelled{MeetingId: s.MeetingID, Reason: wording.Narrative(c.Reason, s.childIDs()), CancelledBy: c.Actor}}, nil
}
