package outbox

import (
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// The notices of an information request, as agencies see them, and the response to a referral.
const (
	noticeRequest      = "request"
	noticeChase        = "chase"
	noticeCancellation = "cancellation"
	noticeOutcome      = "outcome"
)

// A notice is what an event has an agency told.
type notice struct {
	kind string
	// request is the request's contact-local id; empty for an outcome.
	request string
}

// noticeFor says whether an agency is told of an event, and what. It needs nothing that is sealed.
func noticeFor(agency string, event proto.Message) (notice, bool) {
	switch e := event.(type) {
	case *eventpb.InformationRequested:
		asked := slices.ContainsFunc(e.GetQuestions(), func(q *eventpb.Question) bool { return q.GetAgency() == agency })
		return notice{noticeRequest, e.GetRequestId()}, asked
	case *eventpb.InformationRequestChased:
		return notice{noticeChase, e.GetRequestId()}, e.GetAgency() == agency
	case *eventpb.InformationRequestCancelled:
		return notice{noticeCancellation, e.GetRequestId()}, slices.Contains(e.GetAgencies(), agency)
	case *eventpb.ReferrerAnswered:
		return notice{kind: noticeOutcome}, e.GetAgency() == agency
	}
	return notice{}, false
}
