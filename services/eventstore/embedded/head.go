package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// The file HEAD says how far the log has certainly got. Pebble cannot tell the
// torn end of its write-ahead log or manifest, which a power cut leaves, from a
// damaged one: it drops both and says nothing, and what was acknowledged would be
// gone without a trace. With HEAD a log that ends too early is refused.
//
// HEAD is a lower bound: it is brought up to date when the writer has nothing to
// do, once a second when it has, and at a clean stop. So an end lost to damage
// goes unnoticed only for events of the last second before a crash.
//
// Two slots at offsets 0 and 4096 are written in turn, so that a torn write
// leaves the other one:
//
//	offset  size  what
//	     0     8  "MASHHEAD"
//	     8     8  number of the write, big-endian; the higher slot counts
//	    16     8  position, big-endian
//	    24     4  CRC-32C of the above
const (
	headFile   = "HEAD"
	headMagic  = "MASHHEAD"
	headSize   = 28
	headStride = 4096

	headIdle = 20 * time.Millisecond
	headBusy = time.Second
)

// head is an open HEAD file. Only the writer uses it, and Close after it.
type head struct {
	file     vfs.File
	sequence uint64
	position uint64
}

func encodeHead(sequence, position uint64) []byte {
	b := append(make([]byte, 0, headSize), headMagic...)
	b = binary.BigEndian.AppendUint64(b, sequence)
	b = binary.BigEndian.AppendUint64(b, position)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func decodeHead(b []byte) (sequence, position uint64, ok bool) {
	if len(b) < headSize || string(b[:8]) != headMagic ||
		binary.BigEndian.Uint32(b[24:]) != crc32.Checksum(b[:24], castagnoli) {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:]), true
}

// newHead writes the HEAD of a store whose log reaches position.
func newHead(fsys vfs.FS, dir string, position uint64) error {
	b := make([]byte, headStride+headSize)
	copy(b, encodeHead(1, position))
	copy(b[headStride:], encodeHead(2, position))
	return writeSynced(fsys, dir, headFile, b)
}

// openHead reads HEAD. It fails when neither slot is sound.
func openHead(fsys vfs.FS, dir string, write bool) (*head, error) {
	path := fsys.PathJoin(dir, headFile)
	var f vfs.File
	var err error
	if write {
		f, err = fsys.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	} else {
		f, err = fsys.Open(path)
	}
	if err != nil {
		return nil, fmt.Errorf("event store: open %s: %w", headFile, err)
	}
	b := make([]byte, headStride+headSize)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(fmt.Errorf("event store: read %s: %w", headFile, err), f.Close())
	}
	h := &head{file: f}
	found := false
	for _, at := range []int{0, headStride} {
		if at > n {
			continue
		}
		if seq, pos, ok := decodeHead(b[at:n]); ok && seq >= h.sequence {
			h.sequence, h.position, found = seq, pos, true
		}
	}
	if !found {
		return nil, errors.Join(fmt.Errorf("event store: %s is damaged", headFile), f.Close())
	}
	return h, nil
}

// check compares the end of the log with what HEAD knows.
func (h *head) check(last uint64) error {
	if last < h.position {
		return fmt.Errorf("the log ends at position %d but had reached %d: its end is lost", last, h.position)
	}
	return nil
}

// advance makes position durable in HEAD.
func (h *head) advance(position uint64) error {
	if position == h.position {
		return nil
	}
	seq := h.sequence + 1
	if _, err := h.file.WriteAt(encodeHead(seq, position), int64(seq%2)*headStride); err != nil {
		return fmt.Errorf("write %s: %w", headFile, err)
	}
	if err := h.file.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", headFile, err)
	}
	h.sequence, h.position = seq, position
	return nil
}
