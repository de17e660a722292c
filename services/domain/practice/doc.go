// Package practice holds what a local authority may vary: its [Profile] of
// clocks, opening hours, duties, teams and coded lists.
//
// On the way of a contact, casework gives the profile in force to a decider,
// which asks it when something is due, whose work it is and whether a role may
// do it here. The answers go into the decider's events, with the profile's
// authority and revision in their metadata; evolve and projections never read a
// profile, so that adopting another one changes no past.
//
// [Builtin] is the profile until an authority adopts its own. What it holds was
// chosen from the published procedures of several front doors, and each clock
// names its source:
//
//   - Merton: partners answer in 2, 6 and 24 hours (red, amber, green).
//   - Oxfordshire: the hub decides within 4 hours, one and three working days of
//     the rating, and rates within one working day of arrival.
//   - Luton: clocks count the hub's working hours, except red, which runs on past
//     hours. So red is counted in hours that pass, and Merton's amber and green
//     in working hours: 24 of them are three days of 09:00 to 17:00.
//   - Southampton: open Monday to Friday 09:00 to 17:00 (SOT-30); Kent's own
//     hours differ (KEN-19) and would be Kent's profile.
//   - WT-01: the referrer has an answer within one working day. Ours: counted from
//     the sign-off of the decision, for there is nothing to tell before.
//   - Portsmouth: a call is followed by a written form within 48 hours. They are
//     hours that pass, from the call. Southampton moves away from written referrals
//     (SOT-01) and its own profile would leave this clock out; Kent's would begin in
//     writing altogether (KEN-12).
//   - Operation Encompass (KEN-20): a school is told before the next school day begins.
//     Ours: it begins at 08:30. Built in are no term dates, so every working day is a
//     school day; an authority that names its terms is told of holidays by them.
//   - Chasing an overdue answer: no source says how often. Ours: after half of the
//     time that the rating gives partners, again and again until there is an
//     answer or the question is taken back.
//   - Strategy meetings: held within three days of the call (Bexley, read as
//     working days: what cannot wait is discussed by telephone at any hour); a
//     discussion by telephone is followed by a meeting within five working days
//     (Lewisham; Southampton and Kent say nothing, and a profile may leave it
//     out); a child is seen within 24 hours (Sefton, Slough), counted from when
//     the enquiries were decided on; the LADO is told within one working day
//     (Sheffield). That minutes take five working days is ours.
//   - WT-03, WT-06: conference, first core group and reviews. They are law: a
//     profile may have them earlier and never later.
//
// What binds overrides is ours, as no source gives figures: an end within ten
// working days, a review within one. SOT-08 and SOT-32 say who decides on them,
// the team manager while the front door is open and the on-call senior manager
// while it is closed.
//
// # How the aims are read
//
// An aim is what a front door hopes to keep; nothing follows from missing it.
//
//   - KEN-08, a decision within 48 hours where possible: 48 hours that pass, from
//     arrival, over nights and weekends too. The source says hours where others
//     say working hours, and its front door has staff at all hours.
//   - KEN-09, everything in by 17:00 is triaged: due at the end of the calendar
//     day (24:00) of the first working day by whose 17:00 the contact was in. In at
//     exactly 17:00 is in by 17:00; closing time itself cannot be the due time, for
//     work that comes in at 16:59 counts too. What comes in later, at a weekend or
//     on a bank holiday, is in by 17:00 of the next working day.
//
// # What it does not do
//
// The rota of KEN-05 (six teams, three on duty, each with its slots) is not
// here: all work of the front door goes to one default team, and only the duty
// team for unaccompanied children and the out-of-hours team own work types of
// their own. Hours of arrival do not change the team: unaccompanied children
// stay their own team's also when they arrive at night.
package practice
