package embedded

import (
	"encoding/binary"
	"strconv"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// Events go from the log to the wire without becoming Go messages in between:
// the bytes of a ReadResp are written straight from the record. At a hundred
// thousand events a second the messages and their metadata maps would cost more
// than everything else. A test decodes what is written here with the generated
// code and compares.

// frame is an encoded message, ready to be sent.
type frame []byte

// codec passes frames through, reads appends by hand (request.go) and leaves
// everything else to protobuf.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2("proto")} }

func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(frame); ok {
		return mem.BufferSlice{mem.SliceBuffer(f)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// Unmarshal copies an append's message, whose event aliases the copy.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if m, ok := v.(*appendMessage); ok {
		return m.unmarshal(data.Materialize())
	}
	return c.CodecV2.Unmarshal(data, v)
}

// eventFrame describes one ReadEvent. event is nil when a link leads nowhere,
// link is nil when the event was not reached through one.
type eventFrame struct {
	event, link *record
	stringIDs   bool
	// retries, when not negative, makes it a persistent subscription's event.
	retries int32
}

// Field numbers: ReadResp.event 1; ReadEvent.event 1, link 2, commit_position 3,
// and in persistent subscriptions retry_count 5.
func (f *eventFrame) append(b []byte) []byte {
	var body int
	if f.event != nil {
		body += sizeField(1, f.recordSize(f.event))
	}
	if f.link != nil {
		body += sizeField(2, f.recordSize(f.link))
	}
	pos := f.original().pos
	body += 1 + protowire.SizeVarint(pos)
	if f.retries >= 0 {
		body += 1 + protowire.SizeVarint(uint64(f.retries))
	}
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(body))
	if f.event != nil {
		b = f.appendRecord(b, 1, f.event)
	}
	if f.link != nil {
		b = f.appendRecord(b, 2, f.link)
	}
	b = protowire.AppendTag(b, 3, protowire.VarintType)
	b = protowire.AppendVarint(b, pos)
	if f.retries >= 0 {
		b = protowire.AppendTag(b, 5, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(f.retries))
	}
	return b
}

// original is the event that the reader asked for: the link if there is one.
func (f *eventFrame) original() *record {
	if f.link != nil {
		return f.link
	}
	return f.event
}

const (
	contentJSON   = "application/json"
	contentBinary = "application/octet-stream"
)

func contentType(r *record) string {
	if r.json {
		return contentJSON
	}
	return contentBinary
}

// RecordedEvent: id 1, stream_identifier 2, stream_revision 3, prepare_position 4,
// commit_position 5, metadata 6, custom_metadata 7, data 8.
func (f *eventFrame) recordSize(r *record) int {
	n := sizeField(1, f.idSize(r)) + sizeField(2, sizeField(3, len(r.stream)))
	if r.rev != 0 {
		n += 1 + protowire.SizeVarint(r.rev)
	}
	n += 2 * (1 + protowire.SizeVarint(r.pos))
	var created [20]byte
	n += sizeEntry(len("type"), len(r.typ)) + sizeEntry(len("content-type"), len(contentType(r))) +
		sizeEntry(len("created"), len(strconv.AppendInt(created[:0], r.created, 10)))
	if len(r.meta) > 0 {
		n += sizeField(7, len(r.meta))
	}
	if len(r.data) > 0 {
		n += sizeField(8, len(r.data))
	}
	return n
}

func (f *eventFrame) appendRecord(b []byte, field protowire.Number, r *record) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(f.recordSize(r)))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(f.idSize(r)))
	b = f.appendID(b, r)
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(sizeField(3, len(r.stream))))
	b = appendBytes(b, 3, r.stream)
	if r.rev != 0 {
		b = protowire.AppendTag(b, 3, protowire.VarintType)
		b = protowire.AppendVarint(b, r.rev)
	}
	for field := protowire.Number(4); field <= 5; field++ {
		b = protowire.AppendTag(b, field, protowire.VarintType)
		b = protowire.AppendVarint(b, r.pos)
	}
	var created [20]byte
	b = appendEntry(b, "type", r.typ)
	b = appendEntry(b, "content-type", []byte(contentType(r)))
	b = appendEntry(b, "created", strconv.AppendInt(created[:0], r.created, 10))
	if len(r.meta) > 0 {
		b = appendBytes(b, 7, r.meta)
	}
	if len(r.data) > 0 {
		b = appendBytes(b, 8, r.data)
	}
	return b
}

// UUID: structured 1 {most 1, least 2}, string 2.
func (f *eventFrame) idSize(r *record) int {
	if f.stringIDs {
		return sizeField(2, 36)
	}
	return sizeField(1, structuredSize(r.id))
}

func (f *eventFrame) appendID(b []byte, r *record) []byte {
	if f.stringIDs {
		return appendBytes(b, 2, []byte(formatID(r.id)))
	}
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(structuredSize(r.id)))
	for i, half := range halves(r.id) {
		if half != 0 {
			b = protowire.AppendTag(b, protowire.Number(i+1), protowire.VarintType)
			b = protowire.AppendVarint(b, half)
		}
	}
	return b
}

func structuredSize(id [16]byte) int {
	n := 0
	for _, half := range halves(id) {
		if half != 0 {
			n += 1 + protowire.SizeVarint(half)
		}
	}
	return n
}

func halves(id [16]byte) [2]uint64 {
	return [2]uint64{binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])}
}

// sizeField is the size of a length-delimited field of n bytes; every field
// number here is below 16, so its tag is one byte.
func sizeField(_ protowire.Number, n int) int { return 1 + protowire.SizeBytes(n) }

// sizeEntry is the size of one entry of the metadata map: field 6 {key 1, value 2}.
func sizeEntry(key, value int) int {
	return sizeField(6, sizeField(1, key)+sizeField(2, value))
}

func appendEntry(b []byte, key string, value []byte) []byte {
	b = protowire.AppendTag(b, 6, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(sizeField(1, len(key))+sizeField(2, len(value))))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendString(b, key)
	return appendBytes(b, 2, value)
}

func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendBytes(b, v)
}

// appendCheckpoint encodes ReadResp.checkpoint 3 {commit 1, prepare 2}.
func appendCheckpoint(b []byte, pos uint64) []byte {
	b = protowire.AppendTag(b, 3, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(2*(1+protowire.SizeVarint(pos))))
	for field := protowire.Number(1); field <= 2; field++ {
		b = protowire.AppendTag(b, field, protowire.VarintType)
		b = protowire.AppendVarint(b, pos)
	}
	return b
}

// appendSuccess encodes AppendResp.success 1 {current_revision 1, position 3
// {commit 1, prepare 2}}.
func appendSuccess(b []byte, out outcome) []byte {
	position := 2 * (1 + protowire.SizeVarint(out.pos))
	rev := uint64(out.last)
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(1+protowire.SizeVarint(rev)+sizeField(3, position)))
	b = protowire.AppendTag(b, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, rev)
	b = protowire.AppendTag(b, 3, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(position))
	for field := protowire.Number(1); field <= 2; field++ {
		b = protowire.AppendTag(b, field, protowire.VarintType)
		b = protowire.AppendVarint(b, out.pos)
	}
	return b
}
