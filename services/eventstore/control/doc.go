// Package control lets another process ask for a copy of an event store that is being served.
//
// Only one process can have an embedded store open, so a backup of a running hub, or an export of its record, has to be made by the
// hub's own process. That process starts a [Server], which listens on the unix socket control.sock in the store's folder; whoever
// wants a copy calls [Backup] or [Export] with that folder. It stands beside the way of a contact: nothing that the hub does leads
// through it.
//
// # What it guarantees
//
// A backup holds every append that was answered before Backup was called, and so does an export; both are made while the store goes on
// being used. An export that was cut off is an error, never a short file that looks whole. The socket's mode is 0600 from the moment it
// can be seen: who may ask is who may read the store's files.
//
// # What it does not
//
// The copy is made by the process that serves: the folder must be one that this process may write to, and a file system that both see.
// The socket is HTTP without TLS and never leaves the machine. It is not part of the contract with the event store's clients: an
// EventStoreDB cluster has its own tools.
package control
