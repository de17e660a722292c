package keys

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// Keys and record that do not belong together are told apart before anything is sealed: a lost key database beside a full record, and a lost
// record beside a full key database.
func TestKeysBelongToOneRecord(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		open := func() *Ring {
			t.Helper()
			r, err := Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
			return r
		}
		sealed := func(unreadable bool) func(context.Context) (bool, error) {
			return func(context.Context) (bool, error) { return unreadable, nil }
		}
		r := open()
		if err := r.Bind(t.Context(), "one", sealed(true)); !errors.Is(err, ErrOtherRecord) || !strings.Contains(err.Error(), "restore the key database") {
			t.Errorf("no key beside a sealed record: %v, want %v and what to do", err, ErrOtherRecord)
		}
		if err := r.Bind(t.Context(), "one", sealed(false)); err != nil {
			t.Fatalf("a fresh hub: %v", err)
		}
		// A hub that was killed before its first contact finds them tied, and another process of it does.
		for _, again := range []*Ring{r, open()} {
			if err := again.Bind(t.Context(), "one", sealed(true)); err != nil {
				t.Errorf("the same record again: %v", err)
			}
			if err := again.Bind(t.Context(), "two", sealed(false)); !errors.Is(err, ErrOtherRecord) {
				t.Errorf("another record: %v, want %v", err, ErrOtherRecord)
			}
		}
	})
}

// Keys from before they were tied to a record are taken as those of the record they are found with, once.
func TestKeysOfAnOlderHubAreTiedToTheirRecord(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		r, err := Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		if _, err := r.Seal(t.Context(), []Request{{Owner: "contact-1", About: []string{"s1"}, Plaintext: []byte("x")}}); err != nil {
			t.Fatal(err)
		}
		never := func(context.Context) (bool, error) { return false, errors.New("asked") }
		if err := r.Bind(t.Context(), "one", never); err != nil {
			t.Errorf("keys beside their record: %v", err)
		}
		if err := r.Bind(t.Context(), "two", never); !errors.Is(err, ErrOtherRecord) {
			t.Errorf("another record: %v, want %v", err, ErrOtherRecord)
		}
	})
}
