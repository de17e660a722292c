package intake

import (
	"context"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/contact"
)

func (i *Intake) toAcknowledgeEncompass(msg message, p *intakepb.EncompassAcknowledgement) command {
	acknowledge := contact.AcknowledgeEncompass{Agency: msg.agency, NotificationID: p.GetNotificationId()}
	return func(ctx context.Context) (casework.Result, error) {
		return i.Casework.HandleContact(ctx, p.GetContactId(), acknowledge, i.origin(msg, msg.key()), nil)
	}
}
