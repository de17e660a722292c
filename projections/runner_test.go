package projections_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/casefile"
	"github.com/openmash/mash/projections/consenttrail"
	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/triage"
	"github.com/openmash/mash/services/eventstore"
)

// counter counts the events of each stream: an event folded twice or never shows.
type counter struct {
	version int
	table   *rows.Table
	// before, when set, is called before each batch.
	before func(batch []eventstore.Recorded) error
}

func newCounter(version int) *counter {
	return &counter{version: version, table: &rows.Table{
		Name:    projections.TableName("counter", version, "streams"),
		Columns: []rows.Column{{Name: "stream", Type: rows.Text}, {Name: "n", Type: rows.BigInt}}, Key: 1, Indexes: [][]string{{"n"}},
	}}
}

func (*counter) Name() string            { return "counter" }
func (c *counter) Version() int          { return c.version }
func (c *counter) Schema() []*rows.Table { return []*rows.Table{c.table} }

func (c *counter) Apply(ctx context.Context, tx *rows.Tx, batch []eventstore.Recorded) error {
	if c.before != nil {
		if err := c.before(batch); err != nil {
			return err
		}
	}
	counts := map[string]int64{}
	var keys []any
	for _, e := range batch {
		if counts[e.Stream]++; counts[e.Stream] == 1 {
			keys = append(keys, e.Stream)
		}
	}
	err := c.table.GetMany(ctx, tx, []string{"stream", "n"}, keys, func(r *sql.Rows) error {
		var stream string
		var n int64
		err := r.Scan(&stream, &n)
		counts[stream] += n
		return err
	})
	var all [][]any
	for _, stream := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, []any{stream, counts[stream]})
	}
	return errors.Join(err, c.table.Upsert(ctx, tx, all))
}

