package embedded

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// states caches streamState by stream. Two generations stand in for a list of
// recent use: when the young one is full it becomes the old one, and what is
// used again moves back. Only the writer uses it, so it takes no lock.
type states struct {
	young, old map[string]*streamState
	limit      int // of each generation
}

func newStates(limit int) states {
	return states{young: map[string]*streamState{}, limit: limit}
}

func (s *states) get(stream string) (*streamState, bool) {
	if st, ok := s.young[stream]; ok {
		return st, true
	}
	st, ok := s.old[stream]
	if ok {
		s.young[stream] = st
	}
	return st, ok
}

func (s *states) put(stream string, st *streamState) { s.young[stream] = st }

// trim forgets what was not used lately. It may run only when everything that
// the states say is committed, because they are loaded again from the log.
func (s *states) trim() {
	if len(s.young) >= s.limit {
		s.old, s.young = s.young, map[string]*streamState{}
	}
}

// loadState reads a stream's state from the log.
func loadState(db *pebble.DB, stream string) (st *streamState, err error) {
	it, err := db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{kindStream},
		UpperBound: []byte{kindStream + 1},
	})
	if err != nil {
		return nil, fmt.Errorf("load stream state: %w", err)
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	head, err := findHead(it, stream, everything)
	if err != nil {
		return nil, fmt.Errorf("load stream state: %w", err)
	}
	st = &streamState{last: head.last, lastPos: head.lastPos, tombstoned: head.tombstoned, metaLast: -1}
	if isMetaStream(stream) {
		st.meta = metaOfMetaStream
		return st, nil
	}
	meta, err := findHead(it, metaStreamOf(stream), everything)
	if err != nil || meta.last < 0 {
		return st, err
	}
	r, err := getRecord(db, meta.lastPos)
	if err != nil {
		return nil, fmt.Errorf("load stream metadata: %w", err)
	}
	st.metaLast, st.metaRaw, st.meta = meta.last, r.data, parseMeta(r.data)
	return st, nil
}
