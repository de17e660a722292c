// Command mash is the multi-agency safeguarding hub: the hub itself, a demonstration of it, and the clients of its services.
//
//	mash demo              a whole hub on this machine, and a week of Kent played through it
//	mash serve             the hub
//	mash queue             the triage queue
//	mash contact …         a contact: its case file, and what can be done with it
//	mash consent …         what allowed information to be shared: its trail, overrides, the replay of a decision
//	mash meeting …         a strategy meeting: what staff do in it, and what follows
//	mash events ID         the record of a contact or a strategy meeting
//	mash quarantine …      messages that could not be accepted
//	mash projections       how far the read models have got
//	mash agency send FILE  publish a message as an agency, and wait for its receipt
//	mash nats config       the accounts of all agencies as configuration of a NATS server
//	mash eventstore …      the embedded event store alone: serve, verify
//	mash bench …           the figures, measured here
//
// It parses, calls and exits once, in main. Exit codes: 0 done; 1 it did not work, with one line on standard error that says why; 80 (or
// whatever kong says) for a command line that cannot be understood.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // people read times in London's zone, also on a machine that has no zone files

	"github.com/alecthomas/kong"

	"github.com/openmash/mash/services/agencies"
)

// cli is every verb with its flags.
type cli struct {
	Config kong.ConfigFlag `help:"Read settings from this JSON file: keys are the names of flags. Flags and environment go before it." placeholder:"FILE"`

	Demo         demoCmd         `cmd:"" help:"Start a whole hub on this machine and play a week of Kent through it."`
	Serve        serveCmd        `cmd:"" help:"Run the hub."`
	Queue        queueCmd        `cmd:"" help:"Show the triage queue."`
	Contact      contactCmd      `cmd:"" help:"A contact: show it, triage, rate, allocate, link and unlink it."`
	Consultation consultationCmd `cmd:"" help:"A consultation before a contact: give one, and show it by its number (KEN-12)."`
	Schools      schoolsCmd      `cmd:"" help:"Notifications of schools about domestic abuse that are open: nobody known, or not acknowledged (KEN-20)."`
	Consent      consentCmd      `cmd:"" help:"What allowed information to be gathered and shared: trail, overrides, replay."`
	Meeting      meetingCmd      `cmd:"" help:"Strategy meetings: propose, call and conclude them, and what follows from them."`
	Events       eventsCmd       `cmd:"" help:"Show the record of a contact or of a strategy meeting, as JSON lines."`
	Quarantine   quarantineCmd   `cmd:"" help:"Messages that could not be accepted."`
	Projections  projectionsCmd  `cmd:"" help:"Show how far the read models have got."`
	Agency       agencyCmd       `cmd:"" help:"What a partner's system does."`
	Nats         natsCmd         `cmd:"" name:"nats" help:"Work with an external NATS server."`
	Eventstore   eventstoreCmd   `cmd:"" name:"eventstore" help:"The embedded event store alone."`
	Bench        benchCmd        `cmd:"" help:"Measure the hub on this machine."`
}

// environment is what a verb may touch of the world around it.
type environment struct {
	ctx    context.Context
	stdout io.Writer
	stderr io.Writer
}

func main() {
	makeRoomForSyncs()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with the world passed in, so that tests can call it.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := 0
	stdout, stderr = &visible{w: stdout}, &visible{w: stderr}
	var c cli
	parser, err := kong.New(&c,
		kong.Name("mash"), kong.Description("The multi-agency safeguarding hub."),
		kong.Configuration(settingsFile), kong.Writers(stdout, stderr),
		kong.Exit(func(n int) { panic(exit(n)) }), kong.Vars{"data": "data", "kinds": strings.Join(agencies.Kinds(), ", ")},
	)
	if err != nil {
		fmt.Fprintln(stderr, "mash:", err)
		return 1
	}
	func() {
		defer func() { // --help and usage errors leave kong through Exit
			if p := recover(); p != nil {
				n, ok := p.(exit)
				if !ok {
					panic(p)
				}
				code = int(n)
			}
		}()
		kctx, err := parser.Parse(args)
		parser.FatalIfErrorf(err)
		if err := kctx.Run(&environment{ctx: ctx, stdout: stdout, stderr: stderr}); err != nil {
			fmt.Fprintln(stderr, "mash:", oneLine(explain(err)))
			code = 1
		}
	}()
	return code
}

// oneLine keeps the promise of one line, whatever an error is made of.
func oneLine(s string) string { return strings.Join(strings.Split(strings.TrimSpace(s), "\n"), "; ") }

// exit carries kong's exit code out of it.
type exit int

// callTimeout bounds every call of a client verb.
const callTimeout = 15 * time.Second
