package keys

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testTime = time.Date(2026, 3, 9, 10, 30, 0, 0, time.UTC)

// eachDatabase runs a test on SQLite, and on PostgreSQL where MASH_TEST_POSTGRES names one.
func eachDatabase(t *testing.T, test func(t *testing.T, c Config)) {
	config := func(t *testing.T, dsn string) Config {
		return Config{
			DSN:           dsn,
			MasterKeyFile: filepath.Join(t.TempDir(), "master.json"),
			Now:           func() time.Time { return testTime },
			Logger:        slog.New(slog.DiscardHandler),
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		test(t, config(t, "sqlite:"+filepath.Join(t.TempDir(), "keys.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := os.Getenv("MASH_TEST_POSTGRES")
		if dsn == "" {
			t.Skip("MASH_TEST_POSTGRES names no PostgreSQL")
		}
		test(t, config(t, ownSchema(t, dsn)))
	})
}

// ownSchema makes a schema for one test and returns the DSN that works in it.
func ownSchema(t *testing.T, dsn string) string {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	schema := "keys_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := db.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}

func openRing(t *testing.T, c Config) *Ring {
	t.Helper()
	r, err := Open(t.Context(), c)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func sealOne(t *testing.T, r *Ring, owner string, about []string, aad, plaintext string) Sealed {
	t.Helper()
	sealed, err := r.Seal(t.Context(), []Request{{Owner: owner, About: about, AAD: []byte(aad), Plaintext: []byte(plaintext)}})
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	return sealed[0]
}

func openOne(r *Ring, s Sealed, aad string) (Opened, error) {
	opened, err := r.Open(context.Background(), []OpenRequest{{
		KeyID: s.KeyID, Algorithm: s.Algorithm, AAD: []byte(aad), Ciphertext: s.Ciphertext,
	}})
	if err != nil {
		return Opened{}, err
	}
	return opened[0], nil
}

func TestSealedOpensAfterRestart(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		r := openRing(t, c)
		sealed := sealOne(t, r, "contact-1", []string{"s1"}, "place", "plain words")
		if err := r.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		got, err := openOne(openRing(t, c), sealed, "place")
		if err != nil || string(got.Plaintext) != "plain words" || got.Erased != nil {
			t.Fatalf("after a restart: got %q, %v, %v; want the words", got.Plaintext, got.Erased, err)
		}
	})
}

func TestSealedOpensOnlyInItsPlaceAndWithItsKey(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		r := openRing(t, c)
		one := sealOne(t, r, "contact-1", []string{"s1"}, "place", "first")
		two := sealOne(t, r, "contact-1", []string{"s2"}, "place", "second")

		if _, err := openOne(r, one, "other place"); !errors.Is(err, ErrTampered) {
			t.Errorf("in another place: got %v, want ErrTampered", err)
		}
		swapped := Sealed{KeyID: two.KeyID, Algorithm: one.Algorithm, Ciphertext: one.Ciphertext}
		if _, err := openOne(r, swapped, "place"); !errors.Is(err, ErrTampered) {
			t.Errorf("with another key: got %v, want ErrTampered", err)
		}
		unknown := Sealed{KeyID: uuid.NewString(), Algorithm: one.Algorithm, Ciphertext: one.Ciphertext}
		if _, err := openOne(r, unknown, "place"); !errors.Is(err, ErrUnknownKey) {
			t.Errorf("with an unknown key: got %v, want ErrUnknownKey", err)
		}
		later := Sealed{KeyID: one.KeyID, Algorithm: "later-v9", Ciphertext: one.Ciphertext}
		if _, err := openOne(r, later, "place"); err == nil {
			t.Error("an unknown algorithm opened")
		}
		flipped := bytes.Clone(one.Ciphertext)
		flipped[len(flipped)/2] ^= 1
		if _, err := openOne(r, Sealed{one.KeyID, one.Algorithm, flipped}, "place"); !errors.Is(err, ErrTampered) {
			t.Errorf("with a bit flipped: got %v, want ErrTampered", err)
		}
	})
}

func TestOneKeyForEachOwnerAndSetOfPeople(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		r := openRing(t, c)
		key := func(owner string, about ...string) string { return sealOne(t, r, owner, about, "", "x").KeyID }
		both := key("contact-1", "s1", "s2")
		for name, other := range map[string]string{
			"other order":        key("contact-1", "s2", "s1"),
			"said twice":         key("contact-1", "s2", "s1", "s2"),
			"another time later": key("contact-1", "s1", "s2"),
		} {
			if other != both {
				t.Errorf("%s: got another key, want the same", name)
			}
		}
		for name, other := range map[string]string{
			"one of them":    key("contact-1", "s1"),
			"joined by name": key("contact-1", "s1,s2"),
			"other owner":    key("contact-2", "s1", "s2"),
			"nobody":         key("contact-1"),
		} {
			if other == both {
				t.Errorf("%s: got the same key, want another", name)
			}
		}
	})
}

