package contact

import (
	"slices"

	"github.com/openmash/mash/services/domain/practice"
)

// ReasonStatusNotRecorded refuses to tell agencies another status of the case.
const ReasonStatusNotRecorded = "STATUS_NOT_ON_RECORD"

// Status gives the status of the case as the record has it, a published code:
// all that an agency may be told of how far it has come. A sender's own words,
// "child protection" or "section 47", are no threshold that anybody here decided.
func (s State) Status() string {
	switch {
	case len(s.Enquiries) > 0:
		return practice.StatusSection47
	case s.strategyDiscussion():
		return practice.StatusStrategyDiscussion
	case s.Rating == "":
		return practice.StatusContact
	}
	return practice.StatusTriaged
}

// strategyDiscussion reports whether one is called and not yet over, or was
// directed at triage and nothing has come of it yet. One that is only proposed is
// nobody's decision.
func (s State) strategyDiscussion() bool {
	called := slices.ContainsFunc(s.Meetings, func(m Meeting) bool { return m.How == "" && m.Stage == MeetingCalled })
	settled := slices.ContainsFunc(s.Meetings, func(m Meeting) bool { return m.How != "" })
	return called || !settled && slices.Contains(s.Directed, "strategy-discussion")
}

// checkStatus keeps an agency from being told anything but the recorded status.
// In R (AB and CD) v Haringey [2013] EWHC 416 (Admin) a graver one was told to
// get an answer, and what was gathered by it was unlawful.
func checkStatus(told string, s State) error {
	if told == s.Status() {
		return nil
	}
	return refuse(ReasonStatusNotRecorded, "Haringey", "the status of the case that the agencies would be told is not the recorded one",
		"tell them the recorded status, or record what has changed first")
}
