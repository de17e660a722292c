package queryapi

import (
	"context"
	"errors"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/consultation"
	"github.com/openmash/mash/services/domain/identifier/number"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/rpc"
)

// consultationReads is ConsultationService. A consultation is a short stream that its number names, so one is read from the record itself; lists
// are read from rows, which have none of its words.
type consultationReads struct {
	querypb.UnimplementedConsultationServiceServer
	c Config
}

// GetConsultation answers a consultation, with its words opened.
func (s *consultationReads) GetConsultation(ctx context.Context, req *querypb.GetConsultationRequest) (*querypb.GetConsultationResponse, error) {
	written, fault := number.Consultation(req.GetNumber())
	if fault != nil {
		return nil, rpc.Invalid(rpc.Violation{Field: "number", Rule: fault.Rule, Description: fault.Description})
	}
	out := &querypb.Consultation{}
	err := s.c.Store.Read(ctx, consultation.Stream(consultation.ID(written).String()), 0, func(r eventstore.Recorded) error {
		switch e := r.Message.(type) {
		case *eventpb.ConsultationGiven:
			out.Given, out.RecordedAt = e, timestamppb.New(r.Metadata.RecordedAt)
		case *eventpb.ConsultationFollowed:
			out.Contacts = append(out.Contacts, e.GetContactId())
		}
		return nil
	})
	switch {
	case errors.Is(err, eventstore.ErrNoStream):
		return nil, rpc.NotFound("consultation")
	case err != nil:
		return nil, s.c.failed(ctx, err)
	}
	return &querypb.GetConsultationResponse{Consultation: out}, nil
}
