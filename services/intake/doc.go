// Package intake takes what agencies publish and puts it on record. It stands between bus, which carries the message, and casework, which
// decides what becomes of it and appends.
//
// A message is verified, validated, translated, made a command and settled, in that order; intake.go reads top to bottom. Settling is the
// only place that acknowledges:
//
//   - on record, now or before: a receipt is published, then the message is acknowledged;
//   - never acceptable as it stands: it is quarantined with its reasons, a rejection is published, then the delivery is terminated;
//   - not possible just now (the store is away): it is given back with a growing delay, for as long as it takes;
//   - about a contact or a strategy meeting that is not known yet: it is given back the same way, and after a day rejected.
//
// Power may fail between any two of these steps. The message then comes again, casework finds what the first delivery did, and the same
// answer is published again: the sender may see an answer twice and never none, and the record holds the message once.
//
// A message that an operator put back from quarantine (operatorapi) is handled like any other. On record, its bytes leave the vault before
// its receipt is published; rejected again, they stay where they are.
//
// Messages of one agency about one contact, or one strategy meeting, are handled one after the other, others beside them. Nothing waits behind a
// message that cannot be handled: what waits for its contact holds up nobody, and two such messages can change their order.
//
// What intake does not do: it keeps no state of its own, reads no read model, and never looks at the time of a sender to decide anything.
package intake
