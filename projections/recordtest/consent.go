package recordtest

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// Scope is about the first child, for one purpose and in one category.
func Scope(agencies ...string) *eventpb.Scope {
	return &eventpb.Scope{
		Subjects: []string{"s1"}, Purposes: []string{"safeguarding-assessment"}, Agencies: agencies, Categories: []string{"police-and-offending"},
	}
}

// Holder has parental responsibility for the first child.
func Holder(id, holder string) *eventpb.HolderRecorded {
	return &eventpb.HolderRecorded{
		ContactId: id, HolderId: holder, Subjects: []string{"s1"}, Basis: "mother",
		Holder: &eventpb.HolderPart{About: []string{holder}, Part: &eventpb.HolderPart_Open{Open: &eventpb.Holder{Name: Secret}}},
	}
}

// Said is what a holder said, at a time, to police being asked.
func Said(id, consent, holder, stance string, at time.Time) *eventpb.ConsentRecorded {
	return &eventpb.ConsentRecorded{
		ContactId: id, ConsentId: consent, HolderId: holder, Stance: stance, Scope: Scope("kent-police"), AskedBy: "person-1",
		Asked: &eventpb.Occurrence{At: timestamppb.New(at), Precision: "instant"}, How: "telephone", Reason: Narrative(), Evidence: "note-of-conversation",
	}
}

// TakenBack takes a consent back.
func TakenBack(id, consent string, at time.Time) *eventpb.ConsentWithdrawn {
	return &eventpb.ConsentWithdrawn{
		ContactId: id, ConsentId: consent, Withdrawn: &eventpb.Occurrence{At: timestamppb.New(at), Precision: "instant"}, How: "telephone", Reason: Narrative(),
	}
}

// Proposed proposes an override.
func Proposed(id, override string, scope *eventpb.Scope) *eventpb.OverrideProposed {
	return &eventpb.OverrideProposed{
		ContactId: id, OverrideId: override, Scope: scope, ReasonCode: "would-prejudice-protection", Risk: Narrative(),
		Bases: []string{"uk-gdpr-6-1-e"}, ProposedBy: "worker-1",
	}
}

// Approved approves it until a time, to be reviewed by another; a narrower scope narrows it, none declines it.
func Approved(id, override, outcome string, scope *eventpb.Scope, expires, review time.Time) *eventpb.OverrideDecided {
	e := &eventpb.OverrideDecided{
		ContactId: id, OverrideId: override, Outcome: outcome, Scope: scope, Reason: Narrative(), DecidedBy: "manager-1", Role: "team-manager", Rule: "SOT-08",
	}
	if scope != nil {
		e.ExpiresAt, e.ReviewAt = timestamppb.New(expires), timestamppb.New(review)
	}
	return e
}

// Reviewed looks at it again; a review that ends it has no next one.
func Reviewed(id, override, outcome string, late bool, next time.Time) *eventpb.OverrideReviewed {
	e := &eventpb.OverrideReviewed{ContactId: id, OverrideId: override, Outcome: outcome, Reason: Narrative(), Late: late, ReviewedBy: "manager-2"}
	if outcome == "continues" {
		e.ReviewAt = timestamppb.New(next)
	}
	return e
}

// Ran says that an override came to its end.
func Ran(id, override string, at time.Time) *eventpb.OverrideExpired {
	return &eventpb.OverrideExpired{ContactId: id, OverrideId: override, ExpiredAt: timestamppb.New(at)}
}

// Asked asks police, resting on consents ("c1") and overrides ("o1").
func Asked(id, request string, due time.Time, rests ...string) *eventpb.InformationRequested {
	q := &eventpb.Question{Agency: "kent-police", Subjects: []string{"s1"}, Categories: []string{"police-and-offending"}, Due: Clock("partners", due)}
	for _, a := range rests {
		kind := map[byte]string{'c': "consent", 'o': "override"}[a[0]]
		q.Authorities = append(q.Authorities, &eventpb.Authority{Kind: kind, Id: a})
	}
	return &eventpb.InformationRequested{
		ContactId: id, RequestId: request, Mode: "targeted", Questions: []*eventpb.Question{q}, Purposes: []string{"safeguarding-assessment"},
		Question: Narrative(), Status: "contact",
	}
}

// Told is what police told, in one statement.
func Told(id, share, request string, known time.Time) *eventpb.InformationShared {
	return &eventpb.InformationShared{
		ContactId: id, ShareId: share, Agency: "kent-police", RequestId: request, Answer: "shared", Unsolicited: request == "",
		Statements: []*eventpb.Statement{{
			StatementId: "1", Subjects: []string{"s1"}, Category: "police-and-offending", Words: Narrative(), Kind: "fact", Source: "record",
			Known: &eventpb.Occurrence{At: timestamppb.New(known), Precision: "day"}, Handling: &eventpb.Handling{NotToFamily: true},
		}},
	}
}

// Concluded is a worker's decision for children.
func Concluded(id, decision string, children ...string) *eventpb.ContactDecided {
	e := &eventpb.ContactDecided{ContactId: id, DecisionId: decision, Rationale: Narrative(), DecidedBy: "worker-1"}
	for _, child := range children {
		e.Outcomes = append(e.Outcomes, &eventpb.SubjectOutcome{SubjectId: child, Outcome: "advice", SupportLevel: 2, Steps: Narrative()})
	}
	return e
}

// SignedOff lets it stand; the referrer is to be answered within a day.
func SignedOff(id, decision string, at time.Time, lapses ...*eventpb.Lapse) *eventpb.DecisionSignedOff {
	return &eventpb.DecisionSignedOff{
		ContactId: id, DecisionId: decision, SignedOffAt: timestamppb.New(at), Lapses: lapses, Response: Clock("response", at.Add(24*time.Hour)),
	}
}

// Answered answers the referrer.
func Answered(id, decision string) *eventpb.ReferrerAnswered {
	return &eventpb.ReferrerAnswered{ContactId: id, DecisionId: decision, Agency: "kent-police", Level: "outcome", Response: Narrative()}
}

// Reopened takes it up again, the decision due in two hours.
func Reopened(id string, at time.Time, children ...string) *eventpb.ContactReopened {
	return &eventpb.ContactReopened{
		ContactId: id, Reason: Narrative(), Subjects: children, Clocks: []*eventpb.Clock{Clock("decision", at.Add(2*time.Hour))},
	}
}

// Cancelled takes a question back.
func Cancelled(id, request string) *eventpb.InformationRequestCancelled {
	return &eventpb.InformationRequestCancelled{ContactId: id, RequestId: request, Agencies: []string{"kent-police"}, ReasonCode: "not-needed"}
}
