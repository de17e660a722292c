// Package access says who may do and see what: one table of roles and actions,
// and nothing is permitted that the table does not name.
//
// On the way of a contact it is asked twice: by rpc before a call reaches a
// service, and through the practice profile by a decider before it decides. A
// profile may narrow the table (which of these roles triage here, and when); it
// cannot widen it.
//
// [Matrix] renders the table as Markdown for people who answer for it, such as
// a data protection officer; testdata/matrix.md is that page, and a test
// compares every cell of it with the answer the code gives.
//
// # How the rules are read
//
//   - KEN-03: initial triage and rating are for a team manager or a senior
//     practitioner. The on-call senior manager, who oversees the work out of
//     hours (SOT-32, SOT-35), may too; that it is out of hours is for the
//     profile to check, as this table knows no time.
//   - KEN-06 does not say who passes a contact to a worker. Ours: who triages.
//   - Linking a contact as a duplicate takes it out of the queue. No source
//     says who may. Ours: a social worker or whoever triages, and no officer,
//     because what leaves the queue is not looked at again.
//   - No source says who asks agencies or who signs a decision off. Ours: a
//     professional asks and decides, whoever manages them signs off, and officers
//     do neither. That nobody signs off their own decision is for the decider, as
//     this table knows no persons.
//   - SOT-08, SOT-32: a practitioner proposes to go on without consent, a team
//     manager or the on-call senior manager decides. Whose hours it is, and that
//     nobody decides what they proposed (HUB-01), is for profile and decider.
//   - What a family says is written down by whoever speaks with them, officers
//     included: a consent can always be taken back.
//   - Operators run the hub and read nothing about people: quarantine shows them
//     the reason and the hash of a message, never its content.
//   - SOT-10, SOT-11: a practitioner proposes a strategy meeting, a manager calls
//     and concludes it. Ours: any practitioner arranges it once it is called, any
//     of the front door writes down what an agency answers by telephone.
//   - HUB-05: an agency's system reads strategy meetings; which of them, and how
//     much of each, is for whoever shows them. Who was absent, and which
//     conferences are due, is for the staff who answer for it and for auditors.
//   - HUB-04: auditors read what is on record and change nothing.
//
// It does not identify anyone (rpc does), nor say which agency may see which
// statement (consent and handling decide that), nor limit a role to a team's
// own contacts: every practitioner of the front door sees its whole queue.
package access
