package outbox

import (
	"context"
	"slices"

	"github.com/google/uuid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

// compose makes the message that an event has the agency told; nil where it must not be told any more.
func (f *feed) compose(ctx context.Context, r eventstore.Recorded, n notice) (*outMessage, error) {
	if n.meeting() {
		return f.composeMeeting(ctx, r, n)
	}
	c, err := f.read(ctx, r)
	if err != nil {
		return nil, err
	}
	switch n.kind {
	case noticeOutcome:
		return &outMessage{bus.KindOutcome, c.outcome()}, nil
	case noticeCancellation:
		return &outMessage{bus.KindInformationRequest, c.cancellation(f.agency.ID, n.of)}, nil
	}
	if !c.state.Stands(n.of, f.agency.ID, f.Now()) {
		return nil, nil // HUB-02
	}
	return &outMessage{bus.KindInformationRequest, c.request(f.agency, n)}, nil
}

// cancellation holds no more than is needed to find the request: nothing covers telling the agency about the children now.
func (c *file) cancellation(agency, request string) *intakepb.InformationRequest {
	return &intakepb.InformationRequest{
		ContactId: c.received.GetContactId(), HubReference: c.hubReference(), RequestId: request, Agency: agency, Notice: noticeCancellation,
	}
}

// request asks, and a chase asks again in full: an agency that lost the first can answer the second.
func (c *file) request(to agencies.Agency, n notice) *intakepb.InformationRequest {
	requested := c.requests[n.of]
	out := c.cancellation(to.ID, n.of)
	out.Notice, out.Purposes, out.Status = n.kind, requested.GetPurposes(), requested.GetStatus()
	for _, q := range requested.GetQuestions() {
		if q.GetAgency() != to.ID {
			continue
		}
		out.Categories, out.DueAt = q.GetCategories(), q.GetDue().GetDueAt()
		for _, a := range q.GetAuthorities() {
			if !slices.Contains(out.Authority, a.GetKind()) {
				out.Authority = append(out.Authority, a.GetKind())
			}
		}
		c.addSubjects(out, q.GetSubjects(), to.Sector)
	}
	if chased, ok := c.event.(*eventpb.InformationRequestChased); ok {
		out.DueAt = chased.GetDue().GetDueAt()
	}
	out.Question = requested.GetQuestion().GetOpen().GetText()
	if requested.GetQuestion().GetErased() != nil {
		out.Erased = append(out.Erased, "question")
	}
	return out
}

func (c *file) addSubjects(out *intakepb.InformationRequest, asked []string, sector agencies.Sector) {
	for _, s := range c.received.GetSubjects() {
		if !slices.Contains(asked, s.GetSubjectId()) {
			continue
		}
		out.Subjects = append(out.Subjects, subject(s.GetSubjectId(), s.GetChild(), sector))
		if s.GetChild().GetErased() != nil {
			out.Erased = append(out.Erased, s.GetSubjectId())
		}
	}
}

// subject tells what finds a child, and each number only to those whose number it is.
func subject(id string, part *eventpb.ChildPart, sector agencies.Sector) *intakepb.RequestSubject {
	child := part.GetOpen()
	out := &intakepb.RequestSubject{
		SubjectId: id, GivenName: child.GetGivenName(), FamilyName: child.GetFamilyName(),
		DateOfBirth: child.GetDateOfBirth().GetValue(),
	}
	if a := child.GetAddress(); a != nil {
		out.Address = &intakepb.Address{Lines: a.GetLines(), Postcode: a.GetPostcode()}
	}
	switch sector {
	case agencies.Health:
		out.NhsNumber = child.GetNhsNumber()
	case agencies.Education:
		out.Upn = child.GetUpn()
	}
	return out
}

// outcome tells a referrer what they may know (KEN-15): the response that was written for them, and what was decided only at that level.
func (c *file) outcome() *intakepb.Outcome {
	answered, _ := c.event.(*eventpb.ReferrerAnswered)
	out := &intakepb.Outcome{
		ContactId: c.received.GetContactId(), HubReference: c.hubReference(), Reference: c.received.GetReference(),
		DecisionId: answered.GetDecisionId(), Agency: answered.GetAgency(), Level: answered.GetLevel(),
		Response: answered.GetResponse().GetOpen().GetText(), Erased: answered.GetResponse().GetErased() != nil,
		DecidedAt: c.signOffs[answered.GetDecisionId()].GetSignedOffAt(),
	}
	if answered.GetLevel() == "outcome" {
		for _, o := range c.decisions[answered.GetDecisionId()].GetOutcomes() {
			out.Subjects = append(out.Subjects, &intakepb.OutcomeOfSubject{SubjectId: o.GetSubjectId(), Outcome: o.GetOutcome()})
		}
	}
	return out
}

func (c *file) hubReference() string {
	id, err := uuid.Parse(c.received.GetContactId())
	if err != nil {
		return ""
	}
	return contact.HubReference(id)
}
