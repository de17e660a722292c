package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// considered completes the references to what was shared on the meeting's
// contacts: whose each statement is, its handling as it stands, and whom of the
// meeting's children it is about. A share without a statement named is all of it
// that is about them. What was contributed to the meeting itself is the decider's
// to complete.
func (s *Service) considered(ctx context.Context, refs []strategymeeting.Considered, m strategymeeting.State) ([]strategymeeting.Considered, error) {
	var all []strategymeeting.Considered
	var missing []domain.FieldViolation
	read := map[string]map[string]*eventpb.InformationShared{}
	for i, c := range refs {
		if c.Ref.GetContributionId() != "" {
			all = append(all, c)
			continue
		}
		id := c.Ref.GetContactId()
		if read[id] == nil && slices.Contains(contactsOf(m), id) {
			var err error
			if read[id], err = s.shares(ctx, id); err != nil {
				return nil, err
			}
		}
		found := statements(read[id][c.Ref.GetShareId()], c.Ref, m)
		if len(found) == 0 {
			missing = append(missing, domain.FieldViolation{Field: fmt.Sprintf("considered[%d]", i), Rule: "WT-05",
				Description: "is nothing that was shared about these children on a contact of theirs"})
		}
		all = append(all, found...)
	}
	if len(missing) > 0 {
		return nil, &domain.Refusal{Reason: ReasonConsideredNotFound, Rule: "WT-05", Message: "something that is said to have been considered is not on record",
			Advice: "name what was shared by the contact, share and statement ids of the case file", Fields: missing}
	}
	return all, nil
}

// shares reads what was shared on a contact, by share id. What was corrected since
// is there, too: it was considered as it was then.
func (s *Service) shares(ctx context.Context, contactID string) (map[string]*eventpb.InformationShared, error) {
	all := map[string]*eventpb.InformationShared{}
	err := s.store.Read(ctx, contact.Stream(contactID), 0, func(r eventstore.Recorded) error {
		if e, ok := r.Message.(*eventpb.InformationShared); ok {
			all[e.GetShareId()] = e
		}
		return nil
	})
	if err != nil && !errors.Is(err, eventstore.ErrNoStream) {
		return nil, fmt.Errorf("casework: read what was shared: %w", err)
	}
	return all, nil
}

// statements gives those of a share that are meant and are about children of the
// meeting.
func statements(share *eventpb.InformationShared, ref *eventpb.Considered, m strategymeeting.State) []strategymeeting.Considered {
	var found []strategymeeting.Considered
	for _, st := range share.GetStatements() {
		children := childrenOf(m, ref.GetContactId(), st.GetSubjects())
		if ref.GetStatementId() != "" && ref.GetStatementId() != st.GetStatementId() || len(children) == 0 {
			continue
		}
		found = append(found, strategymeeting.Considered{Ref: &eventpb.Considered{
			ContactId: ref.GetContactId(), ShareId: share.GetShareId(), StatementId: st.GetStatementId(), Agency: share.GetAgency(),
			Handling: proto.CloneOf(st.GetHandling()), Children: children,
		}})
	}
	return found
}

// childrenOf gives the meeting's ids of a contact's children.
func childrenOf(m strategymeeting.State, contactID string, subjects []string) []string {
	var ids []string
	for _, c := range m.Children {
		if c.GetContactId() == contactID && slices.Contains(subjects, c.GetSubjectId()) {
			ids = append(ids, c.GetChildId())
		}
	}
	return ids
}
