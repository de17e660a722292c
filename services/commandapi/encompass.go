package commandapi

import (
	"context"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/rpc"
)

// education is the sector of schools and of the officer for children educated at home.
const education = "education"

// SettleEncompass has the school told that was found, or nobody (KEN-20). To tell an agency of another sector of a child's home would be no
// notification of a school.
func (s *service) SettleEncompass(ctx context.Context, r *commandpb.SettleEncompassRequest) (*commandpb.SettleEncompassResponse, error) {
	if agency := r.GetAgency(); agency != "" && s.sectors[agency] != education {
		return nil, rpc.Invalid(rpc.Violation{Field: "agency", Rule: "KEN-20", Description: "is no agency of the education sector in the registry"})
	}
	result, err := s.handle(ctx, r, contact.SettleEncompass{
		NotificationID: r.GetNotificationId(), Outcome: r.GetOutcome(), Reason: r.GetReason(),
		Told: contact.SchoolSetting{Kind: r.GetSetting(), Agency: r.GetAgency()},
	})
	return &commandpb.SettleEncompassResponse{Result: result}, err
}