// TestNewKeysBesideOldOnes seals at once for owners who have keys, which this process does not know yet, and for others.
func TestNewKeysBesideOldOnes(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		const owners = 90 // more than one statement's rows
		var reqs []Request
		old := make(map[int]string)
		r := openRing(t, c)
		for i := range owners {
			q := Request{Owner: fmt.Sprint("contact-", i), About: []string{"s1"}, Plaintext: []byte{byte(i)}}
			if reqs = append(reqs, q); i%7 == 0 {
				old[i] = sealOne(t, r, q.Owner, q.About, "", "x").KeyID
			}
		}
		r.Close()
		sealed, err := openRing(t, c).Seal(t.Context(), reqs)
		if err != nil {
			t.Fatalf("Seal: %v", err)
		}
		r = openRing(t, c) // what opens here comes out of the database
		ids := make(map[string]bool)
		for i, s := range sealed {
			ids[s.KeyID] = true
			if id, had := old[i]; had && s.KeyID != id {
				t.Errorf("owner %d: got key %s, want the one there was, %s", i, s.KeyID, id)
			}
			if got, err := openOne(r, s, ""); err != nil || !bytes.Equal(got.Plaintext, []byte{byte(i)}) {
				t.Errorf("owner %d: got %v, %v", i, got.Plaintext, err)
			}
		}
		if len(ids) != owners {
			t.Errorf("got %d keys for %d owners", len(ids), owners)
		}
	})
}

// TestCallersShareKeys asks for the same keys from many goroutines at once: each gets the same key, and all of
// them are there after a restart.
func TestCallersShareKeys(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		r := openRing(t, c)
		const callers, owners = 64, 20
		sealed := make([][]Sealed, callers)
		var group sync.WaitGroup
		for i := range callers {
			group.Go(func() {
				reqs := make([]Request, owners)
				for k := range reqs {
					reqs[k] = Request{Owner: fmt.Sprint("contact-", (k+i)%owners), About: []string{"s1"}, Plaintext: []byte{byte(k)}}
				}
				var err error
				if sealed[i], err = r.Seal(context.Background(), reqs); err != nil {
					t.Errorf("caller %d: %v", i, err)
				}
			})
		}
		group.Wait()
		if t.Failed() {
			return
		}
		r.Close()
		r = openRing(t, c)
		ids := make(map[string]bool)
		for i := range callers {
			for k, s := range sealed[i] {
				ids[s.KeyID] = true
				got, err := openOne(r, s, "")
				if err != nil || !bytes.Equal(got.Plaintext, []byte{byte(k)}) {
					t.Fatalf("caller %d, owner %d: got %v, %v", i, k, got.Plaintext, err)
				}
			}
		}
		if len(ids) != owners {
			t.Errorf("got %d keys for %d owners", len(ids), owners)
		}
	})
}

