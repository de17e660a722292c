package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVaultGivesBackWhatItKept(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		r := openRing(t, c)
		header := map[string][]string{"ce-id": {"1"}, "x": {"a", "b"}}
		payload := []byte("\x00\xff any bytes")
		keep(t, r, "kent-police", "m1", payload, header)
		r.Close()
		r = openRing(t, c)

		gotPayload, gotHeader, err := r.Fetch(t.Context(), "kent-police", "m1")
		if err != nil || !bytes.Equal(gotPayload, payload) || !cmp.Equal(gotHeader, header) {
			t.Errorf("got %q, %v, %v", gotPayload, gotHeader, err)
		}
		if _, _, err := r.Fetch(t.Context(), "kent-health", "m1"); !errors.Is(err, ErrNotKept) {
			t.Errorf("as another agency: got %v, want ErrNotKept", err)
		}
		keep(t, r, "kent-police", "empty", nil, nil)
		if gotPayload, _, err = r.Fetch(t.Context(), "kent-police", "empty"); err != nil || len(gotPayload) != 0 {
			t.Errorf("an empty message: got %q, %v", gotPayload, err)
		}
	})
}

func TestVaultIsBoundedInMessages(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		c.VaultMessages = 10
		r := openRing(t, c)
		var kept atomic.Int32
		var group sync.WaitGroup
		for i := range 30 {
			group.Go(func() {
				ok, err := r.Keep(context.Background(), "kent-police", fmt.Sprint(i), []byte("x"), nil)
				if err != nil {
					t.Errorf("message %d: %v", i, err)
				}
				if ok {
					kept.Add(1)
				}
			})
		}
		group.Wait()
		if kept.Load() != 10 {
			t.Errorf("kept %d of 30, want 10", kept.Load())
		}
		keep(t, r, "kent-health", "m1", []byte("x"), nil) // another agency's share is its own
	})
}

func TestVaultIsBoundedInBytes(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		c.VaultBytes = 1_000
		r := openRing(t, c)
		big := make([]byte, 600)
		keep(t, r, "kent-police", "m1", big, nil)
		if kept, err := r.Keep(t.Context(), "kent-police", "m2", big, nil); kept || err != nil {
			t.Errorf("over the quota: got %v, %v; want not kept", kept, err)
		}
		if _, _, err := r.Fetch(t.Context(), "kent-police", "m2"); !errors.Is(err, ErrNotKept) {
			t.Errorf("what was not kept: got %v, want ErrNotKept", err)
		}
		keep(t, r, "kent-police", "m1", big, nil) // the same again costs nothing
		keep(t, r, "kent-police", "m3", make([]byte, 200), nil)
	})
}

func TestDiscardGivesTheShareBack(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		c.VaultMessages = 1
		r := openRing(t, c)
		for i := range 5 {
			id := fmt.Sprint(i)
			keep(t, r, "kent-police", id, []byte("x"), nil)
			for range 2 { // the second time there is nothing to discard
				if err := r.Discard(t.Context(), "kent-police", id); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := r.Fetch(t.Context(), "kent-police", id); !errors.Is(err, ErrNotKept) {
				t.Errorf("what was discarded: got %v, want ErrNotKept", err)
			}
		}
	})
}

func TestHeldNamesWhatIsThere(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		r := openRing(t, c)
		keep(t, r, "kent-police", "m1", []byte("x"), nil)
		keep(t, r, "kent-police", "m2", []byte("x"), nil)
		keep(t, r, "kent-health", "m3", []byte("x"), nil)
		if err := r.Discard(t.Context(), "kent-police", "m1"); err != nil {
			t.Fatal(err)
		}
		for agency, want := range map[string]map[string]bool{"kent-police": {"m2": true}, "kent-health": {"m3": true}, "kent-schools": {}} {
			if got, err := r.Held(t.Context(), agency); err != nil || !cmp.Equal(got, want) {
				t.Errorf("held of %s: got %v, %v; want %v", agency, got, err, want)
			}
		}
	})
}

func keep(t *testing.T, r *Ring, agency, id string, payload []byte, header map[string][]string) {
	t.Helper()
	if kept, err := r.Keep(t.Context(), agency, id, payload, header); err != nil || !kept {
		t.Fatalf("Keep %s %s: got %v, %v; want kept", agency, id, kept, err)
	}
}
