package intake

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// What became of a message, as its receipt says it.
const (
	OutcomeRecorded           = "recorded"
	OutcomeQueued             = "queued"
	OutcomePassedAcross       = "passed-across"
	OutcomePartlyPassedAcross = "partly-passed-across"
	OutcomeRecordedAfterEnd   = "recorded-after-end"
)

// receipt tells what the first recording of a message made, also when this delivery was a later one.
func receipt(msg message, r casework.Result) *intakepb.Receipt {
	out := &intakepb.Receipt{
		MessageSource: msg.envelope.Source, MessageId: msg.envelope.ID,
		EventId: r.EventID.String(), Position: r.Position, RecordedAt: timestamppb.New(r.RecordedAt),
		Duplicate: r.Repeated, Outcome: OutcomeRecorded,
	}
	if id, ok := strings.CutPrefix(r.Stream, contact.Stream("")); ok {
		about(out, id)
	}
	if id, ok := strings.CutPrefix(r.Stream, strategymeeting.Stream("")); ok {
		out.MeetingId = id
	}
	for _, e := range r.Events {
		switch e := e.(type) {
		case *eventpb.ContactReceived:
			out.Reference, out.Outcome = e.GetReference(), OutcomeQueued
			out.TriageDueAt = triageDue(e.GetClocks())
		case *eventpb.InformationShared:
			out.ShareIds = append(out.ShareIds, e.GetShareId())
		case *eventpb.InvitationAnswered:
			if e.GetAfterEnd() {
				out.Outcome = OutcomeRecordedAfterEnd
			}
		case *eventpb.ContactPassedAcross:
			out.Outcome = OutcomePartlyPassedAcross
			if len(e.GetRemaining()) == 0 {
				out.Outcome, out.TriageDueAt = OutcomePassedAcross, nil
			}
		}
	}
	return out
}

// about names the contact: by its uuid for programs, and for the telephone.
func about(r *intakepb.Receipt, contactID string) {
	r.ContactId = contactID
	if id, err := uuid.Parse(contactID); err == nil {
		r.HubReference = contact.HubReference(id)
	}
}

func triageDue(clocks []*eventpb.Clock) *timestamppb.Timestamp {
	for _, c := range clocks {
		if c.GetKind() == "triage" {
			return c.GetDueAt()
		}
	}
	return nil
}

func rejection(msg message, r *Rejected, quarantineID string) *intakepb.Rejection {
	out := &intakepb.Rejection{
		MessageSource: msg.envelope.Source, MessageId: msg.envelope.ID, Reason: r.Reason, Description: r.Description, Advice: r.Advice,
		QuarantineId: quarantineID, Sha256: msg.sha256,
	}
	for _, v := range r.Violations {
		out.Violations = append(out.Violations, &intakepb.FieldViolation{Field: v.Field, Rule: v.Rule, Description: v.Description})
	}
	return out
}

// encodeAnswer writes an answer in the form the sender used itself: JSON to those who send JSON or nothing readable, binary to the others.
func encodeAnswer(msg message, kind string, answer proto.Message, now time.Time) (nats.Header, []byte, error) {
	contentType := "application/json"
	marshal := protojson.MarshalOptions{EmitUnpopulated: false}.Marshal
	if t := msg.envelope.ContentType; t == "application/protobuf" || t == "application/x-protobuf" {
		contentType, marshal = t, proto.Marshal
	}
	data, err := marshal(answer)
	if err != nil {
		return nil, nil, fmt.Errorf("encode a %s: %w", kind, err)
	}
	header, err := bus.Envelope{
		ID: answerID(msg, kind), Source: hubSource, Type: string(answer.ProtoReflect().Descriptor().FullName()), Time: now, ContentType: contentType,
	}.Header()
	if err != nil {
		return nil, nil, fmt.Errorf("headers of a %s: %w", kind, err)
	}
	if msg.envelope.Named() {
		header[bus.HeaderAnswers] = []string{bus.AnswerKey(msg.envelope.Source, msg.envelope.ID)}
	}
	return header, data, nil
}

// hubSource is the ce-source of everything the hub sends.
const hubSource = "urn:mash:hub"

// answerSpace is the namespace of the ids of answers; any fixed UUID would do.
var answerSpace = uuid.MustParse("6f0c2f4e-9d1c-5b57-8a5e-0f2a3f7f6c11")

// answerID is the same for the same answer to the same message, so that an agency can drop a repetition.
func answerID(msg message, kind string) string {
	return uuid.NewSHA1(answerSpace, []byte(kind+"|"+msg.key()+"|"+msg.sha256)).String()
}
