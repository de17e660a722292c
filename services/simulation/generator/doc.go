// Package generator makes up what a front door receives: weeks of contacts and of open cases, as agencies would send
// them, from a seed. It is the payload of the demonstration and of the benchmarks, and stands before the first step of a
// contact's way: it publishes nothing.
//
// A week has the shape of KEN-21 (1,604 contacts on average, 1,100 at the least, 1,942 at the most) and of the Department
// for Education's figures for England 2023-24: shares by referral source, volumes by month. Where no figure is published
// (hours of the day, ages, families, how contacts repeat, what is said of consent) the weights are ours, and stand in
// tables: channels.go, rhythm.go, theme.go, consent.go, family.go.
//
// The same options give the same steps, to the byte. A step's id is derived from its payload, so that another seed, or
// another version of this package, never sends other content under an id that a hub has on record.
//
// With Options.Beside there is more than plain messages: the police tell with their notifications of domestic abuse what they attended (KEN-20),
// and a week has conversations (SOT-01) and consultations (KEN-12), one for every 40 and for every 50 contacts. These shares, too, are ours. The
// messages are otherwise those of the same week without it.
//
// Nobody in it exists. NHS numbers are in the test range 999, unique pupil numbers name no school, postcodes are in ZZ99
// and telephone numbers in the ranges kept for drama. All the same, the numbers have right check digits and every
// payload passes the rules of mash.intake.v1.
//
// What it does not do: source 5C never occurs, as no agency of the registry may send it (its share is in the other LA
// sources); the shares by source are the year's in every month, as nobody publishes them by month; and schools are open
// all year, save for the days that Options.Closed names.
package generator
