package embedded

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"unicode"
	"unicode/utf8"
)

// Keys in Pebble. The first byte tells the kind; integers are big-endian, so
// that keys sort as numbers do.
//
//	'a' position(8)                         → record (record.go)
//	's' stream name, 0x00, revision(8)      → position(8)
//	'i' event id(16) FNV-1a-64(stream)(8)   → position(8) of its last use in that stream
//
// 'a' is the log and the only truth; 's' and 'i' can be made again from it and
// Verify compares them with it. The hash in 'i' keeps one id in two streams
// apart; a collision is harmless because the record it leads to names its stream.
const (
	kindRecord  = 'a'
	kindStream  = 's'
	kindEventID = 'i'
)

func appendRecordKey(b []byte, pos uint64) []byte {
	return binary.BigEndian.AppendUint64(append(b, kindRecord), pos)
}

func appendStreamKey(b []byte, stream string, rev uint64) []byte {
	b = append(append(b, kindStream), stream...)
	return binary.BigEndian.AppendUint64(append(b, 0), rev)
}

func appendEventIDKey(b []byte, id [16]byte, stream string) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(stream)) // never fails
	b = append(append(b, kindEventID), id[:]...)
	return binary.BigEndian.AppendUint64(b, h.Sum64())
}

func keyPosition(key []byte) (uint64, error) {
	if len(key) != 9 || key[0] != kindRecord {
		return 0, fmt.Errorf("key %x is not a position", key)
	}
	return binary.BigEndian.Uint64(key[1:]), nil
}

// splitStreamKey takes a stream key apart; the name aliases key.
func splitStreamKey(key []byte) (stream []byte, rev uint64, err error) {
	n := len(key) - 9
	if n < 2 || key[0] != kindStream || key[n] != 0 {
		return nil, 0, fmt.Errorf("key %x is not a stream's", key)
	}
	return key[1:n], binary.BigEndian.Uint64(key[n+1:]), nil
}

func indexedPosition(value []byte) (uint64, error) {
	if len(value) != 8 {
		return 0, fmt.Errorf("index entry of %d bytes", len(value))
	}
	return binary.BigEndian.Uint64(value), nil
}

const maxStreamName = 4096

// checkStreamName refuses names that the key layout or a gRPC trailer cannot hold.
// The metadata of a stream whose name is as long as it may be has a name too.
func checkStreamName(name []byte) error {
	limit := maxStreamName
	if isMetaStream(string(name)) {
		limit += len(metaPrefix)
	}
	switch {
	case len(name) == 0 || string(name) == "$$":
		return fmt.Errorf("the stream name is empty")
	case len(name) > limit:
		return fmt.Errorf("the stream name has %d bytes, more than %d", len(name), limit)
	case string(name) == "$all":
		return fmt.Errorf("$all is not a stream that can be named")
	case !utf8.Valid(name):
		return fmt.Errorf("the stream name is not UTF-8")
	}
	for _, r := range string(name) {
		if unicode.IsControl(r) {
			return fmt.Errorf("the stream name holds a control character")
		}
	}
	return nil
}
