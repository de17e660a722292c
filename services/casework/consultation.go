package casework

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/consultation"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/identifier/number"
)

func consultations() evolution[consultation.State] {
	return evolution[consultation.State]{initial: consultation.Initial, evolve: consultation.Evolve}
}

// numbers bounds how many numbers are tried. Of 853,000 million none is taken twice
// in a row by chance.
const numbers = 8

// GiveConsultation records a consultation under a number that nobody had before
// (KEN-12), which is in the result's event. The number is made of the request's id, a
// random UUID: the same request again has the same number. Errors are as those of
// HandleContact.
func (s *Service) GiveConsultation(ctx context.Context, cmd consultation.Give, o Origin) (Result, error) {
	for try := range numbers {
		cmd.Number = numberOf(o.RequestID, try)
		result, err := s.consult(ctx, cmd.Number, func(set consultation.Setting) consultation.Command {
			whole := cmd
			whole.Setting = set
			return whole
		}, o)
		if refusal, ok := errors.AsType[*domain.Refusal](err); ok && refusal.Reason == consultation.ReasonTaken {
			continue
		}
		return result, err
	}
	return Result{}, fmt.Errorf("casework: %d numbers of consultations are taken", numbers)
}

func numberOf(requestID string, try int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d", requestID, try))
	return number.NewConsultation([8]byte(sum[:8]))
}

func (s *Service) consult(ctx context.Context, written string, command func(consultation.Setting) consultation.Command, o Origin) (Result, error) {
	id := consultation.ID(written).String()
	if o.CorrelationID == "" {
		o.CorrelationID = id
	}
	return run(ctx, s, change[consultation.State]{
		evolution: consultations(),
		stream:    consultation.Stream(id),
		origin:    o,
		decide: func(now time.Time, state consultation.State) ([]proto.Message, error) {
			return consultation.Decide(command(consultation.Setting{Now: now, Profile: s.profile, Role: access.Role(o.Role), Actor: o.Actor}), state)
		},
	})
}

// consulted looks up the consultation that a contact names. One of another agency is
// none: who has read a number somewhere learns nothing by it.
func (s *Service) consulted(ctx context.Context, cmd contact.Receive) (contact.Consulted, error) {
	named := contact.Consulted{Number: cmd.Consultation.Number}
	written, fault := number.Consultation(named.Number)
	if fault != nil {
		return named, nil // the decider refuses it by its field
	}
	id := consultation.ID(written).String()
	f, err := consultations().read(ctx, s.store, consultation.Stream(id))
	if err != nil {
		return named, err
	}
	if f.state.ID != "" && f.state.Agency == cmd.Agency {
		named.ID = id
	}
	return named, nil
}

// tie notes on a consultation that a contact on record names it. It is asked for with
// every repetition too, so that a receipt is never given before it stands.
func (s *Service) tie(ctx context.Context, cmd contact.Receive, received Result, o Origin) error {
	for _, event := range received.Events {
		e, ok := event.(*eventpb.ContactReceived)
		if !ok || e.GetConsultation().GetConsultationId() == "" {
			continue
		}
		o.CorrelationID, o.CausationID = "", received.EventID.String()
		_, err := s.consult(ctx, e.GetConsultation().GetNumber(), func(set consultation.Setting) consultation.Command {
			return consultation.Follow{Setting: set, Agency: cmd.Agency, ContactID: e.GetContactId()}
		}, o)
		if err != nil {
			return fmt.Errorf("casework: tie a contact to its consultation: %w", err)
		}
	}
	return nil
}
