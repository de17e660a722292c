package contact

import (
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// answerReferrer is the end of every contact (SOT-05): a decided one whose
// referrer was not told is unfinished work. It goes to the agency that sent the
// contact, reopened or not since.
func answerReferrer(c AnswerReferrer, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ReferrerAnswer); err != nil {
		return nil, err
	}
	d, ok := s.decision(c.DecisionID)
	switch {
	case s.ID == "":
		return nil, notReceived()
	case !ok:
		return nil, decisionNotFound()
	case d.Standing != DecisionSignedOff:
		return nil, notSignedOff()
	case d.Answered:
		return nil, alreadyAnswered()
	}
	if err := checkResponse(c, d, s); err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.ReferrerAnswered{
		ContactId: s.ID, DecisionId: d.ID, Agency: s.Agency, Level: c.Level, Response: wording.Narrative(c.Response, s.Subjects),
		Late: d.Response != nil && c.Now.After(d.Response.GetDueAt().AsTime()),
	}}, nil
}

// checkResponse keeps KEN-15: a referrer is told as much as they need. Ours: the
// outcome is for those who refer in the course of their work and for the child;
// neighbours, relatives and who stays anonymous hear that it was decided, and
// advice, for what becomes of a family is not theirs to know.
func checkResponse(c AnswerReferrer, d Decision, s State) error {
	var f faults
	f.Require(practice.ResponseLevels().Has(c.Level), "level", "KEN-15", "is not a published level")
	private := s.Anonymous || practice.Individual(s.SourceCode)
	f.Require(c.Level != "outcome" || !private, "level", "KEN-15", "is more than a referrer who is a private person or anonymous may know")
	advised := slices.ContainsFunc(d.Outcomes, func(o *eventpb.SubjectOutcome) bool { return o.GetOutcome() == practice.OutcomeAdvice })
	f.Require(c.Level != "advice" || advised, "level", "KEN-15", "is advice, and the decision gives none")
	f.Require(wording.Said(c.Response), "response", "SOT-05", "write what the referrer is told")
	f.lines("response", c.Response, 10_000)
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

// acknowledgeOutcome notes that the agency has the response; once.
func acknowledgeOutcome(c AcknowledgeOutcome, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.OutcomeAcknowledge); err != nil {
		return nil, err
	}
	d, ok := s.decision(c.DecisionID)
	switch {
	case s.ID == "":
		return nil, notReceived()
	case !ok || !d.Answered || c.Agency != s.Agency:
		// One reason for all: another agency is not told what there is.
		return nil, responseNotFound()
	case d.Acknowledged:
		return nil, nil
	}
	return []proto.Message{&eventpb.OutcomeAcknowledged{ContactId: s.ID, DecisionId: d.ID, Agency: c.Agency}}, nil
}

// reopen puts decided children back into the queue, with their rating and their
// worker. The clocks of the rating start anew; what had lapsed before the
// sign-off stays on record there, and an answer that a referrer waits for is
// still due when it was.
func reopen(c Reopen, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ContactReopen); err != nil {
		return nil, err
	}
	switch {
	case s.ID == "":
		return nil, notReceived()
	case s.DuplicateOf != "":
		return nil, isDuplicate()
	case !s.Decided():
		return nil, notDecided()
	}
	var f faults
	f.reason(c.Reason, "reason")
	f.codes("subjects", c.Subjects, "KEN-04", s.wasDecided)
	if err := f.refusal(ReasonInvalidCommand, invalidCommand); err != nil {
		return nil, err
	}
	started, err := onRating(c.Setting, s.Rating)
	if err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.ContactReopened{
		ContactId: s.ID, Reason: wording.Narrative(c.Reason, c.Subjects), Subjects: slices.Clone(c.Subjects), Clocks: started,
	}}, nil
}

// wasDecided reports whether any decision was about a child: one who went across
// on arrival is with a team (KEN-04), and no front door's to take back.
func (s State) wasDecided(subject string) bool {
	return slices.ContainsFunc(s.Decisions, func(d Decision) bool {
		return slices.ContainsFunc(d.Outcomes, func(o *eventpb.SubjectOutcome) bool { return o.GetSubjectId() == subject })
	})
}
