// Package worktime reckons due times: opening hours, working days and the bank
// holidays of England and Wales, in the clock of Europe/London.
//
// It stands below the practice profile: a profile says that amber is six
// working hours, this package says when those have passed. Deciders record the
// result in their events and never ask again.
//
// # How the rules are read
//
//   - A working day is a Monday to Friday that is not a bank holiday. Hours do
//     not change that: an authority cannot lengthen a statutory clock by closing
//     on Wednesdays, so every Monday to Friday must have hours.
//   - The day of the trigger is day 0, at whatever hour and also when it is no
//     working day. "Within n working days" is due at closing time of the n-th
//     working day after it. A contact at 17:30 on the Thursday before Easter has
//     Thursday as day 0, and one working day ends on Tuesday at closing time.
//   - Working time runs only while the office is open on a working day. It is
//     due at the earliest instant by which enough of it has passed, so time
//     that runs out at 17:00 is due at 17:00 and not at 09:00 the next day.
//   - Opening time counts as open and closing time as closed (SOT-30: out of
//     hours begins at 17:00).
//   - Both changes of the clocks fall on Sundays, so they move the instant at
//     which an office opens and never the length of a working day.
//
// # What it guarantees, and what it does not
//
// Results depend on the arguments and on the data in this package alone: the
// table of bank holidays and the rules of Europe/London are embedded, and the
// machine's own zone files are not read. The table has a version, to be recorded
// beside every due time that counted by it.
//
// A date outside the table is a [CoverageError], never "no holidays". The table
// ends with 2028: from 29 December 2028 on, one working day cannot be reckoned
// until a build carries a longer one. [Calendar.Covers] lets a hub warn in time.
//
// Only one span of hours a day is known, and none at weekends: this is the
// working time of a front door, not the rota of a service that covers nights.
package worktime
