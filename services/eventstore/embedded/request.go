package embedded

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// An appendMessage is one message of an append, read straight from the wire: the
// generated code would make six objects and a map of an event, and cost more than
// all else that the server does with it. Only the shape that clients send is read
// here, each field once; everything else goes to the generated code, which knows
// what repeated, unknown and broken fields mean. A fuzz test compares the two.
type appendMessage struct {
	kind    messageKind
	stream  []byte   // options
	want    expected // options
	event   event    // proposed
	content string   // proposed: its content type
	// generic is any other message.
	generic *streams.AppendReq
}

type messageKind int

const (
	otherMessage messageKind = iota
	optionsMessage
	proposedMessage
)

// unmarshal reads a message. What it holds then aliases b.
func (m *appendMessage) unmarshal(b []byte) error {
	*m = appendMessage{}
	field, v, rest := takeBytes(b)
	if len(rest) == 0 {
		switch {
		case field == 1 && m.readOptions(v):
			m.kind = optionsMessage
			return nil
		case field == 2 && m.readProposed(v):
			m.kind = proposedMessage
			return nil
		}
	}
	m.generic = new(streams.AppendReq)
	return proto.Unmarshal(b, m.generic)
}

// readOptions reads stream_identifier 1 {stream_name 3} and one of revision 2,
// no_stream 3, any 4 and stream_exists 5, in that order.
func (m *appendMessage) readOptions(b []byte) bool {
	field, id, rest := takeBytes(b)
	if field != 1 {
		return false
	}
	field, name, none := takeBytes(id)
	if field != 3 || len(none) > 0 {
		return false
	}
	m.stream = name
	if field, rev, none := takeVarint(rest); field == 2 && len(none) == 0 {
		m.want = expected{expectRevision, rev}
		return true
	}
	field, empty, none := takeBytes(rest)
	if len(empty) > 0 || len(none) > 0 {
		return false
	}
	switch field {
	case 3:
		m.want.kind = expectNoStream
	case 4:
		m.want.kind = expectAny
	case 5:
		m.want.kind = expectExists
	default:
		return false
	}
	return true
}

// readProposed reads id 1, metadata 2 (repeated), custom_metadata 3 and data 4.
func (m *appendMessage) readProposed(b []byte) bool {
	for last := protowire.Number(0); len(b) > 0; {
		field, v, rest := takeBytes(b)
		if field < last || (field == last && field != 2) {
			return false
		}
		switch field {
		case 1:
			if !readStructuredID(v, &m.event.id) {
				return false
			}
		case 2:
			if !m.readEntry(v) {
				return false
			}
		case 3:
			m.event.meta = v
		case 4:
			m.event.data = v
		default:
			return false
		}
		last, b = field, rest
	}
	return true
}

// readEntry reads one entry of the metadata map: key 1, value 2. A later entry of
// the same key counts, as in any protobuf map.
func (m *appendMessage) readEntry(b []byte) bool {
	k, key, rest := takeBytes(b)
	v, value, none := takeBytes(rest)
	if k != 1 || v != 2 || len(none) > 0 || !utf8.Valid(key) || !utf8.Valid(value) {
		return false
	}
	switch string(key) {
	case "type":
		m.event.typ = string(value)
	case "content-type":
		m.content = contentName(value)
	}
	return true
}

// contentName saves making a string of what is nearly always one of two.
func contentName(b []byte) string {
	switch string(b) {
	case contentJSON:
		return contentJSON
	case contentBinary:
		return contentBinary
	}
	return string(b)
}

// readStructuredID reads UUID.structured 1 {most 1, least 2}; a half that is zero
// is left out.
func readStructuredID(b []byte, id *[16]byte) bool {
	field, b, none := takeBytes(b)
	if field != 1 || len(none) > 0 {
		return false
	}
	for last := protowire.Number(0); len(b) > 0; {
		field, half, rest := takeVarint(b)
		if field <= last || field > 2 {
			return false
		}
		binary.BigEndian.PutUint64(id[(field-1)*8:], half)
		last, b = field, rest
	}
	return true
}

// takeBytes takes a length-delimited field off b; field is 0 when b does not
// begin with one.
func takeBytes(b []byte) (field protowire.Number, v, rest []byte) {
	field, kind, n := protowire.ConsumeTag(b)
	if n < 0 || kind != protowire.BytesType {
		return 0, nil, b
	}
	v, m := protowire.ConsumeBytes(b[n:])
	if m < 0 {
		return 0, nil, b
	}
	return field, v, b[n+m:]
}

// takeVarint is takeBytes for a number.
func takeVarint(b []byte) (field protowire.Number, v uint64, rest []byte) {
	field, kind, n := protowire.ConsumeTag(b)
	if n < 0 || kind != protowire.VarintType {
		return 0, 0, b
	}
	v, m := protowire.ConsumeVarint(b[n:])
	if m < 0 {
		return 0, 0, b
	}
	return field, v, b[n+m:]
}
