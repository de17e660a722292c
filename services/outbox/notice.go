package outbox

import (
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/practice"
)

// The notices of an information request, as agencies see them, and the response to a referral.
const (
	noticeRequest      = "request"
	noticeChase        = "chase"
	noticeCancellation = "cancellation"
	noticeOutcome      = "outcome"
)

// noticeConsultation is the record of a consultation, noticeEncompass what a school is told of domestic abuse, noticeUnacknowledged that it has
// not acknowledged that, and noticeForm that a conversation was not put in writing.
const (
	noticeConsultation   = "consultation"
	noticeEncompass      = "encompass"
	noticeUnacknowledged = "unacknowledged"
	noticeForm           = "form"
)

// The notices of a strategy meeting: of its invitation and of its actions as agencies see them, and its minutes.
const (
	noticeInvitation = "invitation"
	noticeMoved      = "moved"
	noticeCancelled  = "cancelled"
	noticeAssigned   = "assigned"
	noticeOverdue    = "overdue"
	noticeMinutes    = "minutes"
)

// A notice is what an event has an agency told.
type notice struct {
	kind string
	// of is the request's or the action's local id; empty where the kind says it all.
	of string
}

// part tells apart the notices of one event to one agency: a meeting can give an agency several actions.
func (n notice) part() string {
	if n.kind == noticeAssigned {
		return n.of
	}
	return ""
}

// meeting reports whether the notice is of a strategy meeting.
func (n notice) meeting() bool {
	return slices.Contains([]string{noticeInvitation, noticeMoved, noticeCancelled, noticeAssigned, noticeOverdue, noticeMinutes}, n.kind)
}

// noticesFor says what an event has an agency told; nothing where it is not concerned. It needs nothing that is sealed.
func noticesFor(agency string, event proto.Message) []notice {
	switch e := event.(type) {
	case *eventpb.InformationRequested:
		asked := slices.ContainsFunc(e.GetQuestions(), func(q *eventpb.Question) bool { return q.GetAgency() == agency })
		return only(asked, notice{noticeRequest, e.GetRequestId()})
	case *eventpb.InformationRequestChased:
		return only(e.GetAgency() == agency, notice{noticeChase, e.GetRequestId()})
	case *eventpb.InformationRequestCancelled:
		return only(slices.Contains(e.GetAgencies(), agency), notice{noticeCancellation, e.GetRequestId()})
	case *eventpb.ReferrerAnswered:
		return only(e.GetAgency() == agency, notice{kind: noticeOutcome})
	case *eventpb.EncompassDecided:
		return only(e.GetAgency() == agency && e.GetOutcome() == practice.EncompassNotify, notice{noticeEncompass, e.GetNotificationId()})
	case *eventpb.EncompassOverdue:
		return only(e.GetAgency() == agency, notice{noticeUnacknowledged, e.GetNotificationId()})
	case *eventpb.WrittenFormOverdue:
		return only(e.GetAgency() == agency, notice{kind: noticeForm})
	case *eventpb.ConsultationGiven:
		return only(e.GetAgency() == agency, notice{kind: noticeConsultation})
	}
	return meetingNotices(agency, event)
}

// meetingNotices is noticesFor of a meeting's stream. Who is invited is not said again when a meeting is moved or cancelled: that is for
// compose to find.
func meetingNotices(agency string, event proto.Message) []notice {
	switch e := event.(type) {
	case *eventpb.StrategyMeetingCalled:
		return only(invites(e.GetInvitees(), agency), notice{kind: noticeInvitation})
	case *eventpb.StrategyMeetingWidened:
		return only(invites(e.GetInvitees(), agency), notice{kind: noticeInvitation})
	case *eventpb.StrategyMeetingMoved:
		return only(true, notice{kind: noticeMoved})
	case *eventpb.StrategyMeetingCancelled:
		return only(true, notice{kind: noticeCancelled})
	case *eventpb.StrategyMeetingConcluded:
		var all []notice
		for _, a := range e.GetActions() {
			if a.GetAgency() == agency {
				all = append(all, notice{noticeAssigned, a.GetActionId()})
			}
		}
		return all
	case *eventpb.MeetingActionOverdue:
		return only(e.GetAgency() == agency, notice{noticeOverdue, e.GetActionId()})
	case *eventpb.MinutesIssued:
		return only(slices.Contains(e.GetAgencies(), agency), notice{kind: noticeMinutes})
	}
	return nil
}

func only(concerned bool, n notice) []notice {
	if !concerned {
		return nil
	}
	return []notice{n}
}

func invites(list []*eventpb.Invitee, agency string) bool {
	return slices.ContainsFunc(list, func(i *eventpb.Invitee) bool { return i.GetAgency() == agency })
}
