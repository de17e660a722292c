package strategymeeting

import (
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/wording"
)

// OnRecord gives the revision of the event that says already what a command says,
// where that command adds nothing: whoever sends it again under another name is
// answered with that event. False where no one event says it.
func OnRecord(c Command, s State) (revision uint64, known bool) {
	switch c := c.(type) {
	case Answer:
		for _, a := range s.Answers {
			if a.Stands && a.Event.GetAgency() == c.Agency {
				return a.Revision, true
			}
		}
	case CloseAction:
		i := slices.IndexFunc(s.Actions, func(a MeetingAction) bool { return a.ID == c.ActionID && a.State != ActionOpen })
		if i >= 0 {
			return s.Actions[i].Closed, true
		}
	case IssueMinutes:
		if n := len(s.Minutes); n > 0 {
			return s.Minutes[n-1].Revision, true
		}
	case ReceiveMinutes:
		i := slices.IndexFunc(s.Minutes, func(v Version) bool { return v.Number == c.Version })
		if i >= 0 {
			r, known := s.Minutes[i].receipt(c.Agency, wording.Narrative(c.Correction, s.childIDs()))
			return r.Revision, known
		}
	}
	return 0, false
}

// receipt finds the first receipt of an agency that says that, or, where it says
// nothing is wrong, any.
func (v Version) receipt(agency string, correction *eventpb.NarrativePart) (Receipt, bool) {
	i := slices.IndexFunc(v.Receipts, func(r Receipt) bool {
		return r.Agency == agency && (correction == nil || proto.Equal(r.Correction, correction))
	})
	if i < 0 {
		return Receipt{}, false
	}
	return v.Receipts[i], true
}
