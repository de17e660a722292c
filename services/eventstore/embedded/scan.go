package embedded

import (
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"
)

// viewing says how a reader wants its events.
type viewing struct {
	resolveLinks bool
	stringIDs    bool
	filter       *filter // nil lets everything through
}

// show passes a record on the way the reader wants it.
func (s *Store) show(c sink, v *viewing, r *record, upTo uint64) error {
	f := eventFrame{event: r, stringIDs: v.stringIDs, retries: -1}
	if v.resolveLinks && string(r.typ) == typeLink {
		target, ok, err := s.resolve(r, upTo)
		if err != nil {
			return err
		}
		if ok {
			f.event, f.link = target, r
		}
	}
	c.event(&f)
	return nil
}

// allCursor walks the log in either direction.
type allCursor struct {
	s         *Store
	view      viewing
	backwards bool
	next      uint64 // the position to look at next; 0 when backwards and done
	remaining uint64 // events still wanted
	window    *window
}

// fill reads on, at most to upTo, until the chunk is full or nothing is left.
// It reports whether there may be more.
func (cur *allCursor) fill(c sink, upTo uint64) (more bool, err error) {
	low, high := cur.next, upTo
	if cur.backwards {
		low, high = 1, min(cur.next, upTo)
	}
	if low > high || cur.remaining == 0 {
		return false, nil
	}
	it, err := cur.s.db.NewIter(&pebble.IterOptions{
		LowerBound: appendRecordKey(nil, low),
		UpperBound: appendRecordKey(nil, high+1),
	})
	if err != nil {
		return false, cur.s.broken(err)
	}
	defer func() { err = cur.s.closeIter(it, err) }()
	return cur.walk(c, it, low, high, upTo)
}

// walk takes one record after the other from low to high, or the other way.
func (cur *allCursor) walk(c sink, it *pebble.Iterator, low, high, upTo uint64) (more bool, err error) {
	first, step, want := it.First, it.Next, low
	if cur.backwards {
		first, step, want = it.Last, it.Prev, high
	}
	valid := first()
	for scanned := 0; scanned < chunkScan && !c.full() && cur.remaining > 0; scanned++ {
		if !valid {
			// The log has no gaps, so this is an error or a lost record.
			return false, cur.s.broken(missing(it, want))
		}
		if err := cur.take(c, it, want, upTo); err != nil {
			return false, err
		}
		if cur.backwards {
			if want--; want < low {
				cur.next = 0
				return false, nil
			}
		} else if want++; want > high {
			cur.next = want
			return false, nil
		}
		cur.next = want
		valid = step()
	}
	return cur.remaining > 0, nil
}

// take considers the record under the iterator.
func (cur *allCursor) take(c sink, it *pebble.Iterator, want, upTo uint64) error {
	r, err := recordUnder(it, want)
	if err != nil {
		return cur.s.broken(err)
	}
	if cur.view.filter.match(&r) {
		if err := cur.s.show(c, &cur.view, &r, upTo); err != nil {
			return err
		}
		cur.remaining--
	}
	if cur.window.considered(want) {
		c.checkpoint(want)
	}
	return nil
}

// recordUnder decodes what the iterator stands on, which must be position want.
func recordUnder(it *pebble.Iterator, want uint64) (record, error) {
	pos, err := keyPosition(it.Key())
	if err != nil {
		return record{}, err
	}
	if pos != want {
		return record{}, missing(it, want)
	}
	value, err := it.ValueAndErr()
	if err != nil {
		return record{}, err
	}
	return decodeRecord(want, value)
}

func missing(it *pebble.Iterator, pos uint64) error {
	if err := it.Error(); err != nil {
		return err
	}
	return fmt.Errorf("position %d is missing from the log", pos)
}

// streamCursor walks one stream in either direction.
type streamCursor struct {
	s         *Store
	stream    string
	view      viewing
	backwards bool
	next      int64 // the revision to look at next; negative when backwards and done
	remaining uint64
	// tombstone makes the event that ends a stream visible, for subscriptions.
	tombstone bool
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
	case v.tombstoned && !cur.tombstone:
		return false, errStreamDeleted
	case v.tombstoned:
		return cur.end(c, it, v, upTo)
	case v.missing():
		return false, errStreamNotFound
	}
	low, high := max(cur.next, v.meta.visibleFrom(v.last)), v.last
	if cur.backwards {
		low, high = v.meta.visibleFrom(v.last), min(cur.next, v.last)
	}
	if low > high || cur.remaining == 0 {
		return false, nil
	}
	return cur.walk(c, it, v, low, high, upTo)
}

func (cur *streamCursor) walk(c sink, index *pebble.Iterator, v streamView, low, high int64, upTo uint64) (more bool, err error) {
	records, err := cur.s.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{kindRecord}, UpperBound: []byte{kindRecord + 1},
	})
	if err != nil {
		return false, cur.s.broken(err)
	}
	defer func() { err = cur.s.closeIter(records, err) }()
	step, want := index.Next, low
	if cur.backwards {
		step, want = index.Prev, high
	}
	now := cur.s.opts.Now()
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
		if !v.meta.expired(r.created, now) {
			if err := cur.s.show(c, &cur.view, &r, upTo); err != nil {
				return false, err
			}
			cur.remaining--
		}
		if cur.backwards {
			want--
		} else {
			want++
		}
		if cur.next = want; want < low || want > high {
			return false, nil
		}
		valid = step()
	}
	return cur.remaining > 0, nil
}

// lookup follows the index entry under the iterator to its record.
func (cur *streamCursor) lookup(index, records *pebble.Iterator, key *[]byte, want int64) (record, error) {
	name, rev, err := splitStreamKey(index.Key())
	if err != nil {
		return record{}, err
	}
	if string(name) != cur.stream || rev != uint64(want) {
		return record{}, missingRevision(index, want)
	}
	pos, err := indexedPosition(index.Value())
	if err != nil {
		return record{}, err
	}
	*key = appendRecordKey((*key)[:0], pos)
	if !records.SeekGE(*key) {
		return record{}, missing(records, pos)
	}
	r, err := recordUnder(records, pos)
	if err == nil && (string(r.stream) != cur.stream || r.rev != rev) {
		err = fmt.Errorf("index of revision %d leads to another event at position %d", rev, pos)
	}
	return r, err
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
	if low := max(cur.next, v.meta.visibleFrom(v.last)); low <= v.last && !v.missing() {
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

// unlimited is the count of a subscription.
const unlimited = math.MaxUint64
