package contact

import (
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// gathered folds what was asked and told; false: the event is neither.
func gathered(s State, event proto.Message) (State, bool) {
	switch e := event.(type) {
	case *eventpb.InformationRequested:
		s.Requests = append(slices.Clip(s.Requests), requested(e))
	case *eventpb.InformationRequestCancelled:
		for _, agency := range e.GetAgencies() {
			s.Requests = altered(s.Requests, e.GetRequestId(), agency, func(q *Question) { q.Standing = QuestionCancelled })
		}
	case *eventpb.InformationRequestChased:
		s.Requests = altered(s.Requests, e.GetRequestId(), e.GetAgency(), func(q *Question) {
			q.Chased, q.Due = e.GetTimes(), e.GetDue().GetDueAt().AsTime()
		})
	case *eventpb.InformationShared:
		s.Shares = append(slices.Clip(s.Shares), told(e, s.Revision))
		s.Requests = altered(s.Requests, e.GetRequestId(), e.GetAgency(), func(q *Question) { q.answer(e) })
	case *eventpb.AnalysisRecorded:
		s.Analyses = append(slices.Clip(s.Analyses), analysed(e))
	default:
		return s, false
	}
	return s, true
}

func requested(e *eventpb.InformationRequested) Request {
	r := Request{ID: e.GetRequestId(), Purposes: e.GetPurposes(), Words: e.GetQuestion().GetOpen().GetText()}
	for _, q := range e.GetQuestions() {
		due := q.GetDue().GetDueAt().AsTime()
		r.Questions = append(r.Questions, Question{
			Agency: q.GetAgency(), Subjects: q.GetSubjects(), Categories: q.GetCategories(), Authorities: q.GetAuthorities(),
			FirstDue: due, Due: due, Standing: QuestionOpen,
		})
	}
	return r
}

// answer never opens a question again: a correction or a late thought adds to an
// answer, and nothing makes a question wait that was taken back. Nor does what
// is corrected end one that waits for the rest.
func (q *Question) answer(e *eventpb.InformationShared) {
	switch {
	case !q.Waits():
	case e.GetAnswer() == AnswerPartial, e.GetCorrects() != "" && q.Standing == QuestionPartial:
		q.Standing = QuestionPartial
	default:
		q.Standing = QuestionAnswered
	}
}

// altered gives a copy of the requests with one agency's question changed, or
// the list as it is where there is no such question.
func altered(list []Request, request, agency string, change func(*Question)) []Request {
	i := slices.IndexFunc(list, func(r Request) bool { return r.ID == request })
	if i < 0 {
		return list
	}
	j := slices.IndexFunc(list[i].Questions, func(q Question) bool { return q.Agency == agency })
	if j < 0 {
		return list
	}
	list = slices.Clone(list)
	list[i].Questions = slices.Clone(list[i].Questions)
	change(&list[i].Questions[j])
	return list
}
