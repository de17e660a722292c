package strategymeeting

import "github.com/openmash/mash/services/domain"

// The reasons of this package's refusals, published: callers act on them. Roles
// are refused by the practice profile, with reasons of its own.
const (
	ReasonInvalidCommand     = "INVALID_COMMAND"
	ReasonMeetingNotFound    = "MEETING_NOT_FOUND"
	ReasonAlreadyProposed    = "MEETING_ALREADY_PROPOSED"
	ReasonAlreadyCalled      = "MEETING_ALREADY_CALLED"
	ReasonMeetingOver        = "MEETING_OVER"
	ReasonNotCalled          = "MEETING_NOT_CALLED"
	ReasonNotConcluded       = "MEETING_NOT_CONCLUDED"
	ReasonOwnProposal        = "OWN_PROPOSAL"
	ReasonHarmNotFound       = "HARM_NOT_FOUND"
	ReasonQuorumNotInvited   = "QUORUM_NOT_INVITED"
	ReasonQuorumNotPresent   = "QUORUM_NOT_PRESENT"
	ReasonAlreadyInvited     = "ALREADY_INVITED"
	ReasonNothingMoved       = "NOTHING_MOVED"
	ReasonActionNotFound     = "ACTION_NOT_FOUND"
	ReasonActionClosed       = "ACTION_CLOSED"
	ReasonActionNotDue       = "ACTION_NOT_DUE"
	ReasonMinutesNotSent     = "MINUTES_NOT_SENT"
	ReasonEnquiriesNotRun    = "ENQUIRIES_NOT_RUNNING"
	ReasonEnquiriesElsewhere = "ENQUIRIES_STARTED_ELSEWHERE"
	ReasonConferenceHeld     = "CONFERENCE_ALREADY_HELD"
	ReasonConferenceNotHeld  = "CONFERENCE_NOT_HELD"
	ReasonNoPlan             = "NO_CHILD_ON_PLAN"
	ReasonCoreGroupHeld      = "CORE_GROUP_ALREADY_HELD"
)

func refuse(reason, rule, message, advice string) error {
	return &domain.Refusal{Reason: reason, Rule: rule, Message: message, Advice: advice}
}

func notFound() error {
	return refuse(ReasonMeetingNotFound, "", "there is no such meeting", "check the meeting's id")
}

func alreadyProposed() error {
	return refuse(ReasonAlreadyProposed, "SOT-10", "the meeting is on record", "act on it, or propose another one with a request id of its own")
}

func alreadyCalled() error {
	return refuse(ReasonAlreadyCalled, "SOT-11", "the meeting was called already", "move it, invite more agencies, or cancel it")
}

func meetingOver() error {
	return refuse(ReasonMeetingOver, "", "the meeting has concluded, or was declined or cancelled", "look at how it ended; what is new is for a further meeting")
}

func notCalled() error {
	return refuse(ReasonNotCalled, "SOT-11", "the meeting was not called", "a manager calls it first, or declines to")
}

func notConcluded() error {
	return refuse(ReasonNotConcluded, "WT-04", "the meeting has not concluded", "conclude it first, with its quorum")
}

func ownProposal() error {
	return refuse(ReasonOwnProposal, "SOT-10", "nobody calls or declines what they proposed themselves, in whatever role", "ask another manager")
}

func harmNotFound() error {
	return refuse(ReasonHarmNotFound, "SOT-10", "a strategy meeting is called where significant harm is present or a risk, and the answer is neither",
		"decline it, or give your own answer and the reasons for it")
}

func quorumNotInvited(missing []string) error {
	return &domain.Refusal{Reason: ReasonQuorumNotInvited, Rule: "WT-04", Message: "a sector that the meeting cannot do without is not among the invited",
		Advice: "invite an agency of each sector that is named", Fields: sectors("invitees", missing)}
}

func quorumNotPresent(missing []string) error {
	return &domain.Refusal{Reason: ReasonQuorumNotPresent, Rule: "WT-04", Message: "a sector that the meeting cannot do without was not there; a written contribution does not stand for it",
		Advice: "move the meeting to a time at which the sectors that are named can be there, or record who was there for them", Fields: sectors("present", missing)}
}

func sectors(field string, missing []string) []domain.FieldViolation {
	var all []domain.FieldViolation
	for _, sector := range missing {
		all = append(all, domain.FieldViolation{Field: field, Rule: "WT-04", Description: "nobody of the sector " + sector})
	}
	return all
}

func alreadyInvited() error {
	return refuse(ReasonAlreadyInvited, "", "an agency that is named is invited already", "leave those out who are invited")
}

func nothingMoved() error {
	return refuse(ReasonNothingMoved, "", "time, form and place are as they were", "give what changes, or leave the meeting as it is")
}

func actionNotFound() error {
	return refuse(ReasonActionNotFound, "WT-05", "there is no such action of that agency", "check the meeting's and the action's id")
}

func actionClosed() error {
	return refuse(ReasonActionClosed, "WT-05", "the action was closed already", "leave it; what is still to be done is for a further meeting")
}

func actionNotDue() error {
	return refuse(ReasonActionNotDue, "WT-05", "the action is not overdue at that time", "wait for its due time")
}

func minutesNotSent() error {
	return refuse(ReasonMinutesNotSent, "", "no such version of the minutes was sent to that agency", "check the meeting's id and the version")
}

func enquiriesNotRunning() error {
	return refuse(ReasonEnquiriesNotRun, "WT-03", "no section 47 enquiries about that child run", "look at the meeting again")
}

func enquiriesElsewhere() error {
	return refuse(ReasonEnquiriesElsewhere, "WT-03", "the enquiries about that child were started by an earlier meeting", "record it on the meeting that started them")
}

func conferenceHeld() error {
	return refuse(ReasonConferenceHeld, "WT-03", "the conference is on record", "record the core group and the reviews that follow from it")
}

func conferenceNotHeld() error {
	return refuse(ReasonConferenceNotHeld, "WT-06", "no conference is on record", "record the conference first")
}

func noPlan() error {
	return refuse(ReasonNoPlan, "WT-06", "no child is on a child protection plan", "look at what conference and reviews decided")
}

func coreGroupHeld() error {
	return refuse(ReasonCoreGroupHeld, "WT-06", "the first core group is on record", "leave it; the later ones have no clock here")
}
