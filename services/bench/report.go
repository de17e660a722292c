package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// A Report is what one run measured.
type Report struct {
	// Bench is "intake", "rebuild", "eventstore" or "casework".
	Bench   string
	Machine Machine
	Rounds  int
	// Quick says that too little was measured to judge by.
	Quick bool
	// Figures have goals; Beside is what they were made from, and what explains them.
	Figures []Figure
	Beside  []Series
	Notes   []string
}

// Shortfalls names each figure that does not reach its goal, with what it came to.
func (r *Report) Shortfalls() []string {
	var short []string
	for _, f := range r.Figures {
		if !f.Met() {
			short = append(short, fmt.Sprintf("%s is %s, goal %s", f.Goal.Figure, quantity(f.Value(), f.Goal.Unit), f.Goal.short()))
		}
	}
	return short
}

func (g Goal) short() string {
	return fmt.Sprintf("%s %s", g.Sense, quantity(g.Bound, g.Unit))
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	m := r.Machine
	fmt.Fprintf(w, "mash bench %s, %d rounds\n%s, %d cores (GOMAXPROCS %d, GOGC %d), %s, kernel %s, %s, write and sync of 4 KiB %s ms\n", r.Bench, r.Rounds,
		m.CPU, m.Cores, m.Procs, m.Garbage, m.OS, m.Kernel, m.Go, number(m.SyncMillis))
	if r.Quick {
		fmt.Fprintln(w, "QUICK: far too little was measured to judge by.")
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\nFIGURE\tMEDIAN\tRANGE\tGOAL\t")
	for _, f := range r.Figures {
		verdict := "met"
		if !f.Met() {
			verdict = "FALLS SHORT"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", f.Goal.Figure, quantity(f.Series.Median(), f.Goal.Unit), f.Series.span(), f.Goal.short(), verdict)
	}
	fmt.Fprintln(tw, "\nBESIDE THEM\tMEDIAN\tRANGE\tUNIT\t")
	for _, s := range r.Beside {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t\n", s.Name, number(s.Median()), s.span(), s.Unit)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if len(r.Notes) > 0 {
		fmt.Fprintf(w, "\n%s\n", strings.Join(r.Notes, "\n"))
	}
	return nil
}

func (s Series) span() string {
	low, high := s.Range()
	return number(low) + " – " + number(high)
}

func quantity(v float64, unit string) string {
	return strings.TrimSpace(number(v) + " " + unit)
}

// number writes three or more figures of a value, and no more than can be read.
func number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "not measured"
	case v == math.Trunc(v) || a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.3f", v)
	}
}

// seriesJSON is a series with what is made from it. A value that was not measured is absent.
type seriesJSON struct {
	Series
	Median *float64 `json:"median"`
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
}

type figureJSON struct {
	Goal Goal `json:"goal"`
	seriesJSON
	Value *float64 `json:"value"`
	Met   bool     `json:"met"`
}

// WriteJSON writes the report for programs, one object.
func (r *Report) WriteJSON(w io.Writer) error {
	out := struct {
		Bench   string       `json:"bench"`
		Machine Machine      `json:"machine"`
		Rounds  int          `json:"rounds"`
		Quick   bool         `json:"quick"`
		Figures []figureJSON `json:"figures"`
		Beside  []seriesJSON `json:"beside"`
		Notes   []string     `json:"notes,omitempty"`
	}{Bench: r.Bench, Machine: r.Machine, Rounds: r.Rounds, Quick: r.Quick, Notes: r.Notes}
	for _, f := range r.Figures {
		out.Figures = append(out.Figures, figureJSON{Goal: f.Goal, seriesJSON: f.Series.json(), Value: measured(f.Value()), Met: f.Met()})
	}
	for _, s := range r.Beside {
		out.Beside = append(out.Beside, s.json())
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func (s Series) json() seriesJSON {
	low, high := s.Range()
	return seriesJSON{Series: s, Median: measured(s.Median()), Low: measured(low), High: measured(high)}
}

// measured is nil for NaN, which JSON has no word for.
func measured(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}
