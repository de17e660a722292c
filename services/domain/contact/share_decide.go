package contact

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/wording"
)

// shareInformation puts on record what an agency tells, whatever has become of
// the contact or of the question: information about a child is never lost to a
// rule (HUB-03).
//
// What goes beyond the question that it answers was not asked for, and is no
// less welcome: it stands in an event of its own, marked unsolicited, so that
// nothing is ever shown as shared under an authority that did not cover it. Where
// all of it goes beyond the question, the question still waits.
func shareInformation(c ShareInformation, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.InformationShare); err != nil {
		return nil, err
	}
	if s.ID == "" {
		return nil, notReceived()
	}
	if err := checkShare(c, s); err != nil {
		return nil, err
	}
	var events []proto.Message
	for _, e := range shares(c, s) {
		if _, before := s.toldAs(e); before {
			continue
		}
		e.ShareId = fmt.Sprintf("i%d", len(s.Shares)+len(events)+1)
		events = append(events, e)
	}
	return events, nil
}

// shares gives what is told as it is recorded: what answers a question, and apart
// from it what goes beyond one.
func shares(c ShareInformation, s State) (all []*eventpb.InformationShared) {
	c.RequestID = s.answers(c)
	q, asked := s.question(c.RequestID, c.Agency)
	var answer, beyond []Statement
	for _, statement := range c.Statements {
		if asked && statement.asked(q) {
			answer = append(answer, statement)
		} else {
			beyond = append(beyond, statement)
		}
	}
	if asked && len(beyond) < max(1, len(c.Statements)) {
		e := shared(c, s, answer)
		e.RequestId, e.Authorities = c.RequestID, slices.Clone(q.Authorities)
		e.AfterCancellation = q.Standing == QuestionCancelled
		e.Late = q.Waits() && c.Now.After(q.FirstDue)
		all = append(all, e)
	}
	if !asked || len(beyond) > 0 {
		e := shared(c, s, beyond)
		e.Unsolicited = true
		all = append(all, e)
	}
	return all
}

// ToldBefore gives the revision at which the agency told exactly that, or the
// first of it; false where it did not.
func (s State) ToldBefore(c ShareInformation) (revision uint64, ok bool) {
	for _, e := range shares(c, s) {
		if revision, ok := s.toldAs(e); ok {
			return revision, true
		}
	}
	return 0, false
}

// toldAs finds what the agency told in exactly those words before.
func (s State) toldAs(e *eventpb.InformationShared) (revision uint64, ok bool) {
	content := shareContent(e)
	if i := slices.IndexFunc(s.Shares, func(other Share) bool { return other.content == content }); i >= 0 {
		return s.Shares[i].Revision, true
	}
	return 0, false
}

// answers gives the request that is answered; what corrects an answer need not
// name it again.
func (s State) answers(c ShareInformation) string {
	if earlier, ok := s.share(c.Corrects); ok && c.RequestID == "" {
		return earlier.RequestID
	}
	return c.RequestID
}

// ToldAbout gives the children whom a statement without any is about: those
// whom the agency was asked about where it answers, those of what it corrects,
// and all of the contact's where it speaks unasked. An agency that was asked
// about one child has never heard of the others: what it answers about "the
// child" must not land on a sibling's file, nor leave its question waiting.
func (s State) ToldAbout(c ShareInformation) []string {
	if q, asked := s.question(s.answers(c), c.Agency); asked {
		return q.Subjects
	}
	if earlier, ok := s.share(c.Corrects); ok && earlier.Agency == c.Agency && len(earlier.Subjects) > 0 {
		return earlier.Subjects
	}
	return s.Subjects
}

// asked reports whether all of a statement was asked for.
func (statement Statement) asked(q Question) bool {
	return !slices.ContainsFunc(statement.Subjects, func(subject string) bool { return !q.asked(subject, statement.Category) })
}

func shared(c ShareInformation, s State, statements []Statement) *eventpb.InformationShared {
	e := &eventpb.InformationShared{
		ContactId: s.ID, Agency: c.Agency, Answer: c.Answer, Corrects: c.Corrects, Reason: wording.Narrative(c.Reason, s.Subjects),
	}
	for i, statement := range statements {
		e.Statements = append(e.Statements, stated(i, statement))
	}
	return e
}

func stated(i int, s Statement) *eventpb.Statement {
	return &eventpb.Statement{
		StatementId: fmt.Sprint(i + 1), Subjects: slices.Clone(s.Subjects), Category: s.Category,
		Words: wording.Narrative(s.Words, s.Subjects), Kind: s.Kind, Source: s.Source, Known: s.Known,
		Handling: &eventpb.Handling{
			NotToFamily: s.Handling.NotToFamily, NotToAgencies: s.Handling.NotToAgencies, ProtectSource: s.Handling.ProtectSource,
			PoliceCode: s.Handling.PoliceCode, Conditions: wording.Narrative(s.Handling.Conditions, s.Subjects),
		},
	}
}
