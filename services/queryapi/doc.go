// Package queryapi answers the people who work the front door: the triage queue, as pages and as a watch, a contact's case file, the
// trail of what allowed its information to be shared, the overrides of all contacts, strategy meetings with what follows from them, and
// consultations.
//
// On the way of a contact it stands last: it reads the rows that the projections have folded (projections/triage, casefile,
// consenttrail, strategymeetings and consultations) and serves mash.query.v1 over gRPC. It cannot write: it knows neither casework nor a command. Who may call
// what is services/rpc's to check, by the table of services/domain/access; only the actions are named here.
//
// # What is guaranteed
//
//   - An answer says the position that it shows, and with not_before it shows at least that one: a caller sees what they did.
//     A position of another store, or beyond the end of this one, is FAILED_PRECONDITION, so that nobody waits for ever.
//   - Pages have a fixed order and are read by key: a row that stays where it is is neither left out nor given twice, whatever
//     happens to other rows in between.
//   - A watch loses no change that an event made, also where it is resumed. Rows of the beginning are read page by page, changes since the first page follow, and only then comes
//     caught_up. Messages of that beginning carry no position, because there is none to go on from before it is complete.
//   - All watches share one query per commit. A reader that is too slow holds up nobody: what waits for it is bounded, and beyond
//     that it is ended with RESOURCE_EXHAUSTED and goes on from its last position.
//   - While rows are rebuilt calls get UNAVAILABLE, and watches are ended with it: they begin afresh.
//
// # Who sees what of a strategy meeting
//
// Staff and auditors see all of it. The system of an agency sees the meetings that its agency has to do with, and to it there are no
// others. Of each it sees its own part: one that was invited, when, where, why and with whom, which rests on the manager's recorded decision
// that the threshold is met (SOT-10, HUB-02); one that was there or had contributed, how it concluded, and of what was considered each
// statement as its handling allows (HUB-05), without a trace of a source that is protected; one that nobody had invited, what it has itself
// sent. What the record comes to hold later is shown to no agency until it is named in the code.
//
// # What is not
//
// A watch tells the last state of a row, not each one it went through. "Overdue", and an override's end, come about without an event:
// watches are told of it with the heartbeat that follows, so up to one heartbeat late; lists know it at once. What came about so while
// nobody watched, a watch that is resumed learns with the row's next event only: whoever filters by it begins afresh. A watch that was resumed
// may be told that a row is removed which it never had; the system of an agency is told so of its own meetings only. A watch of overrides
// is sent a row that has ceased to match once more, as it is now, and no word of its own for that. A case file or a meeting whose words are
// more than a client takes in one message (4 MiB, by default) cannot be shown: it is far beyond any that is known.
package queryapi
