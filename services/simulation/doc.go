// Package simulation plays weeks of a front door through a hub from outside: as the agencies, over NATS with each agency's
// own seed, and as the staff, over gRPC with their own tokens. It is what mash demo does, and what tests of a whole hub
// and its benchmarks feed on. It knows no part of the hub's inside: what it imports of ours are published messages, the
// agencies' publisher and words to make contacts of.
//
// Steps come from package generator in order of time. For each the hub's clock is set to the step's time, the message is
// published and kept until its receipt; messages of one quarter of an hour are in flight together, and the quarter ends
// when all their receipts are there. What is said of open cases is on record before the contacts that follow it, as the
// outcome depends on it (KEN-04). On the hour the staff look at the queue and act on what they see there: urgent work
// first (KEN-10), a few links of contacts that tell of the same thing, triage (KEN-03), allocation (KEN-06), second
// thoughts on a rating. They work Monday to Friday from nine to five and do not quite keep up; outside these hours the
// on-call senior manager acts on what is urgent.
//
// Beside the messages, workers write down what was said by telephone: conversations, of which most are put in writing a day later (SOT-01), and
// consultations (KEN-12). Schools acknowledge most of what they are told of domestic abuse (KEN-20). Of what is rated red one in three is found to
// need a strategy meeting, which is called, held two hours later and concluded (SOT-10, WT-04); and of one in five contacts that are given to a
// worker the mother is asked for her consent, with an override proposed and decided where she refuses (SOT-07, SOT-08). None of these shares
// is published: they are ours, and stand as constants in reply.go, strategy.go and trail.go, and in generator/beside.go.
//
// # What is guaranteed
//
// The clock never goes back. No message is given up before its receipt or rejection. With the same options, messages have
// the same ids and bytes, and commands the same request ids: a play that was stopped and is begun again on the same data
// gets its first receipts and answers again, and goes on.
//
// # What is not
//
// Which contacts are triaged in which hour depends on what the queue shows at that moment, so two plays differ in it; the
// rating that a contact gets does not. After a restart some second thoughts that were still to come do not come, and
// meetings that were called and not held yet are not concluded. Agencies answer no request for information, and what is
// decided on a contact in the end is not played. Nothing here measures the hub: latencies in the report are those of a demonstration.
package simulation
