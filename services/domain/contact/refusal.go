package contact

import "github.com/openmash/mash/services/domain"

// The reasons of this package's refusals, published: callers act on them. Roles
// are refused by the practice profile, with reasons of its own.
const (
	ReasonInvalidContact     = "INVALID_CONTACT"
	ReasonInvalidCommand     = "INVALID_COMMAND"
	ReasonAlreadyReceived    = "ALREADY_RECEIVED"
	ReasonNotReceived        = "CONTACT_NOT_RECEIVED"
	ReasonIsDuplicate        = "CONTACT_IS_DUPLICATE"
	ReasonPassedAcross       = "CONTACT_PASSED_ACROSS"
	ReasonAlreadyTriaged     = "ALREADY_TRIAGED"
	ReasonNotTriaged         = "NOT_TRIAGED"
	ReasonRatingUnchanged    = "RATING_UNCHANGED"
	ReasonAlreadyAllocated   = "ALREADY_ALLOCATED"
	ReasonLinkedToItself     = "LINKED_TO_ITSELF"
	ReasonAlreadyLinked      = "ALREADY_LINKED"
	ReasonNotLinked          = "NOT_LINKED"
	ReasonTargetNotReceived  = "TARGET_NOT_RECEIVED"
	ReasonTargetIsDuplicate  = "TARGET_IS_DUPLICATE"
	ReasonTargetPassedAcross = "TARGET_PASSED_ACROSS"
	ReasonWrittenFirst       = "WRITTEN_REQUEST_FIRST"
	ReasonNoConversation     = "CONVERSATION_NOT_FOUND"
)

func refuse(reason, rule, message, advice string) error {
	return &domain.Refusal{Reason: reason, Rule: rule, Message: message, Advice: advice}
}

func alreadyReceived() error {
	return refuse(ReasonAlreadyReceived, "", "the contact is on record", "send what is new about the child as a new message with an id of its own")
}

func notReceived() error {
	return refuse(ReasonNotReceived, "", "there is no such contact", "check the contact's id")
}

func isDuplicate() error {
	return refuse(ReasonIsDuplicate, "", "the contact is linked as a duplicate and out of the queue", "act on the contact it is linked to, or unlink it first")
}

func passedAcross() error {
	return refuse(ReasonPassedAcross, "KEN-04", "every child of the contact is open to a team, and it went across to them", "speak to the teams it went to")
}

func alreadyTriaged() error {
	return refuse(ReasonAlreadyTriaged, "KEN-03", "the contact had its initial triage", "change the rating, with the reason, if it is no longer right")
}

func notTriaged(rule string) error {
	return refuse(ReasonNotTriaged, rule, "the contact had no initial triage yet", "a team manager or senior practitioner triages it first")
}

func ratingUnchanged() error {
	return refuse(ReasonRatingUnchanged, "KEN-03", "the contact has that rating already", "choose another rating, or leave it")
}

func alreadyAllocated() error {
	return refuse(ReasonAlreadyAllocated, "KEN-06", "that worker has the contact already", "choose another worker, or leave it")
}

func linkedToItself() error {
	return refuse(ReasonLinkedToItself, "", "a contact is no duplicate of itself", "name the contact that stays in the queue")
}

func alreadyLinked() error {
	return refuse(ReasonAlreadyLinked, "", "the contact is linked as a duplicate already", "undo that link first, if it is wrong")
}

func notLinked() error {
	return refuse(ReasonNotLinked, "", "the contact is not linked to another one", "look at the contact again: the link may have been undone")
}

func targetNotReceived() error {
	return refuse(ReasonTargetNotReceived, "", "the contact to link to is not on record", "check the id of the contact that stays")
}

func targetIsDuplicate() error {
	return refuse(ReasonTargetIsDuplicate, "", "the contact to link to is a duplicate itself", "link to the contact that it is linked to")
}

func targetPassedAcross() error {
	return refuse(ReasonTargetPassedAcross, "KEN-04", "every child of the contact to link to is open to a team, and it went across to them",
		"leave this contact in the queue, and speak to the teams the other one went to")
}
