// Package contact decides about one contact, from its arrival at the front door
// until its decision stands and its referrer has been told.
//
// On the way of a contact, casework folds the stream contact-<uuid> into a
// [State] with [Evolve], asks [Decide] what a command adds, and appends that at
// the revision it folded. The commands are [Receive], which intake makes of an
// agency's message, [RecordConversation], which a worker gives, and [Triage], [Rate], [Allocate], [Link] and [Unlink], which
// staff give over gRPC; then those about consent and override (package authority
// folds what they leave), about what agencies are asked and tell
// ([RequestInformation], [ShareInformation]), and about what is made of it
// ([RecordAnalysis], [DecideContact], [SignOff], [AnswerReferrer], [Reopen]).
//
// # The rules, and where they are from
//
//   - SOT-01, Southampton: a contact can begin as a conversation that a worker
//     records, by the rules of one that comes as a message. Its clocks start with the
//     conversation, when the authority had it. Where the profile wants a call put in
//     writing (Portsmouth: within 48 hours), that form is awaited and linked to the
//     conversation; one that does not come is asked for once. KEN-12: a profile can also say that professionals begin in writing.
//   - SOT-02, Southampton CRS: the referrer says whether consent was sought and,
//     if not, why seeking it would place the child at risk of significant harm.
//   - KEN-02, Kent: a request for support is complete: who, date of birth,
//     contact numbers, reason, agreement to engage and, unless it is child
//     protection, whether the family knows.
//   - KEN-03: a team manager or senior practitioner triages, once, directs what
//     is to be done and rates; a later rating has its reason. A clock that had
//     lapsed stays on record when another replaces it.
//   - KEN-04: a child who is open to a team goes straight across to it; brothers
//     and sisters who are not open stay in the queue.
//   - KEN-05, KEN-16: the work type says which team owns it from its arrival on.
//   - KEN-06: a named worker has it only after triage.
//   - KEN-08, KEN-09: the aims for decision and triage, counted from arrival.
//     Every clock starts at receipt, a conversation's when it was held, and none at the
//     incident.
//   - SOT-07, KEN-25: who with parental responsibility was asked, by whom, when
//     and how, and what they said, or why nobody was; HUB-02, what is taken back
//     or at its end allows nothing new. What of this allows a question to an
//     agency is for package authority to say.
//   - KEN-11: agreement to engage is another thing than agreement to share, a
//     refusal of it is weighed, and going on despite a refusal is on record.
//   - SOT-08, SOT-32, HUB-01: an override is proposed by one person and decided
//     by another, in a role whose hours these are: approved, declined, or narrowed
//     and never widened, with an end and a review that the profile bounds. It names
//     the refusals that stand; one that comes in before the decision has to be
//     weighed in a new proposal (ours). ROC-03: an agency's own decision is on
//     record and allows the hub nothing.
//   - SOT-07, HUB-02, R (AB and CD) v Haringey: an agency is asked only what a
//     consent or an override in force covers at that moment, cites it, and is told
//     the recorded status of the case. Whatever ends the authority takes the
//     question back in the same append. To chase is to ask; a link as a duplicate
//     ends no question, as it is about the same children.
//   - HUB-03, HUB-05: what an agency tells is kept, asked or not, late, after all
//     was over, or beyond the question; each statement has its handling, and
//     [Visible] says who may see it.
//   - SOT-09, SOT-10: nothing that was shared is decided over unread, and where
//     significant harm was found the outcome is a referral.
//   - SOT-04, KEN-01, KEN-07, KEN-11, KEN-17: an outcome, level and destination for
//     each child, with its rationale; early help takes agreement to engage, and a
//     refusal stops no referral.
//   - KEN-23: a contact that needs its strategy meeting first is not decided
//     before it. The hub tells it of the meeting and of what became of it
//     ([AwaitMeeting], [SettleMeeting]): what a decision rests on is in its own
//     stream. Its own clocks run on.
//   - Ours: a manager who did not take the decision signs it off.
//   - SOT-05, KEN-15, WT-01: then the referrer is told, in time, as much as they
//     may know.
//   - KEN-20, Operation Encompass: when the police tell of domestic abuse, it is decided
//     for each child whose school is told, before the next school day begins. It is a
//     duty and rests on no consent (Domestic Abuse Act 2021 section 49A); where no school
//     is known, somebody has to settle that. Who has not acknowledged in time is
//     reminded, once (ours).
//   - The children in need census: dates that can be (8525), the sex of an unborn
//     child (8750), the check letter of a UPN (1510).
//
// # What it guarantees, and what it does not
//
// The sender's edge checks the form of a message too; here every rule is checked
// again, because a message can arrive by another edge. Refusals are
// *domain.Refusal, name every field at fault and repeat no content. Events carry
// the outcome of the rules: due times, the team, what matched, what had lapsed.
// A command repeated on its own result adds nothing or is refused as done.
//
// It does not know whether a message was seen before under another key, or
// whether two contacts tell of the same thing: the first is casework's ledger,
// the second a person's judgement, recorded as a link that can be undone. A link
// leads to a contact that waits in the queue when it is made. That one can be
// linked to a third later, as its stream does not know who links to it: readers
// follow the chain to its end. It does not record what a case file shows; that is
// a projection. That a full request went to all partners is for whoever resolved
// them: the registry is not known here. Nor can it read: a response to a
// referrer, or words that give a protected source away, are as their writer wrote
// them.
package contact

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/contact/authority"
	"github.com/openmash/mash/services/domain/practice"
)

