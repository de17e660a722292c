// Package recordtest is what tests of read models stand on: a real event store and real databases, thrown away with the test, and
// histories of contacts to fold, written by hand or drawn at random.
//
// Nothing in it stands on the way of a contact. Its events keep the form of real ones, and not every rule: a fold must hold for
// whatever can be on record. Parts about people hold words that a test can look for where they must not be.
package recordtest
