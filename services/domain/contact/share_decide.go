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
	var events []proto.Message
	if asked && len(beyond) < max(1, len(c.Statements)) {
		e := shared(c, s, answer)
		e.RequestId, e.Authorities = c.RequestID, slices.Clone(q.Authorities)
		e.AfterCancellation = q.Standing == QuestionCancelled
		e.Late = q.Waits() && c.Now.After(q.FirstDue)
		events = s.unlessTold(events, e)
	}
	if !asked || len(beyond) > 0 {
		e := shared(c, s, beyond)
		e.Unsolicited = true
		events = s.unlessTold(events, e)
	}
	return events, nil
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

// unlessTold adds a share with an id, unless the agency told exactly that before.
func (s State) unlessTold(events []proto.Message, e *eventpb.InformationShared) []proto.Message {
	content := shareContent(e)
	if slices.ContainsFunc(s.Shares, func(other Share) bool { return other.content == content }) {
		return events
	}
	e.ShareId = fmt.Sprintf("i%d", len(s.Shares)+len(events)+1)
	return append(events, e)
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
