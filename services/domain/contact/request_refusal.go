package contact

import "github.com/openmash/mash/services/domain"

// The reasons of the refusals about questions to agencies, published. What
// nothing covers is refused with the reasons of package authority.
const (
	ReasonAlreadyAsked     = "ALREADY_ASKED"
	ReasonQuestionNotFound = "QUESTION_NOT_FOUND"
	ReasonQuestionClosed   = "QUESTION_CLOSED"
	ReasonQuestionNotDue   = "QUESTION_NOT_DUE"
	ReasonOnlyOverridden   = "ASKED_WITH_CONSENT"
)

func alreadyAsked(f domain.Faults) error {
	return &domain.Refusal{Reason: ReasonAlreadyAsked, Rule: "SOT-07", Message: "exactly that was asked already and is not answered yet",
		Advice: "leave out the agencies that are named, or take their questions back first", Fields: f}
}

func questionNotFound() error {
	return refuse(ReasonQuestionNotFound, "", "there is no such question to that agency", "check the request's id and the agency")
}

func questionClosed(f domain.Faults) error {
	return &domain.Refusal{Reason: ReasonQuestionClosed, Message: "no answer is awaited any more", Advice: "leave out what was answered or taken back", Fields: f}
}

func questionNotDue() error {
	return refuse(ReasonQuestionNotDue, "", "the answer is not overdue at that due time", "look at the question again when its due time has passed")
}

func onlyOverridden() *domain.Refusal {
	return &domain.Refusal{Reason: ReasonOnlyOverridden, Rule: "HUB-02",
		Message: "the agency was asked with consent, and only an override covers it now", Advice: "ask again by a new request, which rests on the override"}
}
