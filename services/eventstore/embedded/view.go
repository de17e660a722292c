package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// streamView is what a reader may see of a stream at some committed position.
type streamView struct {
	streamHead
	meta streamMeta
}

// missing reports whether reads answer "stream not found".
func (v streamView) missing() bool { return v.last < 0 || v.meta.deleted() }

// view works out a stream's view with an iterator over the stream index.
func (s *Store) view(it *pebble.Iterator, stream string, upTo uint64) (streamView, error) {
	head, err := findHead(it, stream, upTo)
	if err != nil {
		return streamView{}, s.broken(err)
	}
	v := streamView{streamHead: head, meta: metaOfMetaStream}
	if isMetaStream(stream) {
		described, err := findHead(it, describedBy(stream), upTo)
		v.tombstoned = v.tombstoned || described.tombstoned
		return v, s.broken(err)
	}
	v.meta = streamMeta{}
	meta, err := findHead(it, metaStreamOf(stream), upTo)
	if err != nil {
		return v, s.broken(err)
	}
	if meta.last < 0 {
		return v, nil
	}
	if parsed, ok := s.metas.get(stream, meta.lastPos); ok {
		v.meta = parsed
		return v, nil
	}
	r, err := getRecord(s.db, meta.lastPos)
	if err != nil {
		return v, s.broken(err)
	}
	v.meta = parseMeta(settings(r.json, r.data))
	s.metas.put(stream, meta.lastPos, v.meta)
	return v, nil
}

// broken passes a read fault on and stops the store: it is never read around.
func (s *Store) broken(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-s.closing:
		// Files may be closing under a reader that was cut off.
		return ErrClosed
	default:
	}
	s.fail(fmt.Errorf("read: %w", err))
	return s.failed()
}

func (s *Store) streamIter() (*pebble.Iterator, error) {
	it, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{kindStream},
		UpperBound: []byte{kindStream + 1},
	})
	return it, s.broken(err)
}

// closeIter ends an iterator; a fault it met counts as the read's own.
func (s *Store) closeIter(it *pebble.Iterator, err error) error {
	if closeErr := it.Close(); err == nil {
		return s.broken(closeErr)
	}
	return err
}

// resolve finds the target of a link, written "revision@stream". target is nil
// when it is not there or no longer visible; ok is false when the link's data
// does not read as one.
func (s *Store) resolve(link *record, upTo uint64) (target *record, ok bool, err error) {
	number, name, found := bytes.Cut(link.data, []byte("@"))
	rev, parseErr := strconv.ParseInt(string(number), 10, 64)
	if !found || parseErr != nil || rev < 0 || len(name) == 0 {
		return nil, false, nil
	}
	it, err := s.streamIter()
	if err != nil {
		return nil, true, err
	}
	defer func() { err = s.closeIter(it, err) }()
	stream := string(name)
	v, err := s.view(it, stream, upTo)
	if err != nil || v.tombstoned || v.missing() || rev > v.last || rev < v.meta.visibleFrom(v.last) {
		return nil, true, err
	}
	r, err := s.recordOf(it, stream, rev)
	if err != nil {
		return nil, true, s.broken(err)
	}
	if v.meta.expired(r.created, s.opts.Now()) {
		return nil, true, nil
	}
	return &r, true, nil
}

// recordOf reads a revision that must be there.
func (s *Store) recordOf(it *pebble.Iterator, stream string, rev int64) (record, error) {
	if !it.SeekGE(appendStreamKey(nil, stream, uint64(rev))) {
		return record{}, missingRevision(it, rev)
	}
	pos, err := revisionUnder(it, stream, rev)
	if err != nil {
		return record{}, err
	}
	r, err := getRecord(s.db, pos)
	if err == nil {
		err = r.isAt(stream, rev)
	}
	return r, err
}

// metaCache keeps parsed metadata by stream with the position it was read at,
// so that it is never stale: a newer position misses.
type metaCache struct {
	mu sync.Mutex
	m  map[string]cachedMeta
}

type cachedMeta struct {
	pos  uint64
	meta streamMeta
}

const maxCachedMetas = 16 << 10

func (c *metaCache) get(stream string, pos uint64) (streamMeta, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	got, ok := c.m[stream]
	return got.meta, ok && got.pos == pos
}

func (c *metaCache) put(stream string, pos uint64, meta streamMeta) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) >= maxCachedMetas {
		c.m = map[string]cachedMeta{}
	}
	c.m[stream] = cachedMeta{pos, meta}
}

var (
	errStreamNotFound = errors.New("stream not found")
	errStreamDeleted  = errors.New("stream deleted")
)
