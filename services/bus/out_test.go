package bus

import (
	"slices"
	"testing"
)

// What the outbox finds after a crash: everything behind a sequence, and the sequence that its next message has to expect.
func TestOutSinceTellsWhatOutHolds(t *testing.T) {
	w := newWorld(t, worldOptions{})
	last := uint64(0)
	for _, id := range []string{"a", "b", "c"} {
		var err error
		if last, err = w.sendOut(police, KindOutcome, id, Behind{Sequence: last}); err != nil {
			t.Fatal(err)
		}
	}
	for after, want := range map[uint64][]string{0: {"a", "b", "c"}, 1: {"b", "c"}, 3: nil, 7: nil} {
		var got []string
		end, err := w.bus.OutSince(w.ctx(), police, after, func(m Sent) {
			if m.Header.Get(HeaderID) != string(m.Data) || m.Subject != OutSubject(police, KindOutcome) {
				t.Errorf("message %d is %q with header %v on %s", m.Sequence, m.Data, m.Header, m.Subject)
			}
			got = append(got, string(m.Data))
		})
		if err != nil || end != last || !slices.Equal(got, want) {
			t.Errorf("after %d: %v, ends at %d (%v); want %v, %d", after, got, end, err, want, last)
		}
	}
	if end, err := w.bus.OutSince(w.ctx(), health, 0, func(Sent) { t.Error("another agency's OUT is not empty") }); end != 0 || err != nil {
		t.Errorf("an empty OUT ends at %d (%v), want 0", end, err)
	}
}
