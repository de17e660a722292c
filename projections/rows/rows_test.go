package rows_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/openmash/mash/projections/rows"
)

// databases runs a test on SQLite and, when its address is given, on PostgreSQL.
func databases(t *testing.T, test func(t *testing.T, db *rows.DB)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, open(t, "sqlite:"+filepath.Join(t.TempDir(), "read models?#%.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := os.Getenv("MASH_TEST_POSTGRES")
		if dsn == "" {
			t.Skip("MASH_TEST_POSTGRES (an address postgres://…) is not set")
		}
		test(t, open(t, dsn))
	})
}

func open(t *testing.T, dsn string) *rows.DB {
	t.Helper()
	db, err := rows.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func table(t *testing.T, db *rows.DB) *rows.Table {
	t.Helper()
	tab := &rows.Table{
		Name:    "rowstest_" + strings.ToLower(strings.TrimSuffix(fmt.Sprintf("%p", t)[2:], "")),
		Columns: []rows.Column{{Name: "id", Type: rows.Text}, {Name: "n", Type: rows.BigInt}, {Name: "b", Type: rows.Bytes}},
		Key:     1, Indexes: [][]string{{"n", "id"}},
	}
	update(t, db, func(tx *rows.Tx) error {
		return errors.Join(tab.Create(t.Context(), tx), tab.CreateIndexes(t.Context(), tx), tab.CreateIndexes(t.Context(), tx))
	})
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := db.Update(ctx, func(tx *rows.Tx) error { return tab.Drop(ctx, tx) }); err != nil {
			t.Error(err)
		}
	})
	return tab
}

