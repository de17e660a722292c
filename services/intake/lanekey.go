package intake

import (
	"strings"

	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/domain/contact"
)

// laneKey says which messages of an agency belong together: those about one contact, or about one strategy meeting. Of what names no contact it is the contact that the
// message would open, whose uuid is made of the message's key, so that one message sent several times is in one lane too. The order of
// messages about one case is told by their changed_at, not by their arrival.
//
// A contact that is named by its sender's reference is in the lane of that reference, for which uuid it stands is not known before the
// record is read: of two messages that name one contact in two ways, casework keeps the record whole and nobody keeps the order.
func laneKey(d bus.Delivery) string {
	e, err := bus.DecodeEnvelope(d.Header)
	if err != nil && !e.Named() {
		return "" // messages without a usable key share a lane: all of them are rejected
	}
	if named := whatItNames(d, e.ContentType); named != "" {
		return named
	}
	return contact.ID(d.Agency, e.Source, e.ID).String()
}

// whatItNames reads the contact or the meeting that a message names. What cannot be read is rejected in its own lane.
func whatItNames(d bus.Delivery, contentType string) string {
	kind := kindOf(d)
	payload, known := newPayload(kind)
	if !known || kind == agencies.KindContact || kind == agencies.KindOpenCase || unmarshal(contentType, d.Data, payload) != nil {
		return ""
	}
	if meeting, ok := payload.(interface{ GetMeetingId() string }); ok {
		return strings.ToLower(meeting.GetMeetingId())
	}
	named, _ := payload.(interface{ GetContactId() string })
	if p, ok := payload.(interface{ GetReference() string }); ok && named.GetContactId() == "" && p.GetReference() != "" {
		return "reference " + p.GetReference()
	}
	return strings.ToLower(named.GetContactId())
}
