package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/openmash/mash/services/hub"
	"github.com/openmash/mash/services/simulation"
)

// demoCmd starts a whole hub on this machine and plays weeks of Kent through it, from outside: agencies over NATS with their own
// credentials, staff over gRPC with their own tokens. It drives the hub's clock, which no setting of mash serve can.
type demoCmd struct {
	hubFlags
	Weeks  int       `help:"How many weeks to play." default:"1"`
	Seed   uint64    `help:"The same seed plays the same weeks." default:"1"`
	Speed  float64   `help:"0 plays as fast as possible; N plays N times real time." default:"0"`
	Start  time.Time `help:"Monday on which the first week begins." default:"2026-03-02" format:"2006-01-02"`
	Volume int       `help:"Contacts a week; 0 draws them as Kent had them (KEN-21: 1,100 to 1,942)."`
	Once   bool      `help:"End after the weeks instead of serving on."`

	Receipts string `help:"Append every receipt to this file as it comes, one JSON object a line: to check afterwards that each is on record." placeholder:"FILE"`
}

// Run plays, prints what came of it, and serves on until Ctrl-C.
func (c *demoCmd) Run(env *environment) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.LogLevel == "info" {
		c.LogLevel = "warn" // the progress bar is what is watched
	}
	makeRoomForGarbage()
	clock := hub.NewDrivenClock(c.Start.In(london()))
	cfg := c.config(env.stderr)
	cfg.Now = clock.Now
	fmt.Fprintf(env.stdout, "Starting a hub in %s\n", c.Data)
	h, err := hub.Start(env.ctx, cfg)
	if err != nil {
		return err
	}
	err = c.play(env, h, clock)
	if err == nil && !c.Once {
		clock.Release()
		fmt.Fprintln(env.stdout, "\nThe hub goes on serving. Ctrl-C ends it.")
		err = h.Wait(env.ctx)
	}
	stopErr := h.Stop()
	if env.ctx.Err() != nil { // Ctrl-C: what was under way was cut off, and that is no fault
		return stopErr
	}
	return errors.Join(err, stopErr)
}

// check refuses what would not start, or never end.
func (c *demoCmd) check() error {
	switch {
	case c.Nats != "" || c.Eventstore != "" || len(c.Roles) > 0:
		return errors.New("demo: it runs a whole hub in one process: nats, eventstore and roles are settings of mash serve")
	case c.TLSCert != "" || c.TLSKey != "":
		return errors.New("demo: it stays on loopback: TLS is a setting of mash serve")
	case c.Weeks < 1:
		return errors.New("weeks: want at least 1")
	case c.Volume < 0:
		return errors.New("volume: want a number of contacts, or 0 to draw it")
	case !(c.Speed >= 0) || math.IsInf(c.Speed, 0):
		return errors.New("speed: want 0 for as fast as possible, or how many times real time")
	case c.Start.Weekday() != time.Monday:
		return errors.New("start: want a Monday")
	}
	if err := errors.Join(hub.CanReckon(c.Start), hub.CanReckon(c.Start.AddDate(0, 0, 7*c.Weeks))); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return nil
}

// play plays the weeks and prints what came of them.
func (c *demoCmd) play(env *environment, h *hub.Hub, clock *hub.DrivenClock) error {
	conn, err := grpc.NewClient(h.Addresses().GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer conn.Close()
	staff, err := simulation.ReadStaff(filepath.Join(c.Data, "creds", "staff"))
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "Playing %d week(s) of Kent from %s, seed %d\n", c.Weeks, c.Start.Format("Monday 2 January 2006"), c.Seed)
	told, closeReceipts, err := c.receipts()
	if err != nil {
		return err
	}
	report, err := simulation.Play(env.ctx, simulation.Options{
		Weeks: c.Weeks, Seed: c.Seed, Start: c.Start, Volume: c.Volume, Speed: c.Speed, Advance: clock.Advance,
		Progress: newProgress(env.stderr).show, NATSURL: h.Addresses().NATS, SeedDir: filepath.Join(c.Data, "creds", "agencies"),
		Conn: conn, Staff: staff, Closed: hub.BankHolidays(), Receipt: told,
	})
	if err := errors.Join(err, closeReceipts()); err != nil {
		return err
	}
	return c.show(env, h, report)
}

