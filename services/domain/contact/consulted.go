package contact

import (
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/identifier/number"
)

// Consulted is a consultation that a contact names (KEN-12).
type Consulted struct {
	// Number is as it was given, ID what casework found under it among those of the
	// sender's agency; empty: none. A contact is never lost to that.
	Number, ID string
}

func (f *faults) consulted(c Consulted) {
	if c.Number == "" {
		return
	}
	if _, fault := number.Consultation(c.Number); fault != nil {
		f.Add("consultation_number", fault.Rule, fault.Description)
	}
}

// consultedBefore gives a checked consultation as an event holds it.
func consultedBefore(c Consulted) *eventpb.ConsultedBefore {
	written, fault := number.Consultation(c.Number)
	if fault != nil {
		return nil
	}
	return &eventpb.ConsultedBefore{Number: written, ConsultationId: c.ID}
}
