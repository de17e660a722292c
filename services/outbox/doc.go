// Package outbox tells agencies what the record says they are to be told: the questions they are asked, the reminders, what is taken back,
// and the responses to what they referred. It is the last step of a contact's way: event store → outbox → bus → agency.
//
// It follows the contacts' events, once for all agencies, and publishes on the OUT stream of each:
//
//   - mash.out.<agency>.information-request.v1: a request, a chase or a cancellation (SOT-07);
//   - mash.out.<agency>.outcome.v1: the written response to a referrer (SOT-05).
//
// # What an agency is told
//
// What it needs in order to look, and no more: the names, dates of birth and addresses of the children it is asked about; the NHS number to
// health and the unique pupil number to education only; the question, which was written for it; of the authority, its kind. Nothing that
// another agency told ever goes out here (HUB-05), nor who the referrer is. A cancellation names the request and nobody. What was erased is
// named as erased.
//
// Before a request or a chase is sent, the contact is read once more: one that was taken back meanwhile, that was answered, or whose consent
// or override has come to its end is withheld (HUB-02). Its cancellation is sent all the same.
//
// # What is guaranteed
//
// Every message is in OUT once, in the order of the record, whatever is killed when, and however many outboxes run. Its ce-id is made of the
// event's id, so that the agency can see a repetition too. Publishing names the last sequence of OUT (bus.PublishOut), so of two outboxes
// one is refused, looks at what OUT holds, and finds its message there. The cursor in the stream outbox-<agency> says from where to look: a
// position of the record and a sequence of OUT. It is noted from time to time; what OUT holds after it is not sent again.
//
// An agency whose OUT is full or cannot be reached holds up nobody else; it is tried until it takes the message.
//
// # What is not
//
// In OUT means on the disk of the nats-server, not read by the agency. Messages age out of OUT after a month: an outbox that noted no cursor
// for longer could send them again, with the ids they had. A cursor of another store, or one beyond this store's end, is an error and not
// a reason to begin anew: agencies would be asked again what they were asked years ago.
package outbox
