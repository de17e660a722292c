// Package strategymeeting decides about one strategy meeting or discussion under
// section 47 of the Children Act 1989, from its proposal to the conference and the
// reviews that follow from it.
//
// On the way of a contact it stands beside package contact: casework folds the
// stream strategymeeting-<uuid> into a [State] with [Evolve], asks [Decide] what a
// command adds, and appends that at the revision it folded. [Propose], [Call] and
// [Decline], [Widen], [Move] and [Cancel] arrange a meeting; [Answer] is an agency's
// over NATS or by telephone; [Conclude] records what was decided; [CloseAction],
// [IssueMinutes] and [ReceiveMinutes] follow it through; [ConcludeEnquiries],
// [RecordConference], [RecordCoreGroup] and [RecordReview] keep what section 47
// enquiries lead to. [ActionLapsed] and [Follow] are the hub's own: they follow from
// a due time and from another meeting's record.
//
// # The rules, and where they are from
//
//   - SOT-10, Southampton: the step is the social worker's and their manager's, with
//     the impact on the children and the presence or risk of significant harm always
//     answered. One person proposes and another calls, whatever their roles; a
//     proposal with nothing found may be recorded, and is called only where the
//     manager's own answer is another.
//   - SOT-11: the call is the recorded decision that the threshold is met. Inviting
//     agencies and telling them why rests on it, as R (AB and CD) v Haringey [2013]
//     EWHC 416 (Admin) asks (HUB-02): nothing goes out on a proposal.
//   - SOT-35: out of hours the on-call senior manager has the manager's part.
//   - KEN-18, Kent: whose meeting it is. KEN-23: that a contact waits for it is on
//     record here; package contact keeps the decision back.
//   - WT-03, Working Together 2023: the conference is due 15 working days from the
//     discussion that started the enquiries, by when that was held and not by when
//     it was recorded. A later meeting carries the start on and never moves it.
//   - WT-04: no conclusion without children's social care, health and police, and
//     what the profile adds, each there in person or by telephone. A substitute counts
//     for their own agency's sector. Apologies with a written contribution do not
//     count, and are on record as both.
//   - WT-05: for each child its own outcome (that enquiries start for one of three
//     says nothing of the others), single or joint, medical, who sees the child by
//     when, protection, other children, position of trust; what each agency does by
//     when; what the family is told; who does not agree.
//   - WT-06: first core group and reviews, from the conference. Months are calendar
//     months; at the end of a shorter month its last day counts, and the due day stays
//     as it is where it is no working day.
//   - HUB-03: an answer after the end, or of an agency that nobody invited, is kept.
//     HUB-05: a contribution has its handling, and what was considered is on record
//     with the handling that it had.
//
// # How they are read
//
//   - A telephone discussion counts and is recorded as one. It may be called and
//     concluded after it was held, when somebody can write: up to a week after,
//     which is ours, and longer than any row of days off.
//   - A move to another time asks everybody again: what was said of the old time says
//     nothing of the new one. The clock does not move with the meeting.
//   - Enquiries run on the meeting that started them, and end there. A later meeting
//     decides that they go on or end; [Follow] brings that to the first. Where they
//     have ended before it was held there is nothing to go on, and it may start new
//     ones, with a clock of their own.
//   - Of two meetings about a child that know nothing of each other, the first that is
//     recorded starts the enquiries. The other learns of it when it concludes, says
//     that they go on or end, and starts no second clock. That holds for one that was
//     held earlier and is recorded later, too: ours, for the agencies act on the
//     conference date that they were given. Whoever records it sees both times, and
//     can hold the conference sooner.
//   - A conference is one for all children whose enquiries lead to it. Where it is
//     held for some of them only, the others' enquiries are ended first.
//   - Minutes go to who was there, and to the invited who had contributed. A
//     contribution that nobody asked for entitles to nothing (HUB-02).
//   - That the child is seen, a medical arranged and the LADO told become actions, so
//     that they are closed and chased as every other one. A medical is due when the
//     child is to be seen (ours: no profile has a clock for it).
//
// # What it guarantees, and what it does not
//
// Refusals are *domain.Refusal, name every field at fault and repeat no content.
// Events carry the outcome of the rules: due times, the quorum, who was absent, what
// had lapsed. A command repeated on its own result adds nothing or is refused.
//
// It does not know the registry or other streams: sectors, what is on record of a
// contact, and enquiries that run already are resolved by casework. A sector stands
// for whoever the registry puts into it: "social-care" is the local authority's own,
// and early help and the family courts have others. The State holds names and words
// that are open; see there. Core groups after the first one, and the plan itself, are
// kept elsewhere.
package strategymeeting
