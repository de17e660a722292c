package strategymeeting

import (
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// propose records a proposal. The answer about significant harm is always there
// (SOT-10); "none-found" is an answer, too: that somebody proposed, and a manager
// looked, is on record then.
func propose(c Propose, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.MeetingPropose); err != nil {
		return nil, err
	}
	id, err := uuid.Parse(c.MeetingID)
	switch {
	case err != nil:
		return nil, fmt.Errorf("strategymeeting: a meeting's id: %w", err)
	case c.Actor == "":
		return nil, errNobodyActs
	case s.Stage != "":
		return nil, alreadyProposed()
	}
	if err := checkPropose(c); err != nil {
		return nil, err
	}
	if err := checkCarried(c); err != nil {
		return nil, err
	}
	e := &eventpb.StrategyMeetingProposed{
		MeetingId: c.MeetingID, HubReference: reference(id), SignificantHarm: c.SignificantHarm, BeforeDecision: c.BeforeDecision,
		OwnerTeam: owner(c), Follows: c.Follows, ProposedBy: c.Actor,
	}
	about := numbered(len(c.Children))
	for i, child := range c.Children {
		own := proto.CloneOf(child)
		own.ChildId, own.Child.About = about[i], []string{about[i]}
		e.Children = append(e.Children, own)
	}
	for _, start := range c.Enquiries {
		e.Enquiries = append(e.Enquiries, proto.CloneOf(start))
	}
	e.Threshold = wording.Narrative(c.Threshold, about)
	return []proto.Message{e}, nil
}

// owner keeps KEN-18: a discussion about a family that is not open to a team is
// the front door's. Ours: where a child is open, the meeting is that team's; where
// several teams have children of one family, the first child's, as somebody has
// to answer for it and the others are invited.
func owner(c Propose) string {
	for _, child := range c.Children {
		if child.GetOpenTo() != "" {
			return child.GetOpenTo()
		}
	}
	return c.Profile.DefaultTeam
}

func checkPropose(c Propose) error {
	var f faults
	f.Require(practice.HarmFindings().Has(c.SignificantHarm), "significant_harm", "SOT-10", "answer whether significant harm is present, a risk, or neither was found")
	f.words("threshold", "SOT-10", c.Threshold, 40_000)
	f.Require(len(c.Children) > 0, "children", "SOT-11", "a meeting is about at least one child")
	f.Require(len(c.Children) <= 40, "children", "list.length", "are more than 40")
	f.Require(c.Follows == "" || c.Follows != c.MeetingID, "follows", "itself", "is the meeting itself")
	for i, child := range c.Children {
		field := fmt.Sprintf("children[%d]", i)
		contact := child.GetContactId() != "" && child.GetSubjectId() != ""
		f.Require(contact || child.GetContactId() == "" && child.GetSubjectId() == "" && child.GetOpenTo() != "", field, "KEN-18", "is neither a child of a contact nor open to a team")
		f.Require(child.GetChild() != nil, field+".child", "required", "is missing")
		f.Require(teamForm.MatchString(child.GetOpenTo()), field+".open_to", "token", "is not a team's code")
		twin := func(other *eventpb.MeetingChild) bool {
			return contact && other.GetContactId() == child.GetContactId() && other.GetSubjectId() == child.GetSubjectId()
		}
		f.Require(!slices.ContainsFunc(c.Children[:i], twin), field, "unique", "is there twice")
	}
	return f.refusal()
}

// checkCarried refuses enquiries that casework carried over wrongly. It is no
// rule's no: nobody who proposes gave them.
func checkCarried(c Propose) error {
	ids, seen := numbered(len(c.Children)), map[string]bool{}
	for _, e := range c.Enquiries {
		switch {
		case c.Follows == "", !slices.Contains(ids, e.GetChildId()), seen[e.GetChildId()]:
			return errors.New("strategymeeting: enquiries about no child of this meeting, twice about one, or from no earlier meeting")
		case e.GetMeetingId() == "", e.GetMeetingId() == c.MeetingID, e.GetConference() == nil, e.GetStartedAt() == nil:
			return errors.New("strategymeeting: enquiries that are carried on without what started them")
		}
		seen[e.GetChildId()] = true
	}
	return nil
}

// numbered gives the ids of the first n children.
func numbered(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = ChildID(i)
	}
	return ids
}
