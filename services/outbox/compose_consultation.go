package outbox

import (
	"context"
	"fmt"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/eventstore"
)

// composeConsultation gives the agency what its professional asked and was advised: the record is the agency's to keep (KEN-12).
func (f *feed) composeConsultation(ctx context.Context, r eventstore.Recorded) (*outMessage, error) {
	var given *eventpb.ConsultationGiven
	err := f.Store.Read(ctx, r.Stream, r.Revision, func(on eventstore.Recorded) error {
		if on.Revision == r.Revision {
			given, _ = on.Message.(*eventpb.ConsultationGiven)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read a consultation to tell of it: %w", orLater(err))
	}
	if given == nil {
		return nil, fmt.Errorf("%w: %s has no consultation at revision %d", eventstore.ErrMalformed, r.Stream, r.Revision)
	}
	return &outMessage{bus.KindConsultation, consultationOf(given)}, nil
}

// consultationOf leaves out who at the hub gave the advice: its agency knows the role.
func consultationOf(e *eventpb.ConsultationGiven) *intakepb.Consultation {
	out := &intakepb.Consultation{
		Number: e.GetNumber(), Agency: e.GetAgency(), Reference: e.GetReference(), Channel: e.GetChannel(), HeldAt: e.GetHeldAt(), GivenByRole: e.GetRole(),
		Question: e.GetQuestion().GetOpen().GetText(), Advice: e.GetAdvice().GetOpen().GetText(), Recommendation: e.GetRecommendation(),
	}
	if e.GetQuestion().GetErased() != nil {
		out.Erased = append(out.Erased, "question")
	}
	if e.GetAdvice().GetErased() != nil {
		out.Erased = append(out.Erased, "advice")
	}
	return out
}
