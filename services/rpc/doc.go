// Package rpc is what the hub's gRPC services have in common: who is calling, what they may call, what they get when it
// does not work, and how a server starts and stops.
//
// It stands between a worker, analyst, auditor or operator and the package that serves them (commandapi, queryapi,
// auditapi, operatorapi). Those packages hold no check of a token, a role, a field or a deadline, and no mapping to a
// gRPC code beyond naming which of this package's errors theirs is.
//
// # What is guaranteed
//
//   - Callers are named. A call without a valid bearer token reaches health and reflection, and nothing else
//     (UNAUTHENTICATED). [Authenticator] is the one place for the authority's own identity provider.
//   - Every method has an [access.Action]; the server refuses to serve when one has none (PERMISSION_DENIED otherwise
//     follows the table, with its reason).
//   - The system of an agency calls with a token that names its agency, and reaches queries only, whatever else the table lets it do: what it
//     has to say it publishes on its own NATS account, which says whose it is.
//   - A handler sees only requests that hold to the rules in their proto (INVALID_ARGUMENT with every field that broke one).
//   - Every error of a handler or of this package is one google.rpc.Status with exactly one ErrorInfo of domain "mash" and a published reason (reason.go).
//     No answer and no log line repeats what was sent, and no driver's text leaves the process; the id in an internal
//     error's metadata finds its line in the log.
//   - Every unary call has a deadline: its own, and never more than Config.MaxCallTime. A call that brings none is given
//     one and not refused: commands are idempotent by request id, so a caller that was cut off asks again, and a refusal
//     would only shut out tools such as grpcurl that set no deadline of their own.
//   - [Server.Stop] says NOT_SERVING, ends watches with UNAVAILABLE, lets calls end, and returns by its context's deadline.
//
// # What is not
//
// What gRPC refuses before a method is reached (an unknown method, a message above the size limit or that does not parse)
// has gRPC's code and text, without an ErrorInfo. There is no rate limit per caller, a token has no end date (people are taken off the list), and decisions of access are
// in the request log with method and code only, not in the record.
//
// Of ours it imports services/domain for the type of a rule's refusal and services/domain/access, nothing else: what
// casework or the event store call their errors is translated by the API packages that call them.
package rpc