func runner(t *testing.T, store *eventstore.Store, db *rows.DB, p projections.Projection, maxBatch int) *projections.Runner {
	t.Helper()
	r, err := projections.New(projections.Config{
		Store: store, DB: db, Projection: p, MaxBatch: maxBatch, Now: func() time.Time { return recordtest.Monday.Add(time.Hour) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// start runs a runner until the test ends or stop is called; stop gives what Run returned.
func start(t *testing.T, r interface{ Run(context.Context) error }) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	var result error
	stopped := false
	stop = func() error {
		if !stopped {
			cancel()
			result, stopped = <-done, true
		}
		return result
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

func wait(t *testing.T, p interface {
	WaitFor(context.Context, eventstore.Position) error
}, at eventstore.Position) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // nothing waits for it to pass
	defer cancel()
	if err := p.WaitFor(ctx, at); err != nil {
		t.Fatalf("rows do not show the position: %v", err)
	}
}

func total(t *testing.T, db *rows.DB, version int) (n int64) {
	t.Helper()
	err := db.View(t.Context(), func(tx *rows.Tx) error {
		return tx.QueryRow(t.Context(), fmt.Sprintf("SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM counter_v%d_streams WHERE stream LIKE 'contact-%%'", version)).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func some(from, n int) (all []recordtest.Written) {
	for i := from; i < from+n; i++ {
		all = append(all, recordtest.Of(recordtest.ID(i), recordtest.Received(recordtest.ID(i), recordtest.Monday, 1))...)
	}
	return all
}

// What was folded as it came, in whatever batches that was, equals a rebuild in batches of any size, on either database.
func TestRebuildEqualsLive(t *testing.T) {
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		for seed := range 3 {
			store, db := recordtest.Store(t), open()
			made := map[string]projections.Projection{"triage": triage.New(), "casefile": casefile.New(), "consenttrail": consenttrail.New()}
			live := map[string]*projections.Runner{}
			for name, p := range made {
				live[name] = runner(t, store, db, p, 0)
				start(t, live[name])
			}
			last := recordtest.Append(t, store, recordtest.Sample(seed, 8, 80)...)
			for name, p := range made {
				wait(t, live[name], last)
				want := recordtest.Dump(t, t.Context(), db, p)
				for _, size := range []int{1, 7, 4096} {
					fresh := open()
					r := runner(t, store, fresh, p, size)
					start(t, r)
					wait(t, r, last)
					if got := recordtest.Dump(t, t.Context(), fresh, p); len(got) == 0 || !maps.Equal(got, want) {
						t.Errorf("seed %d: %s rebuilt in batches of %d has %d rows that are not the %d live ones", seed, name, size, len(got), len(want))
					}
				}
			}
		}
	})
}

func TestVerifyFindsEveryDifference(t *testing.T) {
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		store, db := recordtest.Store(t), open()
		r := runner(t, store, db, newCounter(1), 0)
		start(t, r)
		wait(t, r, recordtest.Append(t, store, some(0, 20)...))
		report, err := r.Verify(t.Context())
		if err != nil || len(report.Differences) != 0 || report.Rows < 20 || report.Position != r.Position() {
			t.Fatalf("got %+v, %v, want no difference in at least 20 rows at the runner's position", report, err)
		}
		err = db.Update(t.Context(), func(tx *rows.Tx) (err error) {
			for _, change := range []string{
				"UPDATE counter_v1_streams SET n = n + 1 WHERE stream = 'contact-" + recordtest.ID(1) + "'",
				"DELETE FROM counter_v1_streams WHERE stream = 'contact-" + recordtest.ID(2) + "'",
				"INSERT INTO counter_v1_streams (stream, n) VALUES ('contact-none', 1)",
			} {
				_, e := tx.Exec(t.Context(), change)
				err = errors.Join(err, e)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		report, err = r.Verify(t.Context())
		kinds := map[string]string{}
		for _, d := range report.Differences {
			kinds[d.Key] = d.Kind
		}
		want := map[string]string{`"contact-` + recordtest.ID(1) + `"`: "changed", `"contact-` + recordtest.ID(2) + `"`: "missing", `"contact-none"`: "surplus"}
		if err != nil || !maps.Equal(kinds, want) {
			t.Errorf("got %v, %v, want %v", kinds, err, want)
		}
	})
}

func TestARestartGoesOnWhereItWas(t *testing.T) {
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		store, db := recordtest.Store(t), open()
		for n := range 3 {
			r := runner(t, store, db, newCounter(1), 0)
			stop := start(t, r)
			wait(t, r, recordtest.Append(t, store, some(n*10, 10)...))
			if err := stop(); err != nil {
				t.Fatalf("a runner that was stopped returned %v", err)
			}
			if got := total(t, db, 1); got != int64(n*10+10) {
				t.Fatalf("after %d starts %d events were folded, want %d", n+1, got, n*10+10)
			}
		}
	})
}

func TestTwoRunnersMeetAtTheCheckpoint(t *testing.T) {
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		store, db := recordtest.Store(t), open()
		a, b := runner(t, store, db, newCounter(1), 3), runner(t, store, db, newCounter(1), 5)
		start(t, a)
		start(t, b)
		var last eventstore.Position
		for n := range 20 {
			last = recordtest.Append(t, store, some(n*5, 5)...)
		}
		wait(t, a, last)
		wait(t, b, last)
		if got := total(t, db, 1); got != 100 {
			t.Errorf("two runners folded 100 events %d times", got)
		}
	})
}

func TestStatusTellsLagAndPosition(t *testing.T) {
	store, db := recordtest.Store(t), recordtest.SQLite(t)
	held, release := make(chan struct{}), make(chan struct{})
	p := newCounter(1)
	batches := 0
	p.before = func([]eventstore.Recorded) error {
		if batches++; batches == 2 {
			close(held)
			<-release
		}
		return nil
	}
	last := recordtest.Append(t, store, some(0, 10)...)
	r := runner(t, store, db, p, 5)
	start(t, r)
	<-held
	// The clock stands an hour after everything was recorded.
	if s := r.Status(); s.Live || s.CaughtUp || s.Lag != time.Hour || s.Events == 0 || s.Name != "counter" {
		t.Errorf("in the middle of a rebuild: %+v", s)
	}
	close(release)
	wait(t, r, last)
	if s := r.Status(); !s.Live || s.Stopped || s.Err != nil || s.Position.Compare(last) < 0 {
		t.Errorf("caught up: %+v", s)
	}
}
