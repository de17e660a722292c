package recordtest

import "pgregory.net/rapid"

// Pages reads a list to its end, and fails the test where a page that is not the last has not that many rows. Page reads one: what it
// has, and where the next begins.
func Pages[R, C any](t rapid.TB, size int, page func(after *C) (found []R, next *C, err error)) (all []R) {
	t.Helper()
	var after *C
	for {
		found, next, err := page(after)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
		if next == nil {
			return all
		}
		if len(found) != size {
			t.Fatalf("a page of %d rows, not the last, has %d", size, len(found))
		}
		after = next
	}
}
