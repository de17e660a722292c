// Package storetest is the contract of the event store as a suite: what a server
// must do so that the hub, through the official Go client, cannot tell it from
// EventStoreDB.
//
// The same tests run against the embedded store (over TCP, with TLS and credentials,
// and over a unix socket) and, when MASH_EVENTSTORE_URL holds a connection string,
// against the server it names. They share one log with whoever else writes to it, so
// every test uses streams of its own and asks of $all only what holds beside other
// writers. What lies below the client is asked over a plain connection to the same
// address.
//
// A [Server] says what can be done to it. A server that is only named cannot be
// restarted from here and its clock does not move; the tests of that print that they
// are skipped. So do those of credentials where the connection string has none, and
// those below the client where it names a cluster.
//
// What has been run where: this suite has only been run against the embedded
// store so far. Its expectations of a real server come from the client's own
// tests and from reading how EventStoreDB behaves, and a difference that a real
// server shows is a mistake here.
package storetest
