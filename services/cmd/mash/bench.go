package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/openmash/mash/services/bench"
)

// benchCmd measures the hub on this machine.
type benchCmd struct {
	Intake     benchIntakeCmd     `cmd:"" help:"From publish to the queue: contacts a second, how soon they are seen, and whether any is lost."`
	Rebuild    benchRebuildCmd    `cmd:"" help:"The triage queue of a year: how fast it is rebuilt, and how fast a page of it is read."`
	Casework   benchCaseworkCmd   `cmd:"" help:"Commands on long contacts, messages to agencies, and replays in a record of a million events."`
	Eventstore benchEventstoreCmd `cmd:"" name:"eventstore" help:"The embedded event store through the official client, beside a server that stores nothing, PostgreSQL and JetStream."`
}

// benchFlags are those of both.
type benchFlags struct {
	Rounds     int    `help:"How often everything is measured, by turns; figures are medians." default:"5"`
	Quick      bool   `help:"Measure far too little to judge by, to see that everything works."`
	Dir        string `help:"Folder to measure in; what is made there is deleted. Default: the system's temporary folder." placeholder:"DIR"`
	JSON       bool   `help:"Print JSON."`
	Check      bool   `help:"Exit with 1 and name each figure that falls short of its goal."`
	Cpuprofile string `help:"Write a profile of the processor's use, labelled by what was being measured." placeholder:"FILE"`
}

type benchIntakeCmd struct{ benchFlags }

// Run measures and prints.
func (c *benchIntakeCmd) Run(env *environment) error { return c.runHub(env, bench.Intake) }

type benchRebuildCmd struct{ benchFlags }

// Run measures and prints.
func (c *benchRebuildCmd) Run(env *environment) error { return c.runHub(env, bench.Rebuild) }

type benchCaseworkCmd struct{ benchFlags }

// Run measures and prints.
func (c *benchCaseworkCmd) Run(env *environment) error { return c.runHub(env, bench.Casework) }

// runHub measures hubs, with the memory that a served one takes.
func (f benchFlags) runHub(env *environment, measure func(context.Context, bench.Options) (*bench.Report, error)) error {
	makeRoomForGarbage()
	return f.run(env, measure)
}

func (f benchFlags) run(env *environment, measure func(context.Context, bench.Options) (*bench.Report, error)) (err error) {
	if f.Rounds < 1 {
		return errors.New("rounds: want at least 1")
	}
	o := bench.Options{Rounds: f.Rounds, Quick: f.Quick, Dir: f.Dir, Progress: env.stderr}
	if f.Cpuprofile != "" {
		file, err := os.Create(f.Cpuprofile)
		if err != nil {
			return fmt.Errorf("cpuprofile: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		o.Profile = file
	}
	report, err := measure(env.ctx, o)
	if err != nil {
		return err
	}
	if err := f.print(env.stdout, report); err != nil {
		return err
	}
	if short := report.Shortfalls(); f.Check && len(short) > 0 {
		return fmt.Errorf("bench: short of its goal: %s", strings.Join(short, "; "))
	}
	return nil
}

func (f benchFlags) print(w io.Writer, r *bench.Report) error {
	if f.JSON {
		return r.WriteJSON(w)
	}
	return r.WriteTable(w)
}
