package recordtest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/keys"
)

// Monday is when histories begin: a working day, 09:00 in winter, when London's clock is UTC.
var Monday = time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)

// Databases runs a test on SQLite and, when MASH_TEST_POSTGRES has its address, on PostgreSQL. Each call of open gives an empty
// database.
func Databases(t *testing.T, test func(t *testing.T, open func() *rows.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, func() *rows.DB { return SQLite(t) }) })
	t.Run("postgres", func(t *testing.T) {
		needPostgres(t)
		test(t, func() *rows.DB { return Postgres(t) })
	})
}

// Benchmark does for a benchmark what [Databases] does for a test, with one empty database of each kind.
func Benchmark(b *testing.B, bench func(b *testing.B, db *rows.DB)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, SQLite(b)) })
	b.Run("postgres", func(b *testing.B) {
		needPostgres(b)
		bench(b, Postgres(b))
	})
}

func needPostgres(t testing.TB) {
	t.Helper()
	if os.Getenv("MASH_TEST_POSTGRES") == "" {
		t.Skip("MASH_TEST_POSTGRES (an address postgres://…) is not set")
	}
}

// Analyse does at once what PostgreSQL's autovacuum does within a minute.
func Analyse(t testing.TB, db *rows.DB) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *rows.Tx) error {
		_, err := tx.Exec(t.Context(), "ANALYZE")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// SQLite gives an empty database.
func SQLite(t testing.TB) *rows.DB {
	t.Helper()
	return database(t, "sqlite:"+filepath.Join(t.TempDir(), "rows.db"))
}

// Postgres gives a schema of its own in the database that MASH_TEST_POSTGRES names.
func Postgres(t testing.TB) *rows.DB {
	t.Helper()
	dsn := os.Getenv("MASH_TEST_POSTGRES")
	schema := "test_" + strings.ToLower(rand.Text())
	ddl := func(text string) {
		db, err := rows.Open(context.WithoutCancel(t.Context()), dsn)
		if err == nil {
			err = db.Update(context.WithoutCancel(t.Context()), func(tx *rows.Tx) error {
				_, err := tx.Exec(context.WithoutCancel(t.Context()), text)
				return err
			})
			_ = db.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ddl("CREATE SCHEMA " + schema)
	t.Cleanup(func() { ddl("DROP SCHEMA " + schema + " CASCADE") })
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return database(t, u.String())
}

func database(t testing.TB, dsn string) *rows.DB {
	t.Helper()
	db, err := rows.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the read models: %v", err)
		}
	})
	return db
}

// Ring gives keys of their own.
func Ring(t testing.TB) *keys.Ring {
	t.Helper()
	dir := t.TempDir()
	ring, err := keys.Open(t.Context(), keys.Config{DSN: "sqlite:" + filepath.Join(dir, "keys.db"), MasterKeyFile: filepath.Join(dir, "master.json"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ring.Close(); err != nil {
			t.Errorf("close the keys: %v", err)
		}
	})
	return ring
}

// Append puts events on record, each as a stream's next, and gives the position of the last.
func Append(t testing.TB, store *eventstore.Store, written ...Written) eventstore.Position {
	t.Helper()
	var last eventstore.Position
	for i := 0; i < len(written); {
		// Events of one stream that follow each other go in one append.
		n := i + 1
		for n < len(written) && written[n].Stream == written[i].Stream && n-i < 50 {
			n++
		}
		var events []eventstore.Event
		for _, w := range written[i:n] {
			events = append(events, eventstore.Event{ID: uuid.New(), Message: w.Message})
		}
		meta := eventstore.Metadata{Actor: "person-1", Role: "team-manager", RecordedAt: Monday}
		appended, err := store.Append(t.Context(), written[i].Stream, eventstore.AnyRevision(), meta, events...)
		if err != nil {
			t.Fatal(err)
		}
		last, i = appended.Position, n
	}
	return last
}

// Delivered gives events as a subscription would, from an ordinal on, without a store's having them.
func Delivered(t testing.TB, store *eventstore.Store, ordinal int64, written ...Written) []eventstore.Recorded {
	t.Helper()
	revisions := map[string]uint64{}
	var all []eventstore.Recorded
	for i, w := range written {
		at := Monday.Add(time.Duration(i/3) * time.Minute) // several at the same time, as appends are
		raw, err := proto.Marshal(w.Message)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, eventstore.Recorded{
			ID: uuid.New(), Stream: w.Stream, Revision: revisions[w.Stream], Position: store.PositionAt(ordinal + int64(i)),
			Type: string(w.Message.ProtoReflect().Descriptor().FullName()), Message: w.Message,
			Raw: raw, RawMetadata: []byte(`{"recordedAt":"` + at.Format(time.RFC3339) + `"}`), Metadata: eventstore.Metadata{RecordedAt: at},
		})
		revisions[w.Stream]++
	}
	return all
}
