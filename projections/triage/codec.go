package triage

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
)

// A row is one value in the database, in protobuf's wire format, written by hand: the columns beside it are only what queries
// filter and order by. That keeps a fold at two values read and a dozen written. Equal rows have equal bytes. A change here is a
// new Version.
const (
	fieldID protowire.Number = iota + 1
	fieldQueued
	fieldTeam
	fieldWorker
	fieldRating
	fieldClock
	fieldDuplicateOf
	fieldAgency
	fieldWorkType
	fieldSourceCode
	fieldSenderUrgent
	fieldOutOfHours
	fieldChildren
	fieldReceivedAt // nanoseconds since 1970, zigzag
	fieldAction
	fieldLapse
	fieldRevision
	fieldPosition
	fieldConcluded
	fieldDecision
	fieldChannel
	fieldWrittenForm
	fieldMeeting
	fieldNotification
	fieldAcknowledged // one for each notification, in their order
	fieldFormLapsed
	fieldLapsed // as acknowledged
)

// The fields of a decision.
const (
	decisionID protowire.Number = iota + 1
	decisionStanding
	decisionResponse
)

var errCorrupt = errors.New("row is not in the form of this version")

func (r *Row) marshal() ([]byte, error) {
	b := make([]byte, 0, 512)
	c := &r.Contact
	b = text(b, fieldID, c.ID)
	b = texts(b, fieldQueued, c.Queued)
	b = text(b, fieldTeam, c.Team)
	b = text(b, fieldWorker, c.Worker)
	b = text(b, fieldRating, c.Rating)
	b, err := messages(b, fieldClock, c.Clocks)
	if err != nil {
		return nil, err
	}
	b = text(b, fieldDuplicateOf, c.DuplicateOf)
	b = text(b, fieldAgency, r.Agency)
	b = text(b, fieldWorkType, r.WorkType)
	b = text(b, fieldSourceCode, r.SourceCode)
	b = number(b, fieldSenderUrgent, protowire.EncodeBool(r.SenderUrgent))
	b = number(b, fieldOutOfHours, protowire.EncodeBool(r.OutOfHours))
	b = number(b, fieldChildren, uint64(r.Children))
	b = number(b, fieldReceivedAt, protowire.EncodeZigZag(r.ReceivedAt.UnixNano()))
	b = texts(b, fieldAction, r.Actions)
	if b, err = messages(b, fieldLapse, r.Lapses); err != nil {
		return nil, err
	}
	b = number(b, fieldRevision, r.Revision)
	b = number(b, fieldPosition, uint64(r.Position))
	b = number(b, fieldConcluded, uint64(r.Concluded))
	b = text(b, fieldChannel, r.Channel)
	if c.WrittenForm != nil {
		if b, err = messages(b, fieldWrittenForm, []*eventpb.Clock{c.WrittenForm}); err != nil {
			return nil, err
		}
	}
	if c.FormLapsed {
		b = number(b, fieldFormLapsed, 1)
	}
	if b, err = meetings(b, c.Meetings); err != nil {
		return nil, err
	}
	for _, n := range c.Encompass {
		if b, err = messages(b, fieldNotification, []*eventpb.EncompassDecided{n.Decided}); err != nil {
			return nil, err
		}
		b = number(b, fieldAcknowledged, protowire.EncodeBool(n.Acknowledged))
		b = number(b, fieldLapsed, protowire.EncodeBool(n.Lapsed))
	}
	return decisions(b, c.Decisions)
}

func decisions(b []byte, all []contact.Decision) ([]byte, error) {
	for _, d := range all {
		one := text(text(nil, decisionID, d.ID), decisionStanding, d.Standing)
		if d.Response != nil {
			var err error
			if one, err = messages(one, decisionResponse, []*eventpb.Clock{d.Response}); err != nil {
				return nil, err
			}
		}
		b = protowire.AppendBytes(protowire.AppendTag(b, fieldDecision, protowire.BytesType), one)
	}
	return b, nil
}

func text(b []byte, n protowire.Number, s string) []byte {
	if s == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
}

// texts keeps empty ones: a list has as many as it has.
func texts(b []byte, n protowire.Number, all []string) []byte {
	for _, s := range all {
		b = protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
	}
	return b
}

