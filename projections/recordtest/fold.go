package recordtest

import (
	"context"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/eventstore"
)

// Refold empties a read model and folds a batch into it, so many events at a time. Readers may use it then: its checkpoint says that it
// is live, at position 1 of the store "test".
func Refold(t rapid.TB, ctx context.Context, db *rows.DB, p projections.Projection, batch []eventstore.Recorded, size int) {
	t.Helper()
	if err := projections.EnsureCheckpoints(ctx, db); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(ctx, func(tx *rows.Tx) error { return empty(ctx, tx, p) }); err != nil {
		t.Fatal(err)
	}
	Fold(t, ctx, db, p, batch, size)
}

// Fold folds a batch into rows whose tables are there, so many events at a time.
func Fold(t rapid.TB, ctx context.Context, db *rows.DB, p projections.Projection, batch []eventstore.Recorded, size int) {
	t.Helper()
	for part := range slices.Chunk(batch, size) {
		if err := db.Update(ctx, func(tx *rows.Tx) error { return p.Apply(ctx, tx, part) }); err != nil {
			t.Fatal(err)
		}
	}
}

// empty deletes rows rather than tables: a law does so hundreds of times.
func empty(ctx context.Context, tx *rows.Tx, p projections.Projection) error {
	for _, table := range p.Schema() {
		for _, step := range []func(context.Context, *rows.Tx) error{table.Create, table.CreateIndexes} {
			if err := step(ctx, tx); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, "DELETE FROM "+table.Name); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM projections"); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO projections (name, version, store, position, live, tables) VALUES (?, ?, 'test', 1, 1, '')", p.Name(), p.Version())
	return err
}

// Dump gives the digests of all of a read model's rows, by table and key.
func Dump(t rapid.TB, ctx context.Context, db *rows.DB, p projections.Projection) map[string]rows.Digest {
	t.Helper()
	all := map[string]rows.Digest{}
	err := db.View(ctx, func(tx *rows.Tx) error {
		for _, table := range p.Schema() {
			d, err := table.Dump(ctx, tx)
			if err != nil {
				return err
			}
			for key, digest := range d {
				all[table.Name+" "+key] = digest
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// FoldsInParts is the law of a projection: folding A and then B gives what folding both at once gives, in whatever parts.
func FoldsInParts(t *rapid.T, ctx context.Context, db *rows.DB, p projections.Projection, batch []eventstore.Recorded) {
	t.Helper()
	Refold(t, ctx, db, p, batch, len(batch))
	whole := Dump(t, ctx, db, p)
	for _, size := range []int{1, rapid.IntRange(2, 20).Draw(t, "batch size")} {
		Refold(t, ctx, db, p, batch, size)
		if got := Dump(t, ctx, db, p); !maps.Equal(got, whole) {
			t.Fatalf("in batches of %d: %d rows that are not the %d of one batch", size, len(got), len(whole))
		}
	}
}
