package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"time"
)

// A run is a bench on its way to a report.
type run struct {
	Options
	scale
	dir    string
	report *Report
}

// measure prepares a run, lets do measure, and cleans up behind it.
func measure(name string, o Options, do func(*run) error) (_ *Report, err error) {
	if o.Rounds <= 0 {
		o.Rounds = 5
	}
	dir, err := os.MkdirTemp(o.Dir, "mash-bench-")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &run{Options: o, scale: o.scale(), dir: dir, report: &Report{Bench: name, Rounds: o.Rounds, Quick: o.Quick}}
	if r.report.Machine, err = machine(dir, r.syncs); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	if r.report.Machine.SyncMillis < 0.02 {
		r.note("A sync that takes this little time does not wait for a disk: figures that rest on it say nothing about one.")
	}
	if o.Profile != nil {
		if err := pprof.StartCPUProfile(o.Profile); err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	if err := do(r); err != nil {
		return nil, fmt.Errorf("bench %s: %w", name, err)
	}
	return r.report, nil
}

// record adds one round's value: to the figure of that name, or to what stands beside.
func (r *run) record(name, unit string, value float64) {
	for i := range r.report.Figures {
		if r.report.Figures[i].Goal.Figure == name {
			r.report.Figures[i].Series.add(value)
			return
		}
	}
	for _, g := range Goals() {
		if g.Figure == name {
			r.report.Figures = append(r.report.Figures, Figure{Goal: g, Series: Series{Name: name, Unit: g.Unit, Rounds: []float64{value}}})
			return
		}
	}
	for i := range r.report.Beside {
		if r.report.Beside[i].Name == name {
			r.report.Beside[i].add(value)
			return
		}
	}
	r.report.Beside = append(r.report.Beside, Series{Name: name, Unit: unit, Rounds: []float64{value}})
}

func (r *run) note(format string, args ...any) {
	r.report.Notes = append(r.report.Notes, fmt.Sprintf(format, args...))
}

func (r *run) progress(format string, args ...any) {
	if r.Progress != nil {
		fmt.Fprintf(r.Progress, format+"\n", args...)
	}
}

// labelled runs do under a label of the profile, which goroutines inherit from the one that starts them.
func labelled(ctx context.Context, part string, do func(context.Context) error) (err error) {
	pprof.Do(ctx, pprof.Labels("measuring", part), func(ctx context.Context) { err = do(ctx) })
	return err
}

// A stopwatch takes the time that passes and the processor's.
type stopwatch struct {
	begun time.Time
	cpu   time.Duration
	knows bool
}

func startWatch() stopwatch {
	cpu, knows := cpuTime()
	return stopwatch{begun: time.Now(), cpu: cpu, knows: knows}
}

// recordCPU adds the processor's time for each of n things, where the system tells it.
func (r *run) recordCPU(name string, w stopwatch, n int) {
	if cpu, knows := cpuTime(); knows && w.knows {
		r.record(name, "µs", float64((cpu-w.cpu).Microseconds())/float64(n))
	}
}

func (w stopwatch) elapsed() time.Duration { return time.Since(w.begun) }
