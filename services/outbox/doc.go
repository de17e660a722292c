// Package outbox tells agencies what the record says they are to be told: the questions they are asked, the reminders, what is taken back,
// and the responses to what they referred. It is the last step of a contact's way: event store → outbox → bus → agency.
//
// It follows the events of contacts, of strategy meetings and of consultations, once for all agencies, and publishes on the OUT stream of each:
//
//   - mash.out.<agency>.information-request.v1: a request, a chase or a cancellation (SOT-07);
//   - mash.out.<agency>.outcome.v1: the written response to a referrer (SOT-05);
//   - mash.out.<agency>.strategy-invitation.v1: to a meeting, that it was moved, or cancelled (SOT-11, WT-04);
//   - mash.out.<agency>.strategy-action.v1: what the agency has to do, and that it is overdue (WT-05);
//   - mash.out.<agency>.strategy-minutes.v1: to those who were there or contributed;
//   - mash.out.<agency>.consultation.v1: what was asked and advised, for the agency to keep (KEN-12);
//   - mash.out.<agency>.encompass-notification.v1: what a child's school is told of domestic abuse, and that it has not acknowledged (KEN-20);
//   - mash.out.<agency>.written-form-reminder.v1: that a conversation was not put in writing in time (SOT-01).
//
// # What an agency is told
//
// What it needs in order to look, and no more: the names, dates of birth and addresses of the children it is asked about; the NHS number to
// health and the unique pupil number to education only; the question, which was written for it; of the authority, its kind. Nor does it learn
// who the referrer is. A cancellation names the request, or the meeting, and nobody. What was erased is named as erased.
//
// What another agency told goes out with the minutes of a meeting that considered it and in no other message, and there only as far as its
// handling lets this agency see it (HUB-05). To invite agencies and to tell them of the children rests on the call of the meeting: a
// manager's recorded decision that the threshold of section 47 is met (HUB-02, Haringey).
//
// Before a request or a chase is sent, the contact is read to its end once more: one that was taken back meanwhile, that was answered, or
// whose consent or override has come to its end is withheld (HUB-02). Its cancellation is sent all the same. In the same way what was overtaken
// is not sent: an invitation to a meeting that is over, a move before another, an action that is done, minutes that were corrected since.
//
// Contacts that agencies were told of last stay in memory, folded, and are read on from where they had got. Of people nothing stays there but
// sealed: what goes into a message is opened for it.
//
// # What is guaranteed
//
// Every message is in OUT once, in the order of the record, whatever is killed when, and however many outboxes run. Its ce-id is made of the
// event's id, and the action's where one event gives several, so that the agency can see a repetition too. Messages are published one behind
// the other, up to some 64 of an agency on their way at once, and each names what it is to lie behind (bus.StartOut): the first the last
// sequence of OUT, the others the message before them too. So of two outboxes one is refused, with all that was to follow; it looks at what
// OUT holds, and finds its messages there. The cursor in the stream outbox-<agency> says from where to look: a
// position of the record and a sequence of OUT. It is noted from time to time; what OUT holds after it is not sent again.
//
// An agency whose OUT is full or cannot be reached holds up nobody else; it is tried until it takes the message.
//
// # What is not
//
// Minutes with more than fits into a message (1 MiB) leave out what was considered, and then the words of the actions, and say so.
// In OUT means on the disk of the nats-server, not read by the agency. Messages age out of OUT after a month: an outbox that noted no cursor
// for longer could send them again, with the ids they had. A cursor of another store, or one beyond this store's end, is an error and not
// a reason to begin anew: agencies would be asked again what they were asked years ago.
package outbox
