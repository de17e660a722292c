// Package process keeps the hub's clocks: when a due time passes that something follows from, it says so to the deciders.
//
// It stands beside the way of a contact. It follows the events of contacts and of strategy meetings, remembers the due times they carry, and
// when one has passed by the hub's clock it gives a command to casework, in the role of the hub:
//
//   - a consent comes to its end: LapseConsent, and an override: LapseOverride (HUB-02). The decider takes back, in the same append, every
//     question that loses its authority by it, and the outbox tells the agencies;
//   - an answer is overdue: ChaseRequest, each time that it is due anew;
//   - an action of a strategy meeting is overdue: ActionLapsed, and the outbox tells the agency;
//   - a conversation was not put in writing in time: LapseWrittenForm (SOT-01), and nobody has acknowledged what a school is told, or found whom
//     to tell: LapseNotification (KEN-20). Once each, and the outbox reminds the agency that owes it.
//
// It also has casework tell the contacts of what is on record of a meeting about their children (KEN-23). Casework does so itself with the
// meeting's command; should it be killed in between, or the contact not be to be had just then, it is done from here.
//
// # What is guaranteed
//
// Each lapse is on record once, whatever is killed when and however many processes run: the request's id is made of the stream, the clock
// and the due time, and casework knows it again. What lapsed while the hub was down is recorded at the next start, with the time it was due.
// Whether anything follows is the decider's to say: a due time that was overtaken (a consent withdrawn, a question answered) adds nothing.
//
// # What is not
//
// A lapse is recorded soon after its time, not at it: a rule that needs to know whether a consent is in force compares times and does not
// wait for the event. Due times that nothing follows from (a triage or a meeting that is late) have no event; whoever shows them computes them.
//
// # Where it begins
//
// The due times that are still to come are kept in memory and found again at a start, from the position that was noted in the stream
// process-clocks: no event up to there has a due time still to come. With a consent that runs for half a year that is half a year of events
// to read; nothing waits for it but the lapses.
package process
