package contact

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
)

// The reasons of the refusals about strategy meetings, published.
const (
	// ReasonMeetingAwaited refuses a decision that waits for a strategy meeting.
	ReasonMeetingAwaited = "STRATEGY_MEETING_AWAITED"
	// ReasonUnderEnquiry refuses less than a referral for a child under enquiry.
	ReasonUnderEnquiry = "UNDER_SECTION_47_ENQUIRY"
)

// awaitMeeting records that the contact waits. The hub tells it more than once:
// with the meeting's own command, and again from the record. What the contact
// knows already, or what was overtaken, adds nothing. It is recorded whatever has
// become of the contact: a meeting about a child of it is a fact.
func awaitMeeting(c AwaitMeeting, s State) ([]proto.Message, error) {
	if err := checkMeeting(c.Setting, c.MeetingID, c.Subjects, s); err != nil {
		return nil, err
	}
	if !oneOf(c.Stage, MeetingProposed, MeetingCalled) {
		return nil, fmt.Errorf("contact: a meeting is awaited at the stage %q", c.Stage)
	}
	known, told := s.meeting(c.MeetingID)
	if told && (known.How != "" || known.Stage == c.Stage || c.Stage == MeetingProposed) {
		return nil, nil
	}
	return []proto.Message{&eventpb.StrategyMeetingAwaited{
		ContactId: s.ID, MeetingId: c.MeetingID, Stage: c.Stage, Subjects: slices.Clone(c.Subjects), BeforeDecision: c.BeforeDecision, Clock: c.Clock,
	}}, nil
}

// settleMeeting records that the contact waits no longer, and what was decided
// for its children. That enquiries have ended comes after the meeting, and names
// their conference clock: told again when others run, it does not end those.
func settleMeeting(c SettleMeeting, s State) ([]proto.Message, error) {
	var subjects []string
	for _, o := range c.Outcomes {
		subjects = append(subjects, o.GetSubjectId())
	}
	if err := checkMeeting(c.Setting, c.MeetingID, subjects, s); err != nil {
		return nil, err
	}
	switch c.How {
	case MeetingEnquiriesEnded:
		running := func(o *eventpb.MeetingOutcome) bool {
			e, runs := s.enquiry(o.GetSubjectId())
			return runs && o.GetOutcome() == enquiriesEnd && proto.Equal(e.Conference, o.GetConference())
		}
		if !slices.ContainsFunc(c.Outcomes, running) {
			return nil, nil
		}
	case MeetingConcluded, MeetingDeclined, MeetingCancelled:
		if known, _ := s.meeting(c.MeetingID); known.How != "" {
			return nil, nil
		}
	default:
		return nil, fmt.Errorf("contact: a meeting is settled as %q", c.How)
	}
	settled := &eventpb.StrategyMeetingSettled{ContactId: s.ID, MeetingId: c.MeetingID, How: c.How, Late: c.Late}
	for _, o := range c.Outcomes {
		settled.Outcomes = append(settled.Outcomes, proto.CloneOf(o))
	}
	return []proto.Message{settled}, nil
}

// checkMeeting keeps to the hub what only the meeting's record can say.
func checkMeeting(c Setting, meeting string, subjects []string, s State) error {
	if err := permitted(c, access.ContactMeeting); err != nil {
		return err
	}
	if s.ID == "" {
		return notReceived()
	}
	var f faults
	f.Require(meeting != "", "meeting_id", "required", "is empty")
	for i, subject := range subjects {
		f.Require(s.isSubject(subject), fmt.Sprintf("subjects[%d]", i), "KEN-23", "is no child of the contact")
	}
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

// checkAwaited holds a decision back while a meeting that has to come before it
// is awaited (KEN-23). It stops no clock: how long the contact waits stays in
// sight beside the meeting's own due time. Whoever thinks that the meeting is not
// needed says so there, with the reason.
func checkAwaited(s State) error {
	for _, m := range s.Awaited() {
		if m.BeforeDecision {
			return refuse(ReasonMeetingAwaited, "KEN-23", "the contact needs its strategy meeting before the decision, and the meeting is still to be held",
				"conclude the meeting first, or have a manager decline or cancel it with the reason")
		}
	}
	return nil
}

// checkEnquiries keeps a child who is under enquiry from getting less than a
// referral. Ours: enquiries under section 47 are a social work team's, so what
// comes of the contact leads there.
func checkEnquiries(outcomes []*eventpb.SubjectOutcome, s State) error {
	var f faults
	for i, o := range outcomes {
		_, running := s.enquiry(o.GetSubjectId())
		f.Require(!running || o.GetOutcome() == practice.OutcomeReferral, fmt.Sprintf("outcomes[%d].outcome", i), "SOT-10",
			"is less than a referral, and enquiries under section 47 run for the child")
	}
	if len(f.Faults) == 0 {
		return nil
	}
	return &domain.Refusal{Reason: ReasonUnderEnquiry, Rule: "SOT-10", Message: "enquiries under section 47 run for a child, and the outcome is less than a referral",
		Advice: "refer the child, or decide when the enquiries have ended", Fields: f.Faults}
}
