// Package casefile is the read model of a contact's case file: the stored events of each contact, and which contacts are linked to
// it as duplicates.
//
// On the way of a contact it stands between the event store and ContactService.GetContact. Its rows are copies of what is on record,
// sealed parts and all; [Get] has them opened for one contact, by the event store's face, and folds them to a [File] while the
// caller waits. So the file shows what the record says, in the words of the record, and what was erased since shows as erased
// without any row being touched.
//
// # What is guaranteed, and what is not
//
// A file shows every event of the contact up to the position it names, and none after it. Whether the caller may see it is decided
// before [Get] is called, not here. Lists of many files are not what it is for: each one opens every part.
package casefile
