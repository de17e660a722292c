package intake

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/bus"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// A message is a delivery as far as it could be read.
type message struct {
	agency   string
	kind     string
	envelope bus.Envelope
	payload  proto.Message // what newPayload gives for its kind; nil where it could not be read
	sha256   string        // of the payload's bytes, hexadecimal
}

// key names the message among all messages of all agencies. Its parts are length-prefixed, so that no two messages share one.
func (m message) key() string { return messageKey(m.agency, m.envelope.Source, m.envelope.ID) }

// open reads a delivery as far as that goes before anything about it is judged, so that whatever is wrong with it, its sender can be told
// which message it was. The error is about a header.
func open(d bus.Delivery) (message, error) {
	msg := message{agency: d.Agency, kind: kindOf(d), sha256: hash(d.Data)}
	var err error
	msg.envelope, err = bus.DecodeEnvelope(d.Header)
	return msg, err
}

// verify finds out what a delivery is and whether its sender may send it. Subject, credentials and payload must name the same agency.
func (i *Intake) verify(d bus.Delivery) (message, error) {
	msg, headerFault := open(d)
	subjectAgency, kind, err := bus.ParseInSubject(d.Subject)
	if err != nil {
		return msg, reject(ReasonUnknownSubject, err.Error(), "publish on mash.in.<your agency>.<kind>.v1",
			violation("subject", "subject", "is not mash.in.<agency>.<kind>.v1"))
	}
	// The account already keeps agencies apart; a stream that was set up by hand might not.
	if subjectAgency != d.Agency {
		return msg, reject(ReasonWrongAgency, "the subject names another agency than the credentials", "publish on your own agency's subjects")
	}
	if headerFault != nil {
		return msg, rejectHeader(headerFault)
	}
	agency, ok := i.Registry.Agency(d.Agency)
	if !ok || !agency.MayPublish(kind) {
		return msg, rejectKind(kind)
	}
	payload, ok := newPayload(kind)
	if !ok {
		return msg, rejectKind(kind)
	}
	if want := string(payload.ProtoReflect().Descriptor().FullName()); msg.envelope.Type != want {
		return msg, reject(ReasonWrongType, "header ce-type does not name the payload of this subject", "set ce-type to "+want,
			violation(bus.HeaderType, "ce-type", "does not name the payload of this subject"))
	}
	if err := unmarshal(msg.envelope.ContentType, d.Data, payload); err != nil {
		return msg, err
	}
	msg.payload = payload
	if named := payloadAgency(payload); named != d.Agency {
		return msg, reject(ReasonWrongAgency, "the payload names another agency than the credentials", "put your own agency's id into the field agency",
			violation("agency", "agency", "is not the publishing agency"))
	}
	return msg, nil
}

// newPayload gives the message that travels under a kind. A kind that is not here reaches the hub all the same, and is rejected by name.
func newPayload(kind string) (proto.Message, bool) {
	switch kind {
	case agencies.KindContact:
		return &intakepb.Contact{}, true
	case agencies.KindOpenCase:
		return &intakepb.OpenCase{}, true
	case agencies.KindInformation:
		return &intakepb.Information{}, true
	case agencies.KindAnalysis:
		return &intakepb.Analysis{}, true
	case agencies.KindOutcomeAcknowledgement:
		return &intakepb.OutcomeAcknowledgement{}, true
	case agencies.KindEncompassAcknowledgement:
		return &intakepb.EncompassAcknowledgement{}, true
	case agencies.KindStrategyAttendance:
		return &intakepb.StrategyAttendance{}, true
	case agencies.KindStrategyActionResult:
		return &intakepb.StrategyActionResult{}, true
	case agencies.KindStrategyMinutesReceipt:
		return &intakepb.StrategyMinutesReceipt{}, true
	default:
		return nil, false
	}
}

func payloadAgency(m proto.Message) string {
	named, ok := m.(interface{ GetAgency() string })
	if !ok {
		return ""
	}
	return named.GetAgency()
}

func rejectKind(kind string) error {
	return reject(ReasonUnknownKind, "this agency publishes no messages of the kind that the subject names", "use a kind that is agreed for your agency: "+
		strings.Join(agencies.Kinds(), ", "), violation("subject", "kind", "is not a kind of message that this agency publishes"))
}

func rejectHeader(err error) error {
	var h *bus.HeaderError
	if errors.As(err, &h) {
		return reject(ReasonInvalidHeader, "a header cannot be accepted", "send CloudEvents 1.0 headers in binary mode", violation(h.Header, "cloudevents", h.Problem))
	}
	return reject(ReasonInvalidHeader, "the headers cannot be read", "send CloudEvents 1.0 headers in binary mode")
}

// kindOf is the kind that a subject names, or "unknown": it goes into the record of a rejected message, so it is a plain token or nothing.
func kindOf(d bus.Delivery) string {
	if _, kind, err := bus.ParseInSubject(d.Subject); err == nil {
		return kind
	}
	return "unknown"
}

func messageKey(agency, source, id string) string {
	return fmt.Sprintf("%s|%d:%s|%d:%s", agency, len(source), source, len(id), id)
}
