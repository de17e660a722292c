// Package bus carries messages between agencies and the hub over NATS: it makes the credentials, runs the embedded
// nats-server, makes the streams, and gives intake and outbox their two verbs, receive and publish.
//
// It is the first and the last step of a contact's way: agency → bus → intake, and outbox → bus → agency.
//
// # Accounts
//
// Every agency has a NATS account of its own and the hub holds one user and one connection in each. Nothing is imported
// or exported between accounts. Permissions on subjects alone are not enough where agencies share a stream: the server
// sends the acknowledgement of a publish to whatever reply subject the publisher named, without asking its permissions,
// so one agency could place a message on another's subject; and a stream drops a message whose Nats-Msg-Id it has seen,
// so one agency could make another's referral vanish behind an acknowledgement. attack_test.go does both, and shows that
// they work on shared accounts and not here.
//
// # Streams
//
// Each account has three, all on disk:
//
//   - IN, a work queue of mash.in.<agency>.<kind>.v1. Messages stay until intake has settled them, whatever their age;
//     a full IN refuses new messages. Who has been handed what is kept in the server's memory only: after a restart of the
//     server everything in IN is delivered anew, at once.
//   - RECEIPT, mash.out.<agency>.receipt.v1 and rejection.v1, written by intake. It forgets its oldest when full, and is not
//     synced one by one: a receipt can be had again by sending the message again, and an agency that reads none must not
//     stop its own contacts.
//   - OUT, the other mash.out.<agency>.<kind>.v1, written by the outbox. A full OUT refuses.
//
// An agency may publish on its IN subjects and read its two outbound streams through one durable consumer each; nothing
// else of the JetStream API is open to it.
//
// # What is guaranteed
//
// A PubAck on IN or OUT means that the message is on the disk of the nats-server, synced (SyncAlways), and queued; not that
// it is on record. Messages are delivered at least once, in order per agency as long as none is handed back. The hub's connections
// reconnect for ever. Nothing here looks inside a payload, and nothing logs one: subjects and headers hold no personal data.
//
// It does not deduplicate (intake does, by agency, ce-source and ce-id), does not survive a flipped bit in an only copy
// of a stream, and does not run a cluster; an external nats-server may be one (ServerConfig writes its accounts).
package bus
