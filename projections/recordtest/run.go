package recordtest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/services/eventstore"
)

// Run folds what is on record, and what is written from now on, until the test ends.
func Run(t testing.TB, store *eventstore.Store, db *rows.DB, p projections.Projection) *projections.Runner {
	t.Helper()
	runner, err := projections.New(projections.Config{Store: store, DB: db, Projection: p, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return runner
}

// Rebuilds checks that rows which were folded live, in whatever batches came, are those of a rebuild, and that nothing in the database's
// files is plaintext about people. It gives the number of rows.
func Rebuilds(t *testing.T, p projections.Projection, written []Written) int {
	t.Helper()
	store, dir := Store(t), t.TempDir()
	db := database(t, "sqlite:"+filepath.Join(dir, "rows.db"))
	runner := Run(t, store, db, p)
	var last eventstore.Position
	for part := range slices.Chunk(written, 7) {
		last = Append(t, store, part...)
	}
	if err := runner.WaitFor(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	report, err := runner.Verify(t.Context())
	if err != nil || len(report.Differences) > 0 {
		t.Fatalf("a rebuild differs: %v, %v", report.Differences, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if b, err := os.ReadFile(file); err != nil || bytes.Contains(b, []byte(Secret)) {
			t.Errorf("%s holds plaintext about people (%v)", filepath.Base(file), err)
		}
	}
	return report.Rows
}
