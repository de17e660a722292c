// Package embedded is an event store that speaks the EventStoreDB gRPC
// protocol, kept on Pebble, in this process.
//
// It stands where an EventStoreDB cluster would stand: casework appends to it
// and projections subscribe to it, both only through the official Go client
// (EventStore-Client-Go/v4), so that moving to a cluster is a connection string.
//
// # What it guarantees
//
//   - An append that was answered with success is on disk (its write-ahead log
//     was synced before the answer) and is there after a crash exactly once and
//     whole; an append of several events is never there in part.
//   - Nobody reads an event before it is on disk.
//   - Positions in $all are 1, 2, 3 … without a gap. Callers must treat them as
//     opaque all the same: a cluster gives byte offsets.
//   - Every stored event carries a checksum of our own, checked on every read.
//     A record that fails it, or any other fault in storage, stops the store
//     (see [Options.OnFatal]); nothing is served around a fault. A log whose end
//     has been lost is refused when it is opened (head.go).
//   - An append is recognised by its event ids for ever, where a cluster only
//     remembers them for a while. [Options.ForgetEventIDs] takes that surplus
//     away, so that callers can prove that they do not lean on it.
//
// # What it does not do
//
// Damage to the end of the write-ahead log goes unnoticed when it hits events of
// the last second before a crash: they look like a write that was torn.
//
// There is one node: no replication and no failover. Truncated, expired and
// deleted events are hidden, never reclaimed (there is no scavenge). Access
// control lists are stored and returned, not enforced. Regular expressions in
// filters are RE2, so look-around, which .NET allows, is refused. BatchAppend,
// projections and the HTTP interface are absent; the Go client calls none of
// them but for projections. Stream names are valid UTF-8 without control
// characters, at most 4 KiB, a filter has at most 16 KiB, and one append holds at
// most 100,000 events. A tombstone for metadata alone is refused.
// Persistent subscriptions measure no rates, and a group on $all does not get
// the events that it writes itself. When a client ends the stream of a group's
// checkpoints, the group goes on and begins at its start after a restart; when it
// ends the stream of what is parked, what was parked is gone with it, and what would
// be parked is delivered again.
//
// # Where to look
//
// record.go and keys.go are the format on disk, byte by byte; request.go reads
// appends off the wire and wire.go writes events to it; decide.go is what an
// append, delete or tombstone may do; writer.go is the one goroutine that writes,
// probe.go how it learns what is in the log and walfile.go how the disk gets it;
// the scan files read; subscribe.go follows the log; the group files are persistent
// subscriptions; server.go and the rpc_ files are the protocol; verify.go reads
// everything again, independently.
//
// # The way of an append
//
// A handler reads the request by hand, copying it once, and queues a command. The
// writer takes what is in the queue and lingers a moment for the rest of a burst;
// it decides by what it remembers of the streams or, for what it does not, by
// Pebble's filters, which it leaves room in memory; one batch, one sync, and while
// that lasts the next batch is gathered; then the positions are published and the
// answers go out, encoded by hand.
package embedded
