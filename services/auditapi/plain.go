package auditapi

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The fields of google.protobuf.Struct, Value and ListValue, as struct.proto numbers them.
const (
	structFields protowire.Number = 1
	entryKey     protowire.Number = 1
	entryValue   protowire.Number = 2
	valueNull    protowire.Number = 1
	valueNumber  protowire.Number = 2
	valueString  protowire.Number = 3
	valueBool    protowire.Number = 4
	valueStruct  protowire.Number = 5
	valueList    protowire.Number = 6
	listValues   protowire.Number = 1
)

// open begins a field that holds what is appended until it is shut. Most are short: one byte is left for the length.
func open(b []byte, field protowire.Number) (_ []byte, from int) {
	b = append(protowire.AppendTag(b, field, protowire.BytesType), 0)
	return b, len(b)
}

func shut(b []byte, from int) []byte {
	length := uint64(len(b) - from)
	var room [binary.MaxVarintLen64 - 1]byte
	b = slices.Insert(b, from, room[:protowire.SizeVarint(length)-1]...)
	protowire.AppendVarint(b[:from-1], length)
	return b
}

// An entry of a Struct that is open: where it begins, and where its Value does.
type entry struct{ begun, value int }

// openEntry begins an entry, whose Value's content is what is appended until it is shut.
func openEntry(b []byte, key string) (_ []byte, of entry) {
	b, of.begun = open(b, structFields)
	b = protowire.AppendString(protowire.AppendTag(b, entryKey, protowire.BytesType), key)
	b, of.value = open(b, entryValue)
	return b, of
}

func shutEntry(b []byte, of entry) []byte { return shut(shut(b, of.value), of.begun) }

// appendPlain appends the Struct that a message's protobuf JSON is, encoded, made from the message's own encoding. A replay shows hundreds of
// events: to go through the JSON, through a Struct or through reflection gives the same at several times the cost.
func (s *shape) appendPlain(b, wire []byte) ([]byte, error) {
	for len(wire) > 0 {
		number, value, rest, err := consume(wire)
		if err != nil {
			return nil, err
		}
		wire = rest
		f := s.fields[number]
		if f == nil {
			continue // of a later release
		}
		var of entry
		b, of = openEntry(b, f.key)
		if f.list {
			b, wire, err = f.appendList(b, number, value, wire)
		} else {
			b, err = f.append(b, value)
		}
		if err != nil {
			return nil, err
		}
		b = shutEntry(b, of)
	}
	return b, nil
}

// consume takes the first field: its number and its value as it is encoded.
func consume(wire []byte) (number protowire.Number, value, rest []byte, err error) {
	number, kind, tag := protowire.ConsumeTag(wire)
	if tag < 0 {
		return 0, nil, nil, protowire.ParseError(tag)
	}
	size := protowire.ConsumeFieldValue(number, kind, wire[tag:])
	if size < 0 {
		return 0, nil, nil, protowire.ParseError(size)
	}
	return number, wire[tag : tag+size], wire[tag+size:], nil
}

// appendList appends a list of a first value and those that follow it under the same number, and gives what is left.
func (f *fieldShape) appendList(b []byte, of protowire.Number, value, wire []byte) (_, rest []byte, err error) {
	var list, item int
	b, list = open(b, valueList)
	for number := of; number == of; {
		rest = wire
		b, item = open(b, listValues)
		if b, err = f.append(b, value); err != nil {
			return nil, nil, err
		}
		b = shut(b, item)
		if len(wire) == 0 {
			break
		}
		if number, value, wire, err = consume(wire); err != nil {
			return nil, nil, err
		}
	}
	return shut(b, list), rest, nil
}

// append appends the content of a Value.
func (f *fieldShape) append(b, value []byte) ([]byte, error) {
	switch f.kind {
	case protoreflect.StringKind:
		return append(protowire.AppendTag(b, valueString, protowire.BytesType), value...), nil
	case protoreflect.MessageKind, protoreflect.BytesKind:
		content, n := protowire.ConsumeBytes(value)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		if f.message != nil {
			return f.message.append(b, content)
		}
		b, at := open(b, valueString)
		return shut(base64.StdEncoding.AppendEncode(b, content), at), nil
	}
	number, n := protowire.ConsumeVarint(value)
	switch {
	case n < 0:
		return nil, protowire.ParseError(n)
	case f.kind == protoreflect.BoolKind:
		return appendBool(b, protowire.DecodeBool(number)), nil
	case f.kind == protoreflect.Uint32Kind:
		return appendNumber(b, float64(uint32(number))), nil
	}
	b, at := open(b, valueString) // numbers of 64 bits are text in JSON
	return shut(strconv.AppendUint(b, number, 10), at), nil
}

// append appends a message as the content of a Value.
func (s *shape) append(b, wire []byte) (_ []byte, err error) {
	if s.stamp {
		at := &timestamppb.Timestamp{}
		if err := proto.Unmarshal(wire, at); err != nil {
			return nil, err
		}
		if err := at.CheckValid(); err != nil {
			return nil, err
		}
		b, text := open(b, valueString)
		return shut(appendStamp(b, at.AsTime()), text), nil
	}
	b, of := open(b, valueStruct)
	if b, err = s.appendPlain(b, wire); err != nil {
		return nil, err
	}
	return shut(b, of), nil
}

// appendStamp writes a time with as many digits as protobuf JSON does: none, three, six or nine.
func appendStamp(b []byte, at time.Time) []byte {
	switch ns := at.Nanosecond(); {
	case ns == 0:
		return at.AppendFormat(b, "2006-01-02T15:04:05Z")
	case ns%1e6 == 0:
		return at.AppendFormat(b, "2006-01-02T15:04:05.000Z")
	case ns%1e3 == 0:
		return at.AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	}
	return at.AppendFormat(b, "2006-01-02T15:04:05.000000000Z")
}
