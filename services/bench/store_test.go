package bench

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/hubtest"
)

// childFlag makes this test's binary the process of a store: the folder follows.
const childFlag = "-serve-event-store"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childFlag {
		if err := serveChild(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func serveChild(dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s, err := embedded.Open(embedded.Options{Dir: dir})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("event store", l.Addr())
	go func() {
		<-ctx.Done()
		_ = s.Close()
	}()
	if err := s.Serve(l); err != nil {
		return err
	}
	return s.Close()
}

func TestStoreMeasuresEachOfItsFigures(t *testing.T) {
	o := StoreOptions{Options: small(t), Large: true, Child: []string{os.Args[0], childFlag}}
	if dsn := os.Getenv("MASH_TEST_POSTGRES"); dsn != "" {
		o.Postgres = hubtest.Database(t, dsn)
	} else {
		t.Log("PostgreSQL is not measured: MASH_TEST_POSTGRES is empty")
	}
	report, err := Store(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var figures []string
	for _, f := range report.Figures {
		figures = append(figures, f.Goal.Figure)
		if v := f.Value(); math.IsNaN(v) || v <= 0 {
			t.Errorf("%s = %v, want more than 0", f.Goal.Figure, v)
		}
	}
	for _, g := range storeGoals() {
		if !g.fast && !slices.Contains(figures, g.Figure) { // one that needs a fast disk may not be there
			t.Errorf("%s is not measured", g.Figure)
		}
	}
	for _, name := range []string{
		"embedded store: append at 1", "empty server: append at 64, p99", "embedded store, syncs 2ms slower: append at 16",
		"embedded store, syncs 10ms slower: append at 64", "JetStream: append at 16", "embedded store: append to seen by a subscriber, p50",
	} {
		if !slices.ContainsFunc(report.Beside, func(s Series) bool { return s.Name == name && s.Median() > 0 }) {
			t.Errorf("%s does not stand beside the figures", name)
		}
	}
	measured := slices.ContainsFunc(report.Beside, func(s Series) bool { return s.Name == "PostgreSQL: append at 16" && s.Median() > 0 })
	if want := o.Postgres != ""; measured != want {
		t.Errorf("PostgreSQL was measured: %v, want %v", measured, want)
	}
	if said := strings.Contains(strings.Join(report.Notes, "\n"), "PostgreSQL was not measured"); said == measured {
		t.Errorf("the notes say that PostgreSQL was not measured: %v", said)
	}
	checkNothingLeft(t, o.Dir)
	var table bytes.Buffer
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	t.Log(table.String())
}

func checkNothingLeft(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestASlowDiskSlowsWhatIsAcknowledged(t *testing.T) {
	r := &storeRun{run: &run{dir: t.TempDir(), report: &Report{}}, storeScale: StoreOptions{Options: Options{Quick: true}}.storeScale()}
	const delay = 5 * time.Millisecond
	err := r.withStore(t.Context(), slowDisk(delay), func(s *storeSite) error {
		l, err := r.contend(t.Context(), 1, storeAppender(s.client))
		if fastest := quantile(l.took, 0); err == nil && fastest < delay {
			t.Errorf("an append took %v, less than the sync of %v that it waits for", fastest, delay)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	checkNothingLeft(t, r.dir)
}

func TestOnASlowDiskTheShareOfTheEmptyServerIsNoFigure(t *testing.T) {
	for disk, want := range map[float64]bool{fastSync - 0.01: true, fastSync: false, 3: false} {
		r := &storeRun{run: &run{report: &Report{}}}
		r.expect()
		r.record(appendShare(16), "", 0.1)
		r.record(syncBetween, "ms", disk)
		r.spare()
		got := slices.ContainsFunc(r.report.Figures, func(f Figure) bool { return f.Goal.Figure == appendShare(16) })
		beside := slices.ContainsFunc(r.report.Beside, func(s Series) bool { return s.Name == appendShare(16) })
		if got != want || beside == want {
			t.Errorf("with a sync of %v ms it is a figure: %v, and beside them: %v, want %v and %v", disk, got, beside, want, !want)
		}
		if short := strings.Contains(strings.Join(r.report.Shortfalls(), ";"), appendShare(16)); short != want {
			t.Errorf("with a sync of %v ms 0.1 falls short: %v, want %v", disk, short, want)
		}
	}
}

func TestWithoutALargeStoreItsFiguresAreNotAskedFor(t *testing.T) {
	for _, large := range []bool{false, true} {
		r := &storeRun{run: &run{report: &Report{}}, o: StoreOptions{Large: large}}
		r.expect()
		short := strings.Join(r.report.Shortfalls(), ";")
		if got := strings.Contains(short, openKilled+" is not measured"); got != large {
			t.Errorf("large %v: the shortfalls name it: %v (%s)", large, got, short)
		}
	}
}

func TestAStoreThatCannotBeStartedIsAnError(t *testing.T) {
	for _, command := range [][]string{nil, {os.Args[0], childFlag + "-not"}, {"/nowhere/mash"}} {
		if _, err := startChild(t.Context(), command, t.TempDir()); err == nil {
			t.Errorf("%v: no error", command)
		}
	}
}

func TestEveryGoalOfTheStoreHasItsSideOfTheBound(t *testing.T) {
	for _, g := range storeGoals() {
		good, bad := g.Bound*1.01, g.Bound*0.99
		if g.Sense != AtLeast {
			good, bad = bad, good
		}
		if !(Figure{Goal: g.Goal, Series: Series{Rounds: []float64{good}}}).Met() || (Figure{Goal: g.Goal, Series: Series{Rounds: []float64{bad}}}).Met() {
			t.Errorf("%s: %v should reach the goal %s, and %v should not", g.Figure, good, g.short(), bad)
		}
	}
}
