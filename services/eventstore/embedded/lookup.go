package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"
)

// lastIndexed finds the last index entry of a stream at or below upTo, the
// highest position the caller may see. it may be positioned anywhere, and is left
// on the entry.
func lastIndexed(it *pebble.Iterator, key []byte, stream string, upTo uint64) (rev int64, pos uint64, ok bool, err error) {
	prefix := appendStreamKey(key[:0], stream, 0)
	prefix = prefix[:len(prefix)-8]
	end := append(prefix[:len(prefix):len(prefix)], 0xff) // above every revision: those are below 2^63
	valid := it.SeekLT(end)
	for looked := 0; valid; valid, looked = it.Prev(), looked+1 {
		if !bytes.HasPrefix(it.Key(), prefix) || len(it.Key()) != len(prefix)+8 {
			break
		}
		_, r, err := splitStreamKey(it.Key())
		if err != nil {
			return 0, 0, false, err
		}
		p, err := indexedPosition(it.Value())
		if err != nil {
			return 0, 0, false, err
		}
		if p <= upTo {
			return int64(r), p, true, nil
		}
		if looked == fewSteps {
			return searchIndex(it, stream, int64(r), upTo)
		}
	}
	return 0, 0, false, it.Error()
}

// fewSteps is how far back a lookup goes entry by entry. Nearly every caller may
// see all or all but the newest; a reader who is slow, or a long time at it, may
// see what was there when it began, and a stream has no bound.
const fewSteps = 16

// searchIndex is lastIndexed below revision above, which is known to be too new.
// Positions rise with revisions, and those have no gaps.
func searchIndex(it *pebble.Iterator, stream string, above int64, upTo uint64) (rev int64, pos uint64, ok bool, err error) {
	var key []byte
	at := func(rev int64) (uint64, error) {
		key = appendStreamKey(key[:0], stream, uint64(rev))
		if !it.SeekGE(key) {
			return 0, missingRevision(it, rev)
		}
		return revisionUnder(it, stream, rev)
	}
	low := int64(-1)
	for above-low > 1 {
		middle := low + (above-low)/2
		p, err := at(middle)
		if err != nil {
			return 0, 0, false, err
		}
		if p <= upTo {
			low = middle
		} else {
			above = middle
		}
	}
	if low < 0 {
		return 0, 0, false, nil
	}
	pos, err = at(low)
	return low, pos, err == nil, err
}

// streamHead is where a stream stands.
type streamHead struct {
	last       int64 // last revision that is not the tombstone's, -1 for none
	lastPos    uint64
	tombstoned bool
}

func findHead(it *pebble.Iterator, stream string, upTo uint64) (streamHead, error) {
	head := streamHead{last: -1}
	rev, pos, ok, err := lastIndexed(it, nil, stream, upTo)
	if err != nil || !ok {
		return head, err
	}
	if rev != tombstoneRevision {
		return streamHead{last: rev, lastPos: pos}, nil
	}
	head.tombstoned = true
	// The entry before the tombstone is the stream's last own event.
	if it.Prev() {
		if name, r, err := splitStreamKey(it.Key()); err == nil && string(name) == stream {
			p, err := indexedPosition(it.Value())
			if err != nil {
				return head, err
			}
			head.last, head.lastPos = int64(r), p
		}
	}
	return head, it.Error()
}

// getRecord reads one record and copies it out of Pebble's memory.
func getRecord(db pebble.Reader, pos uint64) (record, error) {
	v, closer, err := db.Get(appendRecordKey(nil, pos))
	if err != nil {
		return record{}, fmt.Errorf("read position %d: %w", pos, err)
	}
	copied := bytes.Clone(v)
	if err := closer.Close(); err != nil {
		return record{}, fmt.Errorf("read position %d: %w", pos, err)
	}
	return decodeRecord(pos, copied)
}

// getPosition looks up an index entry; ok is false when there is none.
func getPosition(db pebble.Reader, key []byte) (pos uint64, ok bool, err error) {
	v, closer, err := db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read index: %w", err)
	}
	pos, err = indexedPosition(v)
	return pos, err == nil, errors.Join(err, closer.Close())
}

// lastPosition is the highest position in the log, 0 when it is empty.
func lastPosition(db pebble.Reader) (pos uint64, err error) {
	it, err := db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{kindRecord},
		UpperBound: []byte{kindRecord + 1},
	})
	if err != nil {
		return 0, fmt.Errorf("find the end of the log: %w", err)
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	if !it.Last() {
		return 0, it.Error()
	}
	return keyPosition(it.Key())
}

// everything lets a lookup see also what is written and not yet synced; only
// the writer may.
const everything = math.MaxUint64