func number(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

func messages[M proto.Message](b []byte, n protowire.Number, all []M) ([]byte, error) {
	for _, m := range all {
		b = protowire.AppendTag(b, n, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(proto.Size(m)))
		var err error
		if b, err = (proto.MarshalOptions{Deterministic: true, UseCachedSize: true}).MarshalAppend(b, m); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func unmarshal(b []byte) (*Row, error) {
	r := &Row{}
	if err := fields(b, r.setNumber, r.setBytes); err != nil {
		return nil, err
	}
	r.Contact.Revision, r.Contact.Begun = r.Revision, true
	return r, nil
}

func fields(b []byte, number func(protowire.Number, uint64) error, bytes func(protowire.Number, []byte) error) error {
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeTag(b)
		if size < 0 {
			return errCorrupt
		}
		b = b[size:]
		var err error
		switch kind {
		case protowire.VarintType:
			v, size := protowire.ConsumeVarint(b)
			if size < 0 {
				return errCorrupt
			}
			b, err = b[size:], number(n, v)
		case protowire.BytesType:
			v, size := protowire.ConsumeBytes(b)
			if size < 0 {
				return errCorrupt
			}
			b, err = b[size:], bytes(n, v)
		default:
			err = errCorrupt
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func setDecision(d *contact.Decision, b []byte) error {
	noNumber := func(n protowire.Number, _ uint64) error {
		return fmt.Errorf("%w: number %d of a decision", errCorrupt, n)
	}
	return fields(b, noNumber, func(n protowire.Number, v []byte) error {
		switch n {
		case decisionID:
			d.ID = string(v)
		case decisionStanding:
			d.Standing = string(v)
		case decisionResponse:
			d.Response = &eventpb.Clock{}
			return proto.Unmarshal(v, d.Response)
		default:
			return fmt.Errorf("%w: bytes %d of a decision", errCorrupt, n)
		}
		return nil
	})
}

func (r *Row) setNumber(n protowire.Number, v uint64) error {
	switch n {
	case fieldSenderUrgent:
		r.SenderUrgent = protowire.DecodeBool(v)
	case fieldOutOfHours:
		r.OutOfHours = protowire.DecodeBool(v)
	case fieldChildren:
		r.Children = uint32(v)
	case fieldReceivedAt:
		r.ReceivedAt = time.Unix(0, protowire.DecodeZigZag(v)).UTC()
	case fieldAcknowledged, fieldLapsed:
		last := len(r.Contact.Encompass) - 1
		if last < 0 {
			return fmt.Errorf("%w: number %d before its notification", errCorrupt, n)
		}
		if n == fieldLapsed {
			r.Contact.Encompass[last].Lapsed = protowire.DecodeBool(v)
		} else {
			r.Contact.Encompass[last].Acknowledged = protowire.DecodeBool(v)
		}
	case fieldFormLapsed:
		r.Contact.FormLapsed = protowire.DecodeBool(v)
	case fieldConcluded:
		r.Concluded = uint32(v)
	case fieldRevision:
		r.Revision = v
	case fieldPosition:
		r.Position = int64(v)
	default:
		return fmt.Errorf("%w: number %d", errCorrupt, n)
	}
	return nil
}

func (r *Row) setBytes(n protowire.Number, v []byte) error {
	c := &r.Contact
	switch n {
	case fieldID:
		c.ID = string(v)
	case fieldQueued:
		c.Queued = append(c.Queued, string(v))
	case fieldTeam:
		c.Team = string(v)
	case fieldWorker:
		c.Worker = string(v)
	case fieldRating:
		c.Rating = string(v)
	case fieldClock:
		clock := &eventpb.Clock{}
		c.Clocks = append(c.Clocks, clock)
		return proto.Unmarshal(v, clock)
	case fieldDecision:
		c.Decisions = append(c.Decisions, contact.Decision{})
		return setDecision(&c.Decisions[len(c.Decisions)-1], v)
	case fieldMeeting:
		c.Meetings = append(c.Meetings, contact.Meeting{})
		return setMeeting(&c.Meetings[len(c.Meetings)-1], v)
	case fieldDuplicateOf:
		c.DuplicateOf = string(v)
	case fieldAgency:
		r.Agency = string(v)
	case fieldWorkType:
		r.WorkType = string(v)
	case fieldSourceCode:
		r.SourceCode = string(v)
	case fieldAction:
		r.Actions = append(r.Actions, string(v))
	case fieldChannel:
		r.Channel = string(v)
	case fieldNotification:
		decided := &eventpb.EncompassDecided{}
		c.Encompass = append(c.Encompass, contact.Notification{Decided: decided})
		return proto.Unmarshal(v, decided)
	case fieldWrittenForm:
		c.WrittenForm = &eventpb.Clock{}
		return proto.Unmarshal(v, c.WrittenForm)
	case fieldLapse:
		lapse := &eventpb.Lapse{}
		r.Lapses = append(r.Lapses, lapse)
		return proto.Unmarshal(v, lapse)
	default:
		return fmt.Errorf("%w: bytes %d", errCorrupt, n)
	}
	return nil
}
