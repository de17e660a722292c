package strategymeeting

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// endedByMeeting is how enquiries ended that a meeting ended.
const endedByMeeting = "ended"

// outcomes adds what is decided for each child, with the clocks that follow.
func outcomes(c Conclude, s State, e *eventpb.StrategyMeetingConcluded) error {
	for _, o := range c.Outcomes {
		one := &eventpb.ChildOutcome{
			ChildId: o.ChildID, Outcome: o.Outcome, Mode: o.Mode, Medical: o.Medical, MedicalBy: o.MedicalBy, SeenBy: o.SeenBy,
			Protection: o.Protection, OtherChildren: o.OtherChildren, PositionOfTrust: o.PositionOfTrust,
		}
		if err := conference(c, s, one); err != nil {
			return err
		}
		if err := follows(c, o, one); err != nil {
			return err
		}
		e.Outcomes = append(e.Outcomes, one)
	}
	return nil
}

// conference keeps WT-03: the conference is due 15 working days after the
// discussion that started the enquiries, whenever that is recorded. Where
// enquiries go on the first clock stands and no later meeting moves it; older
// procedures count from the last discussion, which lets every further one put the
// conference off.
func conference(c Conclude, s State, one *eventpb.ChildOutcome) (err error) {
	switch one.Outcome {
	case practice.EnquiriesStart:
		one.Conference, err = clock(c.Setting, practice.Conference, c.HeldAt)
	case practice.EnquiriesContinue:
		enquiry, _ := s.enquiry(one.ChildId)
		one.Mode, one.Conference = cmp.Or(one.Mode, enquiry.Mode), proto.CloneOf(enquiry.Start.GetConference())
	}
	return err
}

// follows starts the clocks of what follows from an outcome by itself: that the
// child is seen, counted from when it was decided, and that the LADO is told.
func follows(c Conclude, o Outcome, one *eventpb.ChildOutcome) (err error) {
	if o.PositionOfTrust {
		if one.Lado, err = clock(c.Setting, practice.LADO, c.HeldAt); err != nil {
			return err
		}
	}
	switch {
	case !o.SeenBefore.IsZero():
		one.Seen = set(practice.ChildSeen, c.HeldAt, o.SeenBefore)
	case o.Outcome == practice.EnquiriesStart:
		one.Seen, err = clock(c.Setting, practice.ChildSeen, c.HeldAt)
	}
	return err
}

// set is a clock whose due time the meeting itself decided on (WT-05).
func set(kind practice.Kind, start, due time.Time) *eventpb.Clock {
	return &eventpb.Clock{Kind: string(kind), StartedAt: timestamppb.New(start), DueAt: timestamppb.New(due), Reckoning: "as the meeting decided", Rule: "WT-05"}
}

// actionKind is the kind of the clock of an action.
const actionKind practice.Kind = "action"

// medical is what an action follows from that arranges one.
const medical = "medical"

// actions adds what each agency does: what the meeting set, then what follows
// from the outcomes by itself, so that seeing a child, a medical and telling the LADO
// are closed, and chased when overdue, as every other action is.
func actions(c Conclude, s State, e *eventpb.StrategyMeetingConcluded) error {
	add := func(a *eventpb.MeetingAction, words string) {
		a.ActionId = fmt.Sprintf("x%d", len(e.Actions)+1)
		a.Words = wording.Narrative(words, a.Children)
		e.Actions = append(e.Actions, a)
	}
	for _, a := range c.Actions {
		children := slices.Clone(a.Children)
		if len(children) == 0 {
			children = s.childIDs()
		}
		add(&eventpb.MeetingAction{Agency: a.Agency, Owner: a.Owner, Children: children, Due: set(actionKind, c.HeldAt, a.DueAt)}, a.Words)
	}
	for _, o := range e.Outcomes {
		children := []string{o.ChildId}
		if o.Seen != nil {
			add(&eventpb.MeetingAction{Agency: o.SeenBy, Children: children, Due: o.Seen, FollowsFrom: string(practice.ChildSeen)}, "See the child, and speak with the child.")
		}
		if o.MedicalBy != "" {
			due, err := medicalDue(c, o)
			if err != nil {
				return err
			}
			add(&eventpb.MeetingAction{Agency: o.MedicalBy, Children: children, Due: due, FollowsFrom: medical}, "Arrange the medical.")
		}
		if o.Lado != nil {
			add(&eventpb.MeetingAction{Agency: socialCare(e.Quorum), Children: children, Due: o.Lado, FollowsFrom: string(practice.LADO)}, "Tell the designated officer (LADO).")
		}
	}
	return nil
}

// medicalDue gives by when a medical is arranged. No profile has a clock for it:
// it is due when the child is to be seen, and where nobody was named to see the
// child, in the profile's time to. That is ours.
func medicalDue(c Conclude, o *eventpb.ChildOutcome) (*eventpb.Clock, error) {
	due := proto.CloneOf(o.Seen)
	if due == nil {
		var err error
		if due, err = clock(c.Setting, practice.ChildSeen, c.HeldAt); err != nil {
			return nil, err
		}
	}
	due.Kind = string(actionKind)
	return due, nil
}

// socialCare gives the agency by which children's social care was there: it is
// part of every quorum (WT-04), and tells the LADO (ours).
func socialCare(quorum []*eventpb.QuorumMember) string {
	for _, q := range quorum {
		if q.GetSector() == "social-care" {
			return q.GetAgency()
		}
	}
	return ""
}
