package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A record is one event as it lies in the log, the value under its position's
// key. All integers are big-endian.
//
//	offset  size  what
//	     0     1  version of this layout, 1
//	     1     1  flags: bit 0 = data is JSON; the others are 0
//	     2     2  length of the stream name (S)
//	     4     4  length of the event type (T)
//	     8     4  length of the metadata (M)
//	    12     4  length of the data (D)
//	    16     8  position in the log, from 1, without gaps
//	    24     8  revision in the stream, from 0; 2^63-1 for a tombstone
//	    32     8  created: 100 ns ticks since 1970-01-01T00:00:00Z
//	    40    16  event id
//	    56     S  stream name
//	  56+S     T  event type
//	     …     M  metadata
//	     …     D  data
//	     …     4  CRC-32C (Castagnoli) of everything before it
//
// The position is inside the checksum, so a record that turns up under another
// key is noticed. A released layout never changes: a new one gets a new version
// and this one stays readable (testdata holds a store of every version).
type record struct {
	pos     uint64
	rev     uint64
	created int64
	id      [16]byte
	json    bool
	// The slices alias the buffer that was decoded.
	stream, typ, meta, data []byte
}

const (
	recordVersion = 1
	recordHeader  = 56
	recordTrailer = 4

	flagJSON = 1 << 0

	// tombstoneRevision is the revision of the event that ends a stream for good.
	tombstoneRevision = 1<<63 - 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (r *record) size() int {
	return recordHeader + len(r.stream) + len(r.typ) + len(r.meta) + len(r.data) + recordTrailer
}

// encode writes the record to b, which must be size() bytes long.
func (r *record) encode(b []byte) {
	b[0] = recordVersion
	b[1] = 0
	if r.json {
		b[1] = flagJSON
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(r.stream)))
	binary.BigEndian.PutUint32(b[4:], uint32(len(r.typ)))
	binary.BigEndian.PutUint32(b[8:], uint32(len(r.meta)))
	binary.BigEndian.PutUint32(b[12:], uint32(len(r.data)))
	binary.BigEndian.PutUint64(b[16:], r.pos)
	binary.BigEndian.PutUint64(b[24:], r.rev)
	binary.BigEndian.PutUint64(b[32:], uint64(r.created))
	copy(b[40:], r.id[:])
	n := recordHeader
	n += copy(b[n:], r.stream)
	n += copy(b[n:], r.typ)
	n += copy(b[n:], r.meta)
	n += copy(b[n:], r.data)
	binary.BigEndian.PutUint32(b[n:], crc32.Checksum(b[:n], castagnoli))
}

var errRecordSum = errors.New("checksum differs")

// decodeRecord reads a record without copying and checks its checksum and its
// position against the key it was found under.
func decodeRecord(pos uint64, b []byte) (record, error) {
	var r record
	if len(b) < recordHeader+recordTrailer {
		return r, fmt.Errorf("record at position %d: %d bytes are too few", pos, len(b))
	}
	body := b[:len(b)-recordTrailer]
	if binary.BigEndian.Uint32(b[len(body):]) != crc32.Checksum(body, castagnoli) {
		return r, fmt.Errorf("record at position %d: %w", pos, errRecordSum)
	}
	if b[0] != recordVersion || b[1]&^flagJSON != 0 {
		return r, fmt.Errorf("record at position %d: layout %d, flags %#x are not known to this version", pos, b[0], b[1])
	}
	s := uint64(binary.BigEndian.Uint16(b[2:]))
	t := uint64(binary.BigEndian.Uint32(b[4:]))
	m := uint64(binary.BigEndian.Uint32(b[8:]))
	d := uint64(binary.BigEndian.Uint32(b[12:]))
	if recordHeader+s+t+m+d != uint64(len(body)) {
		return r, fmt.Errorf("record at position %d: lengths do not add up", pos)
	}
	r.json = b[1]&flagJSON != 0
	r.pos = binary.BigEndian.Uint64(b[16:])
	r.rev = binary.BigEndian.Uint64(b[24:])
	r.created = int64(binary.BigEndian.Uint64(b[32:]))
	copy(r.id[:], b[40:])
	rest := body[recordHeader:]
	r.stream, rest = rest[:s:s], rest[s:]
	r.typ, rest = rest[:t:t], rest[t:]
	r.meta, r.data = rest[:m:m], rest[m:]
	if r.pos != pos {
		return r, fmt.Errorf("record at position %d: says it is %d", pos, r.pos)
	}
	return r, nil
}
