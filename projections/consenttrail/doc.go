// Package consenttrail is the read model of what allowed information to be gathered and shared: the trail of each contact, and every
// override of every contact as a row of its own.
//
// On the way of a contact it stands between the event store and ConsentTrailService. The trail is kept as the case file is: copies
// of what is on record, sealed parts and all, which [Get] has opened for one contact while the caller waits. Overrides are folded by
// [Apply], a pure fold from one event to one row, because managers and auditors ask for them over all contacts (SOT-08, HUB-04).
//
// # How an override is shown
//
// It is open while it is in force: approved or narrowed, not ended by a review, and before its end. It is expired once its end has
// come without a review having ended it before, whether or not the hub has recorded that yet. Its review was late if one came after
// it was due, or if one was due while the override lasted and has not come: an end does not make a missed review good. Open, expired
// and late are not stored, they are asked with a time.
//
// Whose override "covers" an agency is read off what a manager allowed, and off what was asked for as long as nothing was allowed.
//
// # What is guaranteed, and what is not
//
// Rows of overrides hold codes, opaque ids of staff and times: the risk and the reasons in words are in no row, sealed or not. A trail
// shows that something was shared and under what, never what was said; those parts are not opened at all. Whether the caller may see
// a trail is decided before [Get] is called.
//
// Overrides are rare by the rule that allows them (SOT-08): a page is read along the time of the proposal, and filters are looked at
// row by row on the way. The list would be slow if overrides were the way the work is done; that would be the smaller problem.
package consenttrail