// destroy does to the database what an erasure will do.
func destroy(t *testing.T, r *Ring, keyID string) {
	t.Helper()
	_, err := r.db.write.Exec(r.db.text(`UPDATE mash_key SET state = 'destroyed', wrapped = NULL, destroyed_at = ?,
		destroyed_authority = ?, destroyed_reason = ? WHERE key_id = ?`),
		testTime.Format(timeLayout), "officer-7", "RETENTION_ENDED", keyID)
	if err != nil {
		t.Fatal(err)
	}
}

func TestDestroyedKeyIsErasedAndNeverUsedAgain(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		r := openRing(t, c)
		gone := sealOne(t, r, "contact-1", []string{"s1"}, "", "first")
		kept := sealOne(t, r, "contact-1", []string{"s2"}, "", "second")
		destroy(t, r, gone.KeyID)
		r.Close()
		r = openRing(t, c)

		got, err := openOne(r, gone, "")
		want := Erasure{At: testTime, Authority: "officer-7", Reason: "RETENTION_ENDED"}
		if err != nil || got.Erased == nil || *got.Erased != want || got.Plaintext != nil {
			t.Errorf("destroyed key: got %+v, %v; want %+v", got, err, want)
		}
		if got, err := openOne(r, kept, ""); err != nil || string(got.Plaintext) != "second" {
			t.Errorf("the other key: got %q, %v", got.Plaintext, err)
		}
		again := sealOne(t, r, "contact-1", []string{"s1"}, "", "third")
		if again.KeyID == gone.KeyID {
			t.Error("a destroyed key sealed again")
		}
		if got, err := openOne(r, again, ""); err != nil || string(got.Plaintext) != "third" {
			t.Errorf("the key after it: got %q, %v", got.Plaintext, err)
		}
	})
}

func TestDestroyedElsewhereIsSeenWhenTheCacheIsOld(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		c.CacheFor = time.Nanosecond
		r := openRing(t, c)
		sealed := sealOne(t, r, "contact-1", []string{"s1"}, "", "words")
		destroy(t, r, sealed.KeyID)
		if got, err := openOne(r, sealed, ""); err != nil || got.Erased == nil {
			t.Errorf("got %+v, %v; want it erased", got, err)
		}
	})
}

func TestSmallCacheForgetsNothingButTime(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		c.CacheKeys = 2
		r := openRing(t, c)
		var sealed []Sealed
		for i := range 20 {
			sealed = append(sealed, sealOne(t, r, fmt.Sprint("contact-", i), []string{"s1"}, "", fmt.Sprint(i)))
		}
		for i, s := range sealed {
			if got, err := openOne(r, s, ""); err != nil || string(got.Plaintext) != fmt.Sprint(i) {
				t.Errorf("key %d: got %q, %v", i, got.Plaintext, err)
			}
		}
		if n := len(r.byID.entries); n > 2 {
			t.Errorf("the cache holds %d keys, want 2 at most", n)
		}
	})
}

func TestClosedRingRefuses(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		r := openRing(t, c)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := r.Seal(t.Context(), []Request{{Owner: "contact-1", Plaintext: []byte("x")}})
		if !errors.Is(err, ErrClosed) {
			t.Errorf("Seal after Close: got %v, want ErrClosed", err)
		}
	})
}

func BenchmarkSealNewContacts(b *testing.B) {
	dir := b.TempDir()
	r, err := Open(b.Context(), Config{DSN: "sqlite:" + filepath.Join(dir, "k.db"), MasterKeyFile: filepath.Join(dir, "m"),
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	text := bytes.Repeat([]byte("x"), 300)
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			owner := "contact-" + uuid.NewString()
			_, err := r.Seal(context.Background(), []Request{
				{Owner: owner, About: []string{"s1"}, Plaintext: text},
				{Owner: owner, About: []string{"referrer"}, Plaintext: text},
				{Owner: owner, About: []string{"s1", "s2"}, Plaintext: text},
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}
