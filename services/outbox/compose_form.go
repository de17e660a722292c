package outbox

import (
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/bus"
)

// formReminder asks for the form of a conversation (SOT-01). It names no child: the agency knows its call by when it was and by its references.
// A form that has come meanwhile is not asked for.
func (c *file) formReminder(agency string) *outMessage {
	talk := c.received.GetConversation()
	if c.state.WrittenForm == nil || talk == nil {
		return nil
	}
	return &outMessage{bus.KindFormReminder, &intakepb.WrittenFormReminder{
		ContactId: c.received.GetContactId(), HubReference: c.hubReference(), Reference: c.received.GetReference(), Agency: agency,
		Channel: talk.GetChannel(), HeldAt: talk.GetHeldAt(), DueAt: c.state.WrittenForm.GetDueAt(),
	}}
}
