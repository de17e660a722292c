package auditapi

import (
	"slices"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact/authority"
)

// standing shows how consents and overrides stood at the end of a history, with the events that made it so.
func (h history) standing(accounts []authority.Account) (all []*auditpb.Standing) {
	for _, a := range accounts {
		all = append(all, &auditpb.Standing{Id: a.ID, Kind: a.Kind, State: a.State, Revision: h.madeSo(a)})
	}
	return all
}

// madeSo gives the revision of the last event that changed how a consent or an override stands; of a consent that is stopped, of the
// last no of another holder about any of the same children.
func (h history) madeSo(a authority.Account) (revision uint64) {
	for _, e := range h {
		changes := a.Kind == authority.KindOverride && changesOverride(e.Message, a.ID) || a.Kind == authority.KindConsent && changesConsent(e.Message, a.ID)
		if changes || a.State == authority.Stopped && h.isNo(e.Message, a.ID) {
			revision = e.Revision
		}
	}
	return revision
}

func changesConsent(event any, id string) bool {
	switch m := event.(type) {
	case *eventpb.ConsentRecorded:
		return m.GetConsentId() == id
	case *eventpb.ConsentWithdrawn:
		return m.GetConsentId() == id
	case *eventpb.ConsentExpired:
		return m.GetConsentId() == id
	}
	return false
}

func changesOverride(event any, id string) bool {
	switch m := event.(type) {
	case *eventpb.OverrideProposed:
		return m.GetOverrideId() == id
	case *eventpb.OverrideDecided:
		return m.GetOverrideId() == id
	case *eventpb.OverrideReviewed:
		return m.GetOverrideId() == id && m.GetOutcome() != authority.Continues
	case *eventpb.OverrideExpired:
		return m.GetOverrideId() == id
	}
	return false
}

// isNo says whether an event is a no of another holder than the one who gave a consent, about one of the same children.
func (h history) isNo(event any, consent string) bool {
	var no *eventpb.ConsentRecorded
	switch m := event.(type) {
	case *eventpb.ConsentRecorded:
		if m.GetStance() == authority.Refused {
			no = m
		}
	case *eventpb.ConsentWithdrawn:
		no = h.consent(m.GetConsentId())
	}
	yes := h.consent(consent)
	return no != nil && no.GetHolderId() != yes.GetHolderId() && slices.ContainsFunc(no.GetScope().GetSubjects(), func(s string) bool {
		return slices.Contains(yes.GetScope().GetSubjects(), s)
	})
}

func (h history) consent(id string) *eventpb.ConsentRecorded {
	for _, e := range h {
		if m, ok := e.Message.(*eventpb.ConsentRecorded); ok && m.GetConsentId() == id {
			return m
		}
	}
	return nil
}
