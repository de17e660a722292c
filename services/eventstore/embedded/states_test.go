package embedded

import "testing"

// Metadata ends with its stream also before the tombstone is on disk, whichever of
// the two the writer met first, and after as many other streams as it remembers.
func TestStateOfMetadataFollowsItsStream(t *testing.T) {
	ended := func() *streamState { return &streamState{last: 3, tombstoned: true} }
	open := func() *streamState { return &streamState{last: 1} }
	orders := map[string]func(*states){
		"metadata first": func(s *states) { s.put("$$s", open()); s.put("s", ended()) },
		"stream first":   func(s *states) { s.put("s", ended()); s.put("$$s", open()) },
		"asked for in between": func(s *states) {
			s.put("$$s", open())
			s.put("s", ended())
			s.trim()
			s.get("$$s")
			s.put("other", open())
			s.trim()
		},
	}
	for name, order := range orders {
		s := newStates(2)
		order(&s)
		if st, ok := s.get("$$s"); !ok || !st.tombstoned {
			t.Errorf("%s: got %+v, want one that has ended", name, st)
		}
	}
	s := newStates(2)
	s.put("s", open())
	s.put("$$s", open())
	if st, _ := s.get("$$s"); st.tombstoned {
		t.Errorf("got %+v, want metadata that goes on with its stream", st)
	}
}
