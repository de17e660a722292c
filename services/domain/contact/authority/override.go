package authority

import (
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

func (s State) evolveOverride(event proto.Message, revision uint64) (State, bool) {
	switch e := event.(type) {
	case *eventpb.OverrideProposed:
		if _, taken := s.Override(e.GetOverrideId()); !taken {
			s.Overrides = with(s.Overrides, Override{Proposed: e})
		}
	case *eventpb.OverrideDecided:
		s.Overrides = changed(s.Overrides, s.overrideAt(e.GetOverrideId()), func(o *Override) { o.decide(e, revision) })
	case *eventpb.OverrideReviewed:
		s.Overrides = changed(s.Overrides, s.overrideAt(e.GetOverrideId()), func(o *Override) { o.review(e) })
	case *eventpb.OverrideExpired:
		s.Overrides = changed(s.Overrides, s.overrideAt(e.GetOverrideId()), func(o *Override) { o.Expired = true })
	default:
		return s, false
	}
	return s, true
}

// decide keeps the first decision: a second one would be a way around it.
func (o *Override) decide(e *eventpb.OverrideDecided, revision uint64) {
	if o.Decided != nil {
		return
	}
	o.Decided, o.Revision = e, revision
	if at := e.GetReviewAt(); at != nil {
		o.ReviewAt = at.AsTime()
	}
}

// review never brings back what an earlier one ended.
func (o *Override) review(e *eventpb.OverrideReviewed) {
	o.Ended = o.Ended || e.GetOutcome() != Continues
	if at := e.GetReviewAt(); at != nil {
		o.ReviewAt = at.AsTime()
	}
}

func (s State) consentAt(id string) int {
	return slices.IndexFunc(s.Consents, func(c Consent) bool { return c.Recorded.GetConsentId() == id })
}

func (s State) overrideAt(id string) int {
	return slices.IndexFunc(s.Overrides, func(o Override) bool { return o.Proposed.GetOverrideId() == id })
}

// with adds to a copy: the state that was given keeps its list.
func with[T any](list []T, one T) []T { return append(slices.Clip(list), one) }

// changed gives a copy with one entry changed; the list as it is where there is
// no such entry.
func changed[T any](list []T, i int, change func(*T)) []T {
	if i < 0 {
		return list
	}
	list = slices.Clone(list)
	change(&list[i])
	return list
}

// described puts a holder's new description in the place of the old one.
func described(list []*eventpb.HolderRecorded, e *eventpb.HolderRecorded) []*eventpb.HolderRecorded {
	i := slices.IndexFunc(list, func(h *eventpb.HolderRecorded) bool { return h.GetHolderId() == e.GetHolderId() })
	if i < 0 {
		return with(list, e)
	}
	return changed(list, i, func(h **eventpb.HolderRecorded) { *h = e })
}
