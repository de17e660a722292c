// Package hub is the composition root: it starts the parts of a hub in the order in which data flows through them and stops them in the
// order that loses nothing. Everything else of the project is handed what it needs; only here is it decided what that is.
//
// Start order: keys, event store, NATS, casework, read models, gRPC, intake. Intake is last, as it is what lets the world in.
//
// Stop order: gRPC says NOT_SERVING and ends its watches, intake takes no more and finishes what it began, read models stop at a checkpoint,
// connections to NATS close, callers of the event store drain, the embedded store flushes and closes, the embedded NATS server shuts down,
// keys close last, as sealing and opening needs them until the end.
//
// What is embedded and what is external is a matter of settings (Config); no other package knows. A hub's clock is the machine's, unless
// whoever composes it drives it (the demonstration and tests do; no setting can).
package hub
