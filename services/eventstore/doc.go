// Package eventstore is the hub's face of the event store: it appends, reads and follows events, with everything that
// identifies or describes a person sealed on the way in and opened on the way out.
//
// It stands between casework, which decides, and the record, and between the record and the projections. The store may
// be the embedded one (package embedded) or an EventStoreDB cluster; either is reached through the official client
// (EventStore-Client-Go/v4) and nothing else, and this is the only package that imports it. What that client does wrong
// is put right here: it hangs where the store is away, forgets deadlines, panics when closed under load and tells
// errors apart only by halves (client.go, errors.go).
//
// # What it guarantees
//
//   - An Append that returns no error is on disk. One that returns *WrongRevisionError wrote nothing. After any other
//     error it may have been written: the same append with the same event ids may be tried again, and with NoStream or
//     Exactly that never writes twice.
//   - No part of an event that is marked as a person's (a oneof of open, sealed and erased) leaves this package open.
//     Sealed parts are bound to their stream, event type and field.
//   - Every call ends at its own deadline (Config.CallTimeout) or its caller's, whatever the client does, and an outage
//     of any length is survived.
//   - A subscription hands over every event after its position in order and each once, across restarts of the store,
//     as long as its Handle keeps the position with what it makes of the events. All that have caught up share one
//     subscription of the client and what it decodes (tail.go); none of them waits for another.
//   - An event whose type is not known stops who reads it with ErrUnknownEvent; it is never skipped.
//
// # What it does not do
//
// It does not retry appends, cache streams or know any rule. An append with AnyRevision that is tried again may write
// twice on a cluster. A restore of the store is seen by positions beyond its end (ErrBeyondEnd); once new events were
// written past that point it is not, so read models must be dropped when a store is restored. When the store goes away
// under load, the client may leak a connection for each of ours.
package eventstore
