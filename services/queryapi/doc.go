// Package queryapi answers the people who work the front door: the triage queue, as pages and as a watch, a contact's case file, the
// trail of what allowed its information to be shared, and the overrides of all contacts.
//
// On the way of a contact it stands last: it reads the rows that the projections have folded (projections/triage, casefile and
// consenttrail) and serves mash.query.v1 over gRPC. It cannot write: it knows neither casework nor a command. Who may call
// what is services/rpc's to check, by the table of services/domain/access; only the actions are named here.
//
// # What is guaranteed
//
//   - An answer says the position that it shows, and with not_before it shows at least that one: a caller sees what they did.
//     A position of another store, or beyond the end of this one, is FAILED_PRECONDITION, so that nobody waits for ever.
//   - Pages have a fixed order and are read by key: a row that stays where it is is neither left out nor given twice, whatever
//     happens to other rows in between.
//   - A watch loses no change. Rows of the beginning are read page by page, changes since the first page follow, and only then comes
//     caught_up. Messages of that beginning carry no position, because there is none to go on from before it is complete.
//   - All watches share one query per commit. A reader that is too slow holds up nobody: what waits for it is bounded, and beyond
//     that it is ended with RESOURCE_EXHAUSTED and goes on from its last position.
//   - While rows are rebuilt calls get UNAVAILABLE, and watches are ended with it: they begin afresh.
//
// # What is not
//
// A watch tells the last state of a row, not each one it went through. "Overdue", and an override's end, come about without an event:
// watches are told of it with the heartbeat that follows, so up to one heartbeat late; lists know it at once. A watch that was resumed
// may be told that a row is removed which it never had. A watch of overrides is sent a row that has ceased to match once more, as it
// is now, and no word of its own for that.
package queryapi
