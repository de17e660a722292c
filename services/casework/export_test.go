package casework

import (
	"context"

	"github.com/openmash/mash/services/domain/consultation"
)

// NumberOf is the number that a request tries first, second, …
func NumberOf(requestID string, try int) string { return numberOf(requestID, try) }

// Occupy gives a consultation under a number that the test chooses.
func (s *Service) Occupy(ctx context.Context, c consultation.Give, o Origin) error {
	_, err := s.consult(ctx, c.Number, func(set consultation.Setting) consultation.Command {
		c.Setting = set
		return c
	}, o)
	return err
}
