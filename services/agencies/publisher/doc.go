// Package publisher is what a partner agency's system runs to send messages to the hub: it publishes each one, waits for
// the hub's receipt or rejection, and sends it again while neither has come.
//
// It stands outside the hub, at the very start of a contact's way, and imports nothing of the hub's: it shows all that a
// partner needs, which is a URL, a seed file, and the rules on this page.
//
//   - Messages go to mash.in.<agency>.<kind>.v1 as CloudEvents in binary mode. Source and ID together name a message; a
//     message that is sent again carries the same ones and the same bytes.
//   - The acknowledgement of NATS means queued. Only the receipt means on record: keep the message until it has come.
//   - Receipts and rejections come on mash.out.<agency>.receipt.v1 and rejection.v1, through the durable consumer
//     "receipts" of the stream RECEIPT. Their header mash-answers says which message they answer: <source>|<id>, both
//     percent-encoded, "|" as %7C.
//   - Nats-Msg-Id is never set. The server would drop a message that is sent again, and its receipt would never come.
//
// A receipt proves that a message is on record once, however often it was sent. A Publisher keeps messages in memory
// only: a system that must not lose one across its own restart keeps it until Answer, and sends it again.
package publisher
