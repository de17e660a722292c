package auditapi

import (
	"context"

	"github.com/openmash/mash/services/domain/contact"
)

// ReplayState is the state that a replay folds of a contact's record up to a revision.
func ReplayState(ctx context.Context, record Record, contactID string, revision uint64) (contact.State, error) {
	h, err := (&service{record: record}).history(ctx, contactID)
	if err != nil {
		return contact.State{}, err
	}
	return h[:revision+1].state()
}
