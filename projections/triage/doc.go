// Package triage is the read model of the triage queue: one row for each contact, with what the queue is filtered and ordered by.
//
// On the way of a contact it stands between the event store and TriageQueueService. [Apply] is the whole of its rules: a pure fold
// from one event to one row. What the deciders know of a contact is folded by services/domain/contact, so that the queue and the
// rules cannot come to see a contact differently; the rest is what people want to see beside it.
//
// # The queue
//
// In the queue is what the front door still has to act on: "unrated", "triaged" and "allocated". A contact leaves it when all its
// children went straight across to a team (KEN-04), when it was linked as a duplicate, and when a manager signed its decision off. It
// comes back with the clocks it had when that link is undone, and with new ones when it is reopened. That the referrer of a decided
// contact has no answer yet (SOT-05) its row shows by the clock that runs, and not by its place.
//
// Order: urgent work first (KEN-10), then the next due time, then the time of receipt, then the id. Urgent is what the sender says
// is urgent until it is rated, and what is rated red: the rating is the judgement that takes the sender's place. The next due
// time is the earliest of the clocks "triage", "partners" and "decision"; aims are shown and order nothing.
//
// A contact that needs a strategy meeting before its decision (KEN-23) stays where its own clocks put it, and its row shows the meeting
// with the meeting's clock beside them. That this clock has passed is asked with a time, as "overdue" is, and watches are told of it as of that.
//
// # What is guaranteed, and what is not
//
// A page costs the same however long the queue is, also when it is filtered by one of its columns. Filters by several columns are
// read off along the queue's order within one of them: a pair that almost no row fits costs a walk through that index, some tens of
// milliseconds at a year of Kent (83,000 contacts). "Overdue" is not stored: it is asked with a time. Rows hold codes, opaque ids and times; nothing in them
// names or describes a person.
package triage
