// Package strategymeetings is the read model of strategy meetings: when they are due and held, who was invited and who was there, what each
// agency has to do, and which conferences follow.
//
// On the way of a contact it stands between the event store and StrategyMeetingService. Lists are read from rows that [Meetings.Apply]
// folds, event by event; a whole meeting is kept as its stored events, sealed parts and all, which [Get] has opened for one meeting while
// the caller waits. What was considered is named by where it is on record: the words are not here, and who may see them is decided by
// whoever shows them (HUB-05).
//
// # Enquiries over several meetings
//
// A meeting may carry the section 47 enquiries that an earlier one has started (WT-03). What ends them, and the conference that they lead
// to, is recorded on the meeting that started them, and an event there changes the rows of those that carry them, too. Which conferences
// are due is told once for each, under the meeting that started the enquiries.
//
// # The words
//
// A meeting stands in lists where it was held, or is to be held; one that has no time yet stands where it was proposed. It is due when its
// call says it must be held, and a discussion that has to be followed is due when that is. An agency is a party to a meeting that has to do
// with it: invited, heard without having been invited (HUB-03), given an action, or sent the minutes. Which actions, conferences and
// meetings are overdue is not stored, it is asked with a time.
//
// # What is guaranteed, and what is not
//
// Rows hold codes, opaque ids and times: no name, no word of a reason or an action is in any row, and what is copied of the record is
// sealed as it is there. The rows do not judge: how late something was is said by the events, not here, and a meeting that was recorded
// without its quorum would be shown as any other.
package strategymeetings
