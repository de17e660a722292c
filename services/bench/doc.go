// Package bench measures the hub on the machine it runs on, and sets each figure beside its goal.
//
// It stands beside the way of a contact and looks at it from its two ends: it publishes as agencies do, over NATS with their own
// credentials, and looks as staff do, over gRPC with their own tokens; the record it reads through the official client of the event
// store. Everything in between is a whole hub, started as mash serve starts it, in a folder of its own.
//
// # What a figure is
//
// Absolute rates of two machines, or of one machine on two days, cannot be compared: what counts is a ratio between things that were
// measured within one round, by turns, so that a noisy neighbour slows both. A figure is the median over the rounds, with its range;
// one about losing nothing is judged by its worst round. The goals stand in goals.go, in the words they were set in. Beside the figures
// stand the absolute values they were made from, the processor's time for each contact, and how long this folder's file system takes to
// put 4 KiB on disk: on a slower disk everything here is slower, and a ratio may be another.
//
// # What it guarantees, and what it does not
//
// Nothing is estimated: what could not be measured is an error, never a number. Payloads come from services/simulation/generator, from
// one seed, so that every round and every release measures the same messages. A hub starts afresh for each measurement, on free ports
// of loopback, and is stopped and deleted after it; before a measurement begins it is warmed up.
//
// Publishers, hub and readers share the machine's cores, in one process: a hub that has a machine for itself does better. Nothing is
// said of networks, TLS, an external NATS server, an EventStoreDB cluster or PostgreSQL.
package bench
