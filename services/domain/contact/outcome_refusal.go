package contact

// The reasons of the refusals about decisions and what referrers are told,
// published.
const (
	ReasonNotAllocated       = "NOT_ALLOCATED"
	ReasonAlreadyDecided     = "ALREADY_DECIDED"
	ReasonContactDecided     = "CONTACT_DECIDED"
	ReasonNotAnalysed        = "NOT_ANALYSED"
	ReasonHarmFound          = "HARM_FOUND"
	ReasonDecisionNotFound   = "DECISION_NOT_FOUND"
	ReasonDecisionNotWaiting = "DECISION_NOT_WAITING"
	ReasonOwnDecision        = "OWN_DECISION"
	ReasonNotSignedOff       = "DECISION_NOT_SIGNED_OFF"
	ReasonAlreadyAnswered    = "ALREADY_ANSWERED"
	ReasonResponseNotFound   = "RESPONSE_NOT_FOUND"
	ReasonNotDecided         = "NOT_DECIDED"
)

func notAllocated() error {
	return refuse(ReasonNotAllocated, "KEN-06", "no named worker has the contact yet", "give it to a worker first")
}

func alreadyDecided() error {
	return refuse(ReasonAlreadyDecided, "KEN-07", "a decision waits for a manager's sign-off", "have it signed off, or given back")
}

func contactDecided() error {
	return refuse(ReasonContactDecided, "KEN-07", "the contact was decided and signed off", "reopen it, if there is a reason to")
}

func decisionNotFound() error {
	return refuse(ReasonDecisionNotFound, "", "there is no such decision", "check the decision's id")
}

func decisionNotWaiting() error {
	return refuse(ReasonDecisionNotWaiting, "", "the decision was signed off or given back already", "look at the contact again")
}

func ownDecision() error {
	return refuse(ReasonOwnDecision, "", "nobody signs off a decision of their own, in whatever role", "ask another manager")
}

func notSignedOff() error {
	return refuse(ReasonNotSignedOff, "SOT-05", "the decision does not stand yet", "answer the referrer when a manager has signed it off")
}

func alreadyAnswered() error {
	return refuse(ReasonAlreadyAnswered, "SOT-05", "the referrer was told of that decision", "leave it; what is new is told of a new decision")
}

func responseNotFound() error {
	return refuse(ReasonResponseNotFound, "SOT-05", "no such response was sent to that agency", "check the contact and the decision that the response names")
}

func notDecided() error {
	return refuse(ReasonNotDecided, "", "the contact was not decided and signed off, or is in the queue again", "act on it as it is")
}
