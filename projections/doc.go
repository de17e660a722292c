// Package projections folds what is on record into rows that can be asked: it runs read models.
//
// On the way of a contact it stands after the event store and before queryapi and auditapi. A [Projection] is a pure fold from
// events to rows; everything else is the [Runner]'s: the catch-up subscription, the batch, the transaction, the checkpoint, the
// rebuild and the signal that something has changed. The read models are the packages below this one; README.md says how to add
// one.
//
// # What is guaranteed
//
//   - Rows and checkpoint commit together. A crash at any moment leaves rows that are exactly those of the checkpoint.
//   - Every event but those of the store itself ("$…") reaches the projection once, in the order of $all. One that this release
//     does not know, or that cannot be folded, stops the projection, and [Status] says why: skipping it would show rows that are
//     wrong and look right.
//   - Two runners of one projection, in one process or in several, meet at the checkpoint row, which is the lock: each commit
//     moves it from the position that its runner knew. The slower one finds it moved, folds nothing twice and goes on behind.
//   - A checkpoint of another store, or beyond the end of this one (after a restore), makes the rows be rebuilt, and while they are,
//     readers are told so ([ErrRebuilding]) and never shown half of them.
//   - A new version is built beside the old one, which readers go on reading, and takes its place when it has caught up.
//   - No read model holds plaintext about people: the subscription leaves the sealed parts of events sealed, and this package has
//     no key. Who may see them has them opened when they ask, one contact at a time.
//
// # What is not
//
// Answers are behind the record by the time a batch takes, some milliseconds; who must see a certain event waits for its position
// ([Progress.WaitFor]). No decision is taken from a row. A process without the runner learns of a change by looking at the
// checkpoint row every now and then ([Follower]). After a swap the rows of the old version are gone: going back to an older release
// rebuilds them, once the newer version's row is deleted from the table "projections" by hand.
package projections