// State is what must be known of a contact to decide about it. It is a value:
// Evolve gives a new one and leaves the old as it was.
type State struct {
	// ID is the contact's uuid; empty: there is no contact.
	ID string
	// Subjects are the ids of all its children, Queued of those for whom the
	// front door still has to act.
	Subjects, Queued []string
	// Team has it now, and Worker within the team once it was allocated.
	Team, Worker string
	// Rating is empty until triage.
	Rating string
	// Clocks run; a clock leaves when it is replaced, not when it lapses.
	Clocks []*eventpb.Clock
	// DuplicateOf is the contact that this one is linked to; empty: none.
	DuplicateOf string
	// Directed are the actions of its triage.
	Directed []string
	// Authority is what allows information about its children to be gathered.
	Authority authority.State
	// Agency sent it and is answered in the end; SourceCode and Anonymous say
	// how much it may be told (KEN-15).
	Agency, SourceCode string
	Anonymous          bool
	// Channel is that of the conversation that it began with; empty: a message.
	// WrittenForm is the clock under which that is put in writing, nil where nobody
	// waits for it. Forms are the contacts that have done so.
	// FormLapsed says that it is on record that the form had not come in time.
	Channel     string
	WrittenForm *eventpb.Clock
	FormLapsed  bool
	Forms       []string
	// Encompass is whether each child's school is told of an incident (KEN-20).
	Encompass []Notification
	// Requests, Shares, Analyses and Decisions are all there were, oldest first.
	Requests  []Request
	Shares    []Share
	Analyses  []Analysis
	Decisions []Decision
	// Meetings are the strategy meetings about children of the contact, and
	// Enquiries those under section 47 that run, one for a child.
	Meetings  []Meeting
	Enquiries []Enquiry
	// Revision is the last event's in the stream; of no meaning before Begun.
	Revision uint64
	// Begun says that there is an event.
	Begun bool
}

// Decider gives the rules of this package.
func Decider() domain.Decider[Command, proto.Message, State] {
	return domain.Decider[Command, proto.Message, State]{Initial: Initial, Evolve: Evolve, Decide: Decide}
}

// Initial is the state of a contact that was never received.
func Initial() State { return State{} }

// Evolve folds one event. It takes the events in any order that can be stored,
// and refuses an event of another stream or of a later release: to skip one
// would be to decide on half a record.
func Evolve(s State, event proto.Message) (State, error) {
	if s.Begun {
		s.Revision++
	}
	s.Begun = true
	switch e := event.(type) {
	case *eventpb.ContactReceived:
		s.ID, s.Team, s.Clocks = e.GetContactId(), e.GetTeam(), e.GetClocks()
		s.Agency, s.SourceCode, s.Anonymous = e.GetAgency(), e.GetSourceCode(), e.GetAnonymous()
		s.Subjects = nil
		for _, subject := range e.GetSubjects() {
			s.Subjects = append(s.Subjects, subject.GetSubjectId())
		}
		s.Queued = s.Subjects
		s = s.conversed(e)
	case *eventpb.WrittenFormReceived:
		s.WrittenForm, s.Forms = nil, append(slices.Clip(s.Forms), e.GetFormContactId())
	case *eventpb.WrittenFormOverdue:
		s.FormLapsed = true
	case *eventpb.ContactPassedAcross:
		s.Queued = e.GetRemaining()
	case *eventpb.ContactTriaged:
		s.Rating, s.Team, s.Directed = e.GetRating(), e.GetTeam(), e.GetActions()
		s.Clocks = replace(s.Clocks, e.GetClocks(), practice.Triage, practice.AimTriage)
	case *eventpb.ContactRated:
		s.Rating = e.GetRating()
		s.Clocks = replace(s.Clocks, e.GetClocks(), practice.Partners, practice.Decision)
	case *eventpb.ContactAllocated:
		s.Worker, s.Team = e.GetWorker(), e.GetTeam()
	case *eventpb.ContactLinkedAsDuplicate:
		s.DuplicateOf = e.GetDuplicateOf()
	case *eventpb.ContactUnlinked:
		s.DuplicateOf = ""
	default:
		var known bool
		if s.Authority, known = authority.Evolve(s.Authority, event, s.Revision); known {
			return s, nil
		}
		if s, known = gathered(s, event); known {
			return s, nil
		}
		if s, known = notified(s, event); known {
			return s, nil
		}
		if s, known = concluded(s, event); known {
			return s, nil
		}
		if s, known = meetings(s, event); known {
			return s, nil
		}
		return s, fmt.Errorf("contact: unknown event %s", typeName(event))
	}
	return s, nil
}

// replace gives the clocks that run after an event: those it started, and of
// the old ones all but the kinds it ends.
func replace(old, started []*eventpb.Clock, ends ...practice.Kind) []*eventpb.Clock {
	var running []*eventpb.Clock
	for _, clock := range old {
		if !slices.Contains(ends, practice.Kind(clock.GetKind())) {
			running = append(running, clock)
		}
	}
	return append(running, started...)
}

func typeName(event proto.Message) string {
	if event == nil {
		return "nil"
	}
	return string(event.ProtoReflect().Descriptor().FullName())
}
