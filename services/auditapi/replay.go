package auditapi

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/rpc"
)

// ReasonNotRecorded: the contact's record did not reach that revision, or nothing of it was recorded by that time. OUT_OF_RANGE.
const ReasonNotRecorded = "NOT_RECORDED_THEN"

// history is a contact's whole record.
type history []eventstore.Recorded

// usualHistory is more events than most contacts have.
const usualHistory = 256

// history reads a contact's record. Where it cannot be read to its end there is no answer: a replay of half a record would
// show what could not be known then, and hide what has come since.
func (s *service) history(ctx context.Context, contactID string) (history, error) {
	h := make(history, 0, usualHistory)
	err := s.record.Read(ctx, contact.Stream(canonical(contactID)), 0, func(e eventstore.Recorded) error {
		h = append(h, e)
		return nil
	})
	if err != nil {
		return nil, translate(ctx, err, "contact")
	}
	return h, nil
}

// state folds a history.
func (h history) state() (contact.State, error) {
	state := contact.Initial()
	for _, e := range h {
		var err error
		if state, err = contact.Evolve(state, e.Message); err != nil {
			return state, fmt.Errorf("replay revision %d: %w", e.Revision, err)
		}
	}
	return state, nil
}

// recordedBy gives what had been recorded by a time. Recorded times never go back in a stream.
func (h history) recordedBy(at time.Time) history {
	for i, e := range h {
		if e.Metadata.RecordedAt.After(at) {
			return h[:i]
		}
	}
	return h
}

// ReplayContact answers the state of a contact as it stood at a revision, or as it had been recorded by a time.
func (s *service) ReplayContact(ctx context.Context, r *auditpb.ReplayContactRequest) (*auditpb.ReplayContactResponse, error) {
	h, err := s.history(ctx, r.GetContactId())
	if err != nil {
		return nil, err
	}
	then, err := asOf(h, r)
	if err != nil {
		return nil, err
	}
	state, err := then.state()
	if err != nil {
		return nil, err
	}
	last := then[len(then)-1]
	// By revision the moment is when that revision was recorded; by time it is that time, and an end may have passed since.
	at := last.Metadata.RecordedAt
	if r.GetRecordedBy() != nil {
		at = r.GetRecordedBy().AsTime()
	}
	answer := &auditpb.ReplayContactResponse{
		Revision: last.Revision, RecordedAt: timestamppb.New(last.Metadata.RecordedAt), LatestRevision: h[len(h)-1].Revision,
		State: state.Stage(len(state.Subjects)), Standing: then.standing(state.Authority.Accounts(nil, at)),
	}
	for _, request := range state.Requests {
		for _, q := range request.Questions {
			if q.Waits() {
				answer.OpenQuestions = append(answer.OpenQuestions, request.ID+"/"+q.Agency)
			}
		}
	}
	on := s.newDisplay(ctx, then)
	if err := on.show(eventsField, then...); err != nil {
		return nil, err
	}
	on.into(answer)
	return answer, nil
}

// eventsField is the field of mash.audit.v1.ReplayContactResponse that holds the events.
const eventsField protowire.Number = 3

func asOf(h history, r *auditpb.ReplayContactRequest) (history, error) {
	then := h
	switch {
	case r.GetRecordedBy() != nil:
		then = h.recordedBy(r.GetRecordedBy().AsTime())
	case r.GetRevision() >= uint64(len(h)):
		then = nil
	default:
		then = h[:r.GetRevision()+1]
	}
	if len(then) == 0 {
		return nil, &rpc.Error{
			Code: codes.OutOfRange, Reason: ReasonNotRecorded,
			Message: fmt.Sprintf("nothing of the contact was recorded then; its record goes from revision 0 to %d", h[len(h)-1].Revision),
		}
	}
	return then, nil
}
