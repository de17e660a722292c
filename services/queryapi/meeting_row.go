package queryapi

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/strategymeetings"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// row is a meeting in a list as the reader is shown it. Filters give an agency no meeting that it has nothing to do with; if one came all the
// same, all it would be told is that there is one.
func (to reader) row(r *strategymeetings.Row, now time.Time) *querypb.StrategyMeetingRow {
	if !to.system {
		return meetingRow(r, now)
	}
	party, _ := to.party(r)
	return partyRow(r, party, now)
}

// meetingRow is a meeting in a list as staff are shown it at a time.
func meetingRow(r *strategymeetings.Row, now time.Time) *querypb.StrategyMeetingRow {
	row := &querypb.StrategyMeetingRow{
		MeetingId: r.ID, HubReference: r.Reference, State: r.State, Form: r.Form, At: stampOf(r.At), HeldAt: stampOf(r.HeldAt),
		Overdue: r.Overdue(now), OwnerTeam: r.OwnerTeam, Children: uint32(len(r.Children)), Enquiries: r.EnquiriesRunning(),
		Invited: r.Invited(), Attending: r.Attending(), Missing: r.Missing(), Moved: r.Moved, ReceiptsMissing: r.ReceiptsMissing(),
		Revision: r.Revision, Follows: r.Follows, Chair: r.Chair,
	}
	if due := r.NextDue(); due != nil {
		row.DueAt = timestamppb.New(due.Due)
	}
	for _, c := range r.Children {
		if c.Contact != "" && !slices.Contains(row.ContactIds, c.Contact) {
			row.ContactIds = append(row.ContactIds, c.Contact)
		}
	}
	row.ActionsOpen, row.ActionsOverdue = openActions(r, "", now)
	return row
}

// openActions counts those of an agency; empty: of all.
func openActions(r *strategymeetings.Row, agency string, now time.Time) (open, overdue uint32) {
	for _, a := range r.Actions {
		if a.State != strategymeetings.Open || agency != "" && a.Agency != agency {
			continue
		}
		open++
		if a.Overdue(now) {
			overdue++
		}
	}
	return open, overdue
}

// partyRow is a meeting in a list of an agency that has to do with it: when and with whom, for one that is invited, and for any what it has
// to do itself.
func partyRow(r *strategymeetings.Row, p strategymeetings.Party, now time.Time) *querypb.StrategyMeetingRow {
	row := &querypb.StrategyMeetingRow{MeetingId: r.ID, HubReference: r.Reference, State: r.State, Revision: r.Revision}
	row.ActionsOpen, row.ActionsOverdue = openActions(r, p.Agency, now)
	if slices.Contains(r.ReceiptsMissing(), p.Agency) {
		row.ReceiptsMissing = []string{p.Agency}
	}
	if p.Invited {
		row.Form, row.At, row.HeldAt, row.Moved = r.Form, stampOf(r.At), stampOf(r.HeldAt), r.Moved
		row.Children, row.Invited, row.Attending, row.Missing = uint32(len(r.Children)), r.Invited(), r.Attending(), r.Missing()
	}
	if takesPart(r, p) {
		row.Enquiries = r.EnquiriesRunning()
	}
	return row
}

// takesPart says whether an agency was there or had contributed in writing; before the meeting is held, whether an invited one has said that
// it comes, or has contributed. What comes in after the end changes nothing, and nobody takes part in a meeting that was cancelled: what
// others have said for it rests on nothing any more (HUB-02).
func takesPart(r *strategymeetings.Row, p strategymeetings.Party) bool {
	switch r.State {
	case strategymeetings.Concluded:
		return p.Present || p.Wrote
	case strategymeetings.Called:
		return p.Invited && (p.Answer == "attending" || p.Contributed)
	}
	return false
}
