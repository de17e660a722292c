package simulation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"github.com/openmash/mash/services/simulation/generator"
)

// Options say what to play, and to which hub.
type Options struct {
	// Weeks to play, one after another; 0 is one.
	Weeks int
	// Seed chooses the weeks and what the staff decide.
	Seed uint64
	// Start is in the first day; the play begins at its midnight in Europe/London.
	Start time.Time
	// Volume is the number of contacts a week; 0 draws it (KEN-21).
	Volume int
	// Closed reports days on which the front door is shut although it is no weekend; nil: none.
	Closed func(day time.Time) bool
	// Words is what contacts are made of; nil: deploy/seed.
	Words fs.FS

	// Speed is how much faster than the machine's clock time goes by; 0: as fast as the hub answers.
	Speed float64
	// Advance sets the hub's clock. It is never called with a time before that of an earlier call.
	Advance func(time.Time)
	// Progress is told how many of all messages have their answers; may be nil.
	Progress func(done, total int)
	// Receipt is told of each receipt as it comes, one at a time; may be nil.
	Receipt func(Receipt)
	// Logger takes what happens at connections; nil discards it. No person is in it.
	Logger *slog.Logger

	// NATSURL is where agencies connect, SeedDir the folder with <agency>.nk.
	NATSURL, SeedDir string
	// Conn is a connection to the hub's gRPC server without credentials; calls bring the tokens of Staff.
	Conn grpc.ClientConnInterface
	// Staff are those who act. Without any, nobody does.
	Staff Staff
}

// window is how much time is in flight together.
const window = 15 * time.Minute

// Play plays the weeks. The report is that of what was done, also when an error or the context ended it early. A message
// that the hub rejects, or a command that a rule refuses, is no error: it is in the report.
func Play(ctx context.Context, o Options) (Report, error) {
	if err := o.check(); err != nil {
		return Report{}, fmt.Errorf("simulation: %w", err)
	}
	p, err := newPlayer(o)
	if err != nil {
		return Report{}, fmt.Errorf("simulation: %w", err)
	}
	defer p.agencies.close()
	begun := time.Now()
	err = p.weeks(ctx)
	report := p.tally.report()
	report.Elapsed = time.Since(begun)
	if err != nil {
		return report, fmt.Errorf("simulation: %w", err)
	}
	return report, nil
}

func (o *Options) check() error {
	if o.Weeks == 0 {
		o.Weeks = 1
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	if o.Closed == nil {
		o.Closed = func(time.Time) bool { return false }
	}
	switch {
	case o.Weeks < 0:
		return errors.New("weeks is negative")
	case o.Speed < 0:
		return errors.New("speed is negative")
	case o.Advance == nil:
		return errors.New("advance is missing: a play drives the hub's clock")
	case o.NATSURL == "" || o.SeedDir == "":
		return errors.New("NATS URL or folder of the agencies' seeds is missing")
	case o.Conn == nil && o.Staff.any():
		return errors.New("staff are named, but no gRPC connection")
	}
	return nil
}

func (o Options) generator() (*generator.Generator, error) {
	return generator.New(generator.Options{Seed: o.Seed, Start: o.Start, Volume: o.Volume, Closed: o.Closed, Words: o.Words, Beside: true})
}

// player holds one play together. One goroutine at a time moves the clock.
type player struct {
	o        Options
	gen      *generator.Generator
	clock    *clock
	agencies *senders
	desk     *desk
	tally    *tally
	total    int
	nextHour time.Time // when the staff look up next
}

func newPlayer(o Options) (*player, error) {
	// The weeks are made up twice: first to count them, as they are too large to keep when there are many.
	total := 0
	gen, err := o.generator()
	if err != nil {
		return nil, err
	}
	for range o.Weeks {
		total += len(gen.Week().Steps)
	}
	if gen, err = o.generator(); err != nil {
		return nil, err
	}
	t := newTally(o.Receipt)
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, err
	}
	return &player{
		o: o, gen: gen, total: total, tally: t, clock: newClock(o.Speed, o.Advance), agencies: newSenders(o),
		desk: newDesk(o, zone, t),
	}, nil
}

func (p *player) weeks(ctx context.Context) error {
	for range p.o.Weeks {
		week := p.gen.Week()
		if p.nextHour.IsZero() {
			p.nextHour = week.Start
		}
		p.tally.week(week)
		p.desk.plan(week)
		if err := p.week(ctx, week); err != nil {
			return err
		}
	}
	return nil
}

// week sends the steps of one week, window by window, and lets the staff work in between.
func (p *player) week(ctx context.Context, week generator.Week) error {
	steps := week.Steps
	for len(steps) > 0 {
		n := batch(steps)
		if err := p.staffUntil(ctx, steps[0].At); err != nil {
			return err
		}
		if err := p.send(ctx, steps[:n]); err != nil {
			return err
		}
		steps = steps[n:]
	}
	if err := p.staffUntil(ctx, week.End); err != nil {
		return err
	}
	return p.clock.to(ctx, week.End)
}

// atMost is how many messages are in flight together.
const atMost = 128

// batch is how many of the steps may be in flight together: those of one kind in one window. Open cases come first at
// their hour, so a contact never overtakes what decides its outcome.
func batch(steps []generator.Step) int {
	n := 1
	for n < min(len(steps), atMost) && steps[n].Kind == steps[0].Kind && steps[n].At.Truncate(window).Equal(steps[0].At.Truncate(window)) {
		n++
	}
	return n
}

// send publishes the steps, each at its time, and waits for all their answers.
func (p *player) send(ctx context.Context, steps []generator.Step) error {
	answers := make([]answer, len(steps))
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		for i, s := range steps {
			if err := p.clock.to(groupCtx, s.At); err != nil {
				return err
			}
			m, err := p.agencies.send(groupCtx, s)
			if err != nil {
				return err
			}
			group.Go(func() (err error) {
				answers[i], err = m.answer(groupCtx)
				return err
			})
		}
		return nil
	})
	// The answers that came are noted also when something failed: they are on record.
	err := group.Wait()
	for _, a := range answers {
		if a.receipt != nil || a.rejection != nil {
			p.tally.answer(a)
			p.o.Progress(p.tally.answered(), p.total)
		}
	}
	if err != nil {
		return err
	}
	return p.reply(ctx, acknowledgements(answers))
}

// staffUntil lets the staff work at every full hour up to a time, included.
func (p *player) staffUntil(ctx context.Context, until time.Time) error {
	for ; !p.nextHour.After(until); p.nextHour = p.nextHour.Add(time.Hour) {
		if err := p.clock.to(ctx, p.nextHour); err != nil {
			return err
		}
		if err := p.reply(ctx, p.desk.due(p.nextHour)); err != nil {
			return err
		}
		if err := p.desk.hour(ctx, p.nextHour); err != nil {
			return err
		}
	}
	return nil
}
