package embedded

import "fmt"

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
	st, ok := s.young[stream]
	if !ok {
		if st, ok = s.old[stream]; !ok {
			return nil, false
		}
		s.young[stream] = st
	}
	s.describe(stream, st)
	return st, true
}

// describe brings the state of a metadata stream up to date with the stream that
// it describes and ends with. A tombstone puts that stream here, and it is not
// forgotten before the metadata stream is, or is asked for again.
func (s *states) describe(stream string, st *streamState) {
	if !isMetaStream(stream) {
		return
	}
	for _, generation := range []map[string]*streamState{s.young, s.old} {
		if own := generation[describedBy(stream)]; own != nil && own.tombstoned {
			st.tombstoned = true
		}
	}
}

func (s *states) put(stream string, st *streamState) {
	s.describe(stream, st)
	s.young[stream] = st
}

// trim forgets what was not used lately. It may run only when everything that
// the states say is committed, because they are loaded again from the log.
func (s *states) trim() {
	if len(s.young) >= s.limit {
		s.old, s.young = s.young, map[string]*streamState{}
	}
}

// loadState reads a stream's state from the log.
func (p *probe) loadState(stream string) (*streamState, error) {
	st := &streamState{last: -1, metaLast: -1}
	own, err := p.head(stream)
	if err != nil {
		return nil, fmt.Errorf("load stream state: %w", err)
	}
	st.last, st.lastPos, st.tombstoned = own.last, own.lastPos, own.tombstoned
	if isMetaStream(stream) {
		described, err := p.head(describedBy(stream))
		if err != nil {
			return nil, fmt.Errorf("load stream state: %w", err)
		}
		st.meta, st.tombstoned = metaOfMetaStream, st.tombstoned || described.tombstoned
		return st, nil
	}
	meta, err := p.head(metaStreamOf(stream))
	if err != nil {
		return nil, fmt.Errorf("load stream state: %w", err)
	}
	if meta.last < 0 {
		return st, nil
	}
	r, err := getRecord(p.db, meta.lastPos)
	if err != nil {
		return nil, fmt.Errorf("load stream metadata: %w", err)
	}
	st.describedAs(meta.last, settings(r.json, r.data))
	return st, nil
}
