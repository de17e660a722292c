package outbox

import (
	"context"
	"fmt"
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
	if n.kind == noticeConsultation {
		return f.composeConsultation(ctx, r)
	}
	c := f.shelf.take(r.Stream)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.read(ctx, f.Store); err != nil {
		return nil, err
	}
	if r.Revision >= c.next {
		return nil, fmt.Errorf("%w: %s has no revision %d", eventstore.ErrMalformed, r.Stream, r.Revision)
	}
	switch n.kind {
	case noticeEncompass:
		out, err := f.encompass(ctx, c, n.of)
		return &outMessage{bus.KindEncompass, out}, err
	case noticeUnacknowledged:
		return f.unacknowledged(ctx, c, n.of)
	case noticeForm:
		return c.formReminder(f.agency.ID), nil
	case noticeOutcome:
		out, err := f.outcome(ctx, c, r.Revision)
		return &outMessage{bus.KindOutcome, out}, err
	case noticeCancellation:
		return &outMessage{bus.KindInformationRequest, c.cancellation(f.agency.ID, n.of)}, nil
	}
	if !c.state.Stands(n.of, f.agency.ID, f.Now()) {
		return nil, nil // HUB-02
	}
	request, err := f.request(ctx, c, r.Revision, n)
	return &outMessage{bus.KindInformationRequest, request}, err
}

// cancellation holds no more than is needed to find the request: nothing covers telling the agency about the children now.
func (c *file) cancellation(agency, request string) *intakepb.InformationRequest {
	return &intakepb.InformationRequest{
		ContactId: c.received.GetContactId(), HubReference: c.hubReference(), RequestId: request, Agency: agency, Notice: noticeCancellation,
	}
}

// request asks, and a chase asks again in full: an agency that lost the first can answer the second.
func (f *feed) request(ctx context.Context, c *file, revision uint64, n notice) (*intakepb.InformationRequest, error) {
	requested, err := opened(ctx, f.Store, c, c.requests[n.of])
	if err != nil {
		return nil, err
	}
	out := c.cancellation(f.agency.ID, n.of)
	out.Notice, out.Purposes, out.Status = n.kind, requested.GetPurposes(), requested.GetStatus()
	for _, q := range requested.GetQuestions() {
		if q.GetAgency() != f.agency.ID {
			continue
		}
		out.Categories, out.DueAt = q.GetCategories(), q.GetDue().GetDueAt()
		for _, a := range q.GetAuthorities() {
			if !slices.Contains(out.Authority, a.GetKind()) {
				out.Authority = append(out.Authority, a.GetKind())
			}
		}
		if err := f.addSubjects(ctx, c, out, q.GetSubjects()); err != nil {
			return nil, err
		}
	}
	if chased, ok := c.told[revision].(*eventpb.InformationRequestChased); ok {
		out.DueAt = chased.GetDue().GetDueAt()
	}
	out.Question = requested.GetQuestion().GetOpen().GetText()
	if requested.GetQuestion().GetErased() != nil {
		out.Erased = append(out.Erased, "question")
	}
	return out, nil
}

// addSubjects tells of the children who are asked about. Nothing is opened of the others, nor of what else the receipt says of people.
func (f *feed) addSubjects(ctx context.Context, c *file, out *intakepb.InformationRequest, asked []string) error {
	// A part opens in its place only: the others leave theirs empty.
	about := &eventpb.ContactReceived{Subjects: make([]*eventpb.Subject, len(c.received.GetSubjects()))}
	for i, s := range c.received.GetSubjects() {
		about.Subjects[i] = &eventpb.Subject{}
		if slices.Contains(asked, s.GetSubjectId()) {
			about.Subjects[i] = s
		}
	}
	about, err := opened(ctx, f.Store, c, about)
	if err != nil {
		return err
	}
	for _, s := range about.GetSubjects() {
		if s.GetSubjectId() == "" {
			continue
		}
		out.Subjects = append(out.Subjects, subject(s.GetSubjectId(), s.GetChild(), f.agency.Sector))
		if s.GetChild().GetErased() != nil {
			out.Erased = append(out.Erased, s.GetSubjectId())
		}
	}
	return nil
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
func (f *feed) outcome(ctx context.Context, c *file, revision uint64) (*intakepb.Outcome, error) {
	recorded, ok := c.told[revision].(*eventpb.ReferrerAnswered)
	if !ok {
		return nil, fmt.Errorf("%w: revision %d of %s is no response", eventstore.ErrMalformed, revision, c.stream)
	}
	answered, err := opened(ctx, f.Store, c, recorded)
	if err != nil {
		return nil, err
	}
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
	return out, nil
}

func (c *file) hubReference() string {
	id, err := uuid.Parse(c.received.GetContactId())
	if err != nil {
		return ""
	}
	return contact.HubReference(id)
}