func update(t *testing.T, db *rows.DB, fn func(*rows.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func dump(t *testing.T, db *rows.DB, tab *rows.Table) map[string]rows.Digest {
	t.Helper()
	var d map[string]rows.Digest
	err := db.View(t.Context(), func(tx *rows.Tx) (err error) {
		d, err = tab.Dump(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestUpsertReplacesAndGetManyFinds(t *testing.T) {
	databases(t, func(t *testing.T, db *rows.DB) {
		tab := table(t, db)
		// 137 = two chunks of 64, one of 8, one row: every statement size.
		var all [][]any
		var keys []any
		for i := range 137 {
			all = append(all, []any{fmt.Sprint("k", i), int64(i), []byte{byte(i), 0, 0xff}})
			keys = append(keys, fmt.Sprint("k", i))
		}
		update(t, db, func(tx *rows.Tx) error { return tab.Upsert(t.Context(), tx, all) })
		all[3][1] = int64(-9)
		update(t, db, func(tx *rows.Tx) error { return tab.Upsert(t.Context(), tx, all[3:4]) })
		got := map[string]int64{}
		update(t, db, func(tx *rows.Tx) error {
			return tab.GetMany(t.Context(), tx, []string{"id", "n", "b"}, append(keys, "absent"), func(r *sql.Rows) error {
				var id string
				var n int64
				var b []byte
				if err := r.Scan(&id, &n, &b); err != nil {
					return err
				}
				if n >= 0 && string(b) != string([]byte{byte(n), 0, 0xff}) {
					t.Errorf("%s: bytes %x came back changed", id, b)
				}
				got[id] = n
				return nil
			})
		})
		if len(got) != 137 || got["k3"] != -9 || got["k136"] != 136 {
			t.Errorf("got %d rows, k3 %d, k136 %d, want 137, -9, 136", len(got), got["k3"], got["k136"])
		}
	})
}

func TestWhereKeepsItsValuesWithTheirConditions(t *testing.T) {
	databases(t, func(t *testing.T, db *rows.DB) {
		tab := table(t, db)
		var all [][]any
		for i := range 9 {
			all = append(all, []any{fmt.Sprint("k", i), int64(i), []byte{}})
		}
		update(t, db, func(tx *rows.Tx) error { return tab.Upsert(t.Context(), tx, all) })

		var none, some, more rows.Where
		none.AnyOf("id", nil)
		some.And("n >= ? AND n < ?", 2, 7)
		some.AnyOf("id", []string{"k8", "k5", "k2", "k3"})
		more.And("(n = ? OR n > ?)", 2, 3)
		more.All(some)
		more.And("n <> 4")
		for want, where := range map[string]*rows.Where{"k0 k1 k2 k3 k4 k5 k6 k7 k8": &none, "k2 k3 k5": &some, "k2 k5": &more} {
			var got []string
			update(t, db, func(tx *rows.Tx) error {
				return tx.Each(t.Context(), func(r *sql.Rows) error {
					var id string
					err := r.Scan(&id)
					got = append(got, id)
					return err
				}, "SELECT id FROM "+tab.Name+where.Clause()+" ORDER BY id", where.Args()...)
			})
			if got := strings.Join(got, " "); got != want {
				t.Errorf("%q gives %s, want %s", where.Clause(), got, want)
			}
		}
	})
}

func TestUpdateCommitsAllOrNothing(t *testing.T) {
	databases(t, func(t *testing.T, db *rows.DB) {
		tab := table(t, db)
		boom := errors.New("boom")
		err := db.Update(t.Context(), func(tx *rows.Tx) error {
			if err := tab.Upsert(t.Context(), tx, [][]any{{"a", int64(1), []byte{}}}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatalf("got %v, want the function's own error", err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = db.Update(t.Context(), func(*rows.Tx) error { panic("in a fold") })
		}()
		if d := dump(t, db, tab); len(d) != 0 {
			t.Errorf("%d rows stayed of a transaction that failed", len(d))
		}
		update(t, db, func(tx *rows.Tx) error { return tab.Upsert(t.Context(), tx, [][]any{{"a", int64(1), []byte{}}}) })
		if d := dump(t, db, tab); len(d) != 1 {
			t.Errorf("%d rows after a transaction that followed failed ones, want 1", len(d))
		}
	})
}

func TestDumpTellsEveryDifference(t *testing.T) {
	databases(t, func(t *testing.T, db *rows.DB) {
		tab := table(t, db)
		base := [][]any{{"a", int64(1), []byte("xy")}, {"b", int64(1), []byte{}}}
		update(t, db, func(tx *rows.Tx) error { return tab.Upsert(t.Context(), tx, base) })
		first := dump(t, db, tab)
		if !maps.Equal(first, dump(t, db, tab)) {
			t.Fatal("two dumps of one state differ")
		}
		for _, changed := range [][]any{{"a", int64(2), []byte("xy")}, {"a", int64(1), []byte("xz")}, {"c", int64(1), []byte("xy")}} {
			update(t, db, func(tx *rows.Tx) error { return tab.Upsert(t.Context(), tx, [][]any{changed}) })
			if maps.Equal(first, dump(t, db, tab)) {
				t.Errorf("the dump does not show %v", changed)
			}
			update(t, db, func(tx *rows.Tx) error {
				_, err := tx.Exec(t.Context(), "DELETE FROM "+tab.Name+" WHERE id = ?", "c")
				return errors.Join(err, tab.Upsert(t.Context(), tx, base))
			})
		}
	})
}

func TestViewReadsOneState(t *testing.T) {
	databases(t, func(t *testing.T, db *rows.DB) {
		tab := table(t, db)
		count := func(tx *rows.Tx) (n int) {
			if err := tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM "+tab.Name).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		err := db.View(t.Context(), func(tx *rows.Tx) error {
			before := count(tx)
			update(t, db, func(w *rows.Tx) error { return tab.Upsert(t.Context(), w, [][]any{{"a", int64(1), []byte{}}}) })
			if after := count(tx); after != before {
				t.Errorf("a view saw %d rows, then %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestOpenRefusesOtherAddressesWithoutRepeatingThem(t *testing.T) {
	for _, dsn := range []string{"", "sqlite:", "mysql://u:secret@h/db", "postgres://u:secret@h:notaport/db"} {
		_, err := rows.Open(t.Context(), dsn)
		if err == nil {
			t.Errorf("%q was opened", dsn)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	db := open(t, "sqlite:"+filepath.Join(dir, "deeper", "rows.db"))
	table(t, db)
	files, err := filepath.Glob(filepath.Join(dir, "deeper", "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("got %v, %v, want the database and its log", files, err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", filepath.Base(f), info.Mode().Perm())
		}
	}
}

// Runners that start together all make the tables they share, and none of them fails: on PostgreSQL "if not exists" alone does not see to that.
func TestATableIsMadeByManyAtOnce(t *testing.T) {
	databases(t, func(t *testing.T, db *rows.DB) {
		if err := db.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		for round := range 5 {
			tab := &rows.Table{
				Name: fmt.Sprintf("together_%d_%d", os.Getpid(), round), Columns: []rows.Column{{Name: "id", Type: rows.Text}, {Name: "n", Type: rows.BigInt}}, Key: 1,
			}
			t.Cleanup(func() {
				ctx := context.WithoutCancel(t.Context())
				if err := db.Update(ctx, func(tx *rows.Tx) error { return tab.Drop(ctx, tx) }); err != nil {
					t.Error(err)
				}
			})
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					if err := db.Update(t.Context(), func(tx *rows.Tx) error { return tab.Create(t.Context(), tx) }); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
	})
}

// Whoever starts a hub on a damaged file learns that nothing is lost with it, and what to do.
func TestADamagedFileComesWithAdvice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "readmodel.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := rows.Open(t.Context(), "sqlite:"+path)
	if err == nil {
		t.Fatal(db.Close())
	}
	if !strings.Contains(err.Error(), "move it away") {
		t.Errorf("got %v, want what to do", err)
	}
}