// receipts appends receipts to the file that was asked for. Each line is written as its receipt comes, so that it outlives the process.
func (c *demoCmd) receipts() (told func(simulation.Receipt), done func() error, err error) {
	if c.Receipts == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.OpenFile(c.Receipts, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("receipts: %w", err)
	}
	var failed error
	lines := json.NewEncoder(f)
	return func(r simulation.Receipt) { failed = errors.Join(failed, lines.Encode(r)) },
		func() error { return errors.Join(failed, f.Close()) }, nil
}

// show prints the queue as an analyst sees it, the counts by agency, and the addresses to try.
func (c *demoCmd) show(env *environment, h *hub.Hub, report simulation.Report) error {
	q := queueCmd{clientFlags: clientFlags{Data: c.Data, Addr: h.Addresses().GRPC}, Limit: 15, NotBefore: report.Position}
	fmt.Fprintln(env.stdout, "\nThe top of the triage queue:")
	if err := q.Run(env); err != nil {
		return err
	}
	fmt.Fprintln(env.stdout)
	tw := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "AGENCY\tCONTACTS\tQUEUED\tPASSED ACROSS\tPARTLY\tOPEN CASES\tREJECTED\t")
	for _, a := range report.Agencies {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", a.Agency, a.Contacts, a.Queued, a.PassedAcross, a.PartlyPassed, a.OpenCases, a.Rejected)
	}
	_ = tw.Flush()
	fmt.Fprintf(env.stdout, "\n%d messages on record in %s; receipt p50 %s, p95 %s\n", len(report.Receipts),
		report.Elapsed.Round(time.Millisecond), report.Receipt.P50.Round(time.Microsecond), report.Receipt.P95.Round(time.Microsecond))
	fmt.Fprint(env.stdout, "Staff commands: ")
	for i, verb := range slices.Sorted(maps.Keys(report.Commands)) {
		if i > 0 {
			fmt.Fprint(env.stdout, ", ")
		}
		fmt.Fprintf(env.stdout, "%d × %s", report.Commands[verb], verb)
	}
	fmt.Fprintf(env.stdout, "\nReplies of agencies: %d notifications of schools acknowledged, %d calls put in writing\n\n",
		report.Replies["encompass-acknowledgement"], report.Replies["contact"])
	if n := len(report.Rejections) + len(report.Unexpected()); n > 0 {
		return fmt.Errorf("demo: %d messages did not come out as the rules say they should", n)
	}
	if c.Once {
		fmt.Fprintf(env.stdout, "The hub ends here. To look at what it has on record:\n  mash serve --data %s\n", c.Data)
		return nil
	}
	printAddresses(env.stdout, h.Addresses())
	fmt.Fprintf(env.stdout, "\nTry, in another terminal:\n  mash queue --data %[1]s --rating red\n  mash queue --data %[1]s --watch\n"+
		"  mash schools --data %[1]s\n  mash meeting list --data %[1]s\n  mash consultation list --data %[1]s\n  mash consent overrides --data %[1]s\n"+
		"  grpcurl -plaintext -H \"authorization: Bearer $(cat %[1]s/creds/staff/analyst-1.token)\" %[2]s mash.query.v1.TriageQueueService/ListTriageQueue\n",
		c.Data, h.Addresses().GRPC)
	return nil
}

// progress draws a bar on a terminal, and a line for each tenth elsewhere.
type progress struct {
	w     io.Writer
	tty   bool
	tenth int
	begun time.Time
}

func newProgress(w io.Writer) *progress {
	if v, ok := w.(*visible); ok {
		w = v.w // a bar is drawn by moving the cursor, and says nothing that came from outside
	}
	p := &progress{w: w, begun: time.Now()}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			p.tty = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return p
}

func (p *progress) show(done, total int) {
	if total == 0 {
		return
	}
	const width = 40
	tenth := done * 10 / total
	if !p.tty {
		if tenth > p.tenth {
			p.tenth = tenth
			fmt.Fprintf(p.w, "%3d %%  %d of %d steps, %s\n", done*100/total, done, total, time.Since(p.begun).Round(time.Second))
		}
		return
	}
	filled := done * width / total
	fmt.Fprintf(p.w, "\r[%s%s] %3d %%  %d of %d", bar("#", filled), bar(".", width-filled), done*100/total, done, total)
	if done == total {
		fmt.Fprintln(p.w)
	}
}

func bar(s string, n int) string {
	out := ""
	for range n {
		out += s
	}
	return out
}
