package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// small measures next to nothing: it shows that every measurement works on real parts, and that nothing is left behind.
func small(t *testing.T) Options {
	return Options{Rounds: 1, Quick: true, Dir: t.TempDir(), Progress: t.Output()}
}

func TestIntakeMeasuresEachOfItsFigures(t *testing.T) {
	checkReport(t, Intake, intakeThroughput, visibleP50, visibleP99, largestWeek)
}

func TestRebuildMeasuresEachOfItsFigures(t *testing.T) {
	checkReport(t, Rebuild, rebuildRate, queuePageP50, queuePageP99, teamPageP50, teamPageP99)
}

func checkReport(t *testing.T, measure func(context.Context, Options) (*Report, error), figures ...string) {
	t.Helper()
	o := small(t)
	report, err := measure(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range figures {
		if i >= len(report.Figures) || report.Figures[i].Goal.Figure != name {
			t.Fatalf("figures are %+v, want %v", report.Figures, figures)
		}
		if v := report.Figures[i].Value(); math.IsNaN(v) || v < 0 {
			t.Errorf("%s = %v", name, v)
		}
		if name == largestWeek && !report.Figures[i].Met() {
			t.Errorf("%v contacts are astray: %v", report.Figures[i].Value(), report.Notes)
		}
	}
	left, err := os.ReadDir(o.Dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	var table bytes.Buffer
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	t.Log(table.String())
}

func TestEveryGoalHasItsSideOfTheBound(t *testing.T) {
	for _, g := range Goals() {
		good, bad := g.Bound+0.001, g.Bound-0.001
		if g.Sense != AtLeast {
			good, bad = bad, good
		}
		if f := (Figure{Goal: g, Series: Series{Rounds: []float64{good, good, good}}}); !f.Met() {
			t.Errorf("%s: %v does not reach the goal %s", g.Figure, good, g.short())
		}
		if f := (Figure{Goal: g, Series: Series{Rounds: []float64{bad, bad, good}}}); f.Met() {
			t.Errorf("%s: %v reaches the goal %s", g.Figure, bad, g.short())
		}
		if (Figure{Goal: g}).Met() {
			t.Errorf("%s: what was not measured reaches the goal", g.Figure)
		}
	}
}

func TestOneBadRoundIsEnoughWhereEveryRoundCounts(t *testing.T) {
	g := Goal{Figure: "astray", Sense: AtMost, Bound: 0, EveryRound: true}
	rounds := Series{Rounds: []float64{0, 0, 1, 0, 0}}
	if (Figure{Goal: g, Series: rounds}).Met() {
		t.Error("a contact astray in one round of five was forgiven")
	}
	g.EveryRound = false
	if !(Figure{Goal: g, Series: rounds}).Met() {
		t.Error("the median of 0, 0, 1, 0, 0 was not taken")
	}
}

func TestShortfallsNameTheFigureAndItsGoal(t *testing.T) {
	r := Report{Figures: []Figure{
		{Goal: Goal{Figure: "a", Sense: AtLeast, Bound: 0.5}, Series: Series{Rounds: []float64{0.41}}},
		{Goal: Goal{Figure: "b", Sense: Under, Bound: 10, Unit: "ms"}, Series: Series{Rounds: []float64{9}}},
	}}
	got := strings.Join(r.Shortfalls(), "; ")
	if want := "a is 0.410, goal at least 0.500"; got != want {
		t.Errorf("Shortfalls() = %q, want %q", got, want)
	}
}

func TestJSONHasNoValueForWhatWasNotMeasured(t *testing.T) {
	r := Report{Figures: []Figure{{Goal: Goals()[0]}}}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Figures []struct {
			Median *float64 `json:"median"`
			Met    bool     `json:"met"`
			Goal   struct{ Figure, Words string }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, b.Bytes())
	}
	if len(got.Figures) != 1 || got.Figures[0].Median != nil || got.Figures[0].Met || got.Figures[0].Goal.Words == "" {
		t.Errorf("figures = %+v, want one without a median, not met, in the words of its goal", got.Figures)
	}
}

func TestQuantileIsAValueThatWasMeasured(t *testing.T) {
	var ms []time.Duration
	for i := 100; i > 0; i-- {
		ms = append(ms, time.Duration(i)*time.Millisecond)
	}
	for q, want := range map[float64]float64{0: 1, 0.5: 50, 0.99: 99, 1: 100} {
		if got := milliseconds(quantile(ms, q)); got != want {
			t.Errorf("quantile(1…100 ms, %v) = %v ms, want %v", q, got, want)
		}
	}
	if m := (Series{Rounds: []float64{4, 1, 3, 2}}).Median(); m != 2.5 {
		t.Errorf("median of 4, 1, 3, 2 = %v, want 2.5", m)
	}
}

func TestCaseworkMeasuresEachOfItsFigures(t *testing.T) {
	checkReport(t, Casework, commandP50, commandP99, deliveredP99, replayP50, replayP99)
}
