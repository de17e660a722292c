package embedded

import (
	"fmt"
	"math"
	"time"

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
	begun := time.Now()
	for scanned := 0; scanned < chunkScan && !c.full() && cur.remaining > 0; scanned++ {
		if cur.view.filter != nil && time.Since(begun) > chunkTime {
			return true, nil
		}
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

// unlimited is the count of a subscription.
const unlimited = math.MaxUint64
