package triage

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
)

// The fields of a strategy meeting that the contact knows of.
const (
	meetingID protowire.Number = iota + 1
	meetingStage
	meetingBeforeDecision
	meetingClock
	meetingHow
)

func meetings(b []byte, all []contact.Meeting) ([]byte, error) {
	for _, m := range all {
		one := text(text(text(nil, meetingID, m.ID), meetingStage, m.Stage), meetingHow, m.How)
		one = number(one, meetingBeforeDecision, protowire.EncodeBool(m.BeforeDecision))
		if m.Clock != nil {
			var err error
			if one, err = messages(one, meetingClock, []*eventpb.Clock{m.Clock}); err != nil {
				return nil, err
			}
		}
		b = protowire.AppendBytes(protowire.AppendTag(b, fieldMeeting, protowire.BytesType), one)
	}
	return b, nil
}

func setMeeting(m *contact.Meeting, b []byte) error {
	setNumber := func(n protowire.Number, v uint64) error {
		if n != meetingBeforeDecision {
			return fmt.Errorf("%w: number %d of a meeting", errCorrupt, n)
		}
		m.BeforeDecision = protowire.DecodeBool(v)
		return nil
	}
	return fields(b, setNumber, func(n protowire.Number, v []byte) error {
		switch n {
		case meetingID:
			m.ID = string(v)
		case meetingStage:
			m.Stage = string(v)
		case meetingHow:
			m.How = string(v)
		case meetingClock:
			m.Clock = &eventpb.Clock{}
			return proto.Unmarshal(v, m.Clock)
		default:
			return fmt.Errorf("%w: bytes %d of a meeting", errCorrupt, n)
		}
		return nil
	})
}
