package embedded

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// streamCursor walks one stream in either direction.
type streamCursor struct {
	s         *Store
	stream    string
	view      viewing
	backwards bool
	next      int64 // the revision to look at next; negative when backwards and done
	remaining uint64
	// live is for a subscription that has been at the end of the stream: it gets
	// all that is written from then on, whatever metadata hides in the meantime,
	// and the tombstone.
	live bool
}

// fill is allCursor's for a stream. It fails with errStreamNotFound or
// errStreamDeleted; a subscription waits at the first.
func (cur *streamCursor) fill(c sink, upTo uint64) (more bool, err error) {
	it, err := cur.s.streamIter()
	if err != nil {
		return false, err
	}
	defer func() { err = cur.s.closeIter(it, err) }()
	v, err := cur.s.view(it, cur.stream, upTo)
	switch {
	case err != nil:
		return false, err
	case v.tombstoned && !cur.live:
		return false, errStreamDeleted
	case v.tombstoned:
		return cur.end(c, it, v, upTo)
	case v.missing() && !cur.keepsUp(v):
		cur.pass(v)
		return false, errStreamNotFound
	}
	low, high := cur.lowest(v), v.last
	if cur.backwards {
		low, high = v.meta.visibleFrom(v.last), min(cur.next, v.last)
	}
	if low > high {
		cur.pass(v)
		return false, nil
	}
	return cur.walk(c, it, v, low, high, upTo)
}

// keepsUp reports whether the reader is live and so near the end that it gets
// what metadata hides by now. It was not hidden when it was written, and would
// have reached a quicker reader; how quick one is must not change what it gets.
func (cur *streamCursor) keepsUp(v streamView) bool {
	return cur.live && v.last-cur.next < liveLag
}

// lowest is the revision that a reader who goes forwards gets next.
func (cur *streamCursor) lowest(v streamView) int64 {
	if cur.keepsUp(v) {
		return cur.next
	}
	return max(cur.next, v.meta.visibleFrom(v.last))
}

// pass leaves behind what the reader has reached and cannot see, so that metadata
// which shows it again does not bring it to a subscription.
func (cur *streamCursor) pass(v streamView) {
	if !cur.backwards {
		cur.next = max(cur.next, v.last+1)
	}
}

func (cur *streamCursor) walk(c sink, index *pebble.Iterator, v streamView, low, high int64, upTo uint64) (more bool, err error) {
	records, err := cur.s.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{kindRecord}, UpperBound: []byte{kindRecord + 1},
	})
	if err != nil {
		return false, cur.s.broken(err)
	}
	defer func() { err = cur.s.closeIter(records, err) }()
	step, by, want := index.Next, int64(1), low
	if cur.backwards {
		step, by, want = index.Prev, -1, high
	}
	now := cur.s.opts.Now()
	keepsUp := cur.keepsUp(v)
	var key []byte
	valid := index.SeekGE(appendStreamKey(nil, cur.stream, uint64(want)))
	for scanned := 0; scanned < chunkScan && !c.full() && cur.remaining > 0; scanned++ {
		if !valid {
			return false, cur.s.broken(missingRevision(index, want))
		}
		r, err := cur.lookup(index, records, &key, want)
		if err != nil {
			return false, cur.s.broken(err)
		}
		if keepsUp || !v.meta.expired(r.created, now) {
			if err := cur.s.show(c, &cur.view, &r, upTo); err != nil {
				return false, err
			}
			cur.remaining--
		}
		want += by
		if cur.next = want; want < low || want > high {
			return false, nil
		}
		valid = step()
	}
	return cur.remaining > 0, nil
}

// lookup follows the index entry under the iterator to its record.
func (cur *streamCursor) lookup(index, records *pebble.Iterator, key *[]byte, want int64) (record, error) {
	pos, err := revisionUnder(index, cur.stream, want)
	if err != nil {
		return record{}, err
	}
	*key = appendRecordKey((*key)[:0], pos)
	if !records.SeekGE(*key) {
		return record{}, missing(records, pos)
	}
	r, err := recordUnder(records, pos)
	if err == nil {
		err = r.isAt(cur.stream, want)
	}
	return r, err
}

// revisionUnder is where the index entry under the iterator leads, which must be
// that of revision want.
func revisionUnder(it *pebble.Iterator, stream string, want int64) (pos uint64, err error) {
	name, rev, err := splitStreamKey(it.Key())
	if err != nil {
		return 0, err
	}
	if string(name) != stream || rev != uint64(want) {
		return 0, missingRevision(it, want)
	}
	return indexedPosition(it.Value())
}

// isAt checks that the record is the one that an index entry stands for.
func (r *record) isAt(stream string, rev int64) error {
	if string(r.stream) != stream || r.rev != uint64(rev) {
		return fmt.Errorf("index of revision %d leads to another event at position %d", rev, r.pos)
	}
	return nil
}

func missingRevision(it *pebble.Iterator, rev int64) error {
	if err := it.Error(); err != nil {
		return err
	}
	return fmt.Errorf("revision %d is missing from a stream's index", rev)
}

// end shows what a subscription has not seen of a stream that has been ended,
// its tombstone last.
func (cur *streamCursor) end(c sink, it *pebble.Iterator, v streamView, upTo uint64) (more bool, err error) {
	if low := cur.lowest(v); low <= v.last {
		more, err := cur.walk(c, it, v, low, v.last, upTo)
		if err != nil || more || c.full() {
			return true, err
		}
	}
	rev, pos, ok, err := lastIndexed(it, nil, cur.stream, upTo)
	if err != nil {
		return false, cur.s.broken(err)
	}
	if !ok || rev != tombstoneRevision { // metadata has ended with its stream
		return false, errStreamDeleted
	}
	r, err := getRecord(cur.s.db, pos)
	if err != nil {
		return false, cur.s.broken(err)
	}
	if err := cur.s.show(c, &cur.view, &r, upTo); err != nil {
		return false, err
	}
	return false, errStreamDeleted
}
