package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/agencies/publisher"
)

// agencyCmd is what a partner's system does.
type agencyCmd struct {
	Send agencySendCmd `cmd:"" help:"Publish a file as an agency, and wait for the hub's receipt."`
}

type agencySendCmd struct {
	File    string        `arg:"" help:"The payload: protobuf JSON of the kind's message in mash.intake.v1; - for standard input."`
	As      string        `required:"" help:"The agency." placeholder:"AGENCY"`
	Kind    string        `help:"Kind of message: ${kinds}." default:"contact"`
	ID      string        `help:"Id of the message; the same id again is the same message. Default: a new one."`
	Source  string        `help:"URI of the sending system." placeholder:"URI"`
	Binary  bool          `help:"The file is in protobuf's binary form."`
	Data    string        `help:"Folder of a hub on this machine." default:"${data}" placeholder:"DIR" env:"MASH_DATA"`
	Nats    string        `help:"URL of the hub's NATS server; else what DATA/addresses.json says." placeholder:"URL"`
	Seed    string        `help:"File with the agency's seed; else DATA/creds/agencies/<agency>.nk." placeholder:"FILE"`
	CA      string        `help:"File with the certificate to trust, where the hub's is not of a known authority." placeholder:"FILE"`
	Timeout time.Duration `help:"How long to wait for the receipt." default:"15s"`
}

// types are the payloads by kind.
var types = map[string]string{
	agencies.KindContact:                  "mash.intake.v1.Contact",
	agencies.KindOpenCase:                 "mash.intake.v1.OpenCase",
	agencies.KindInformation:              "mash.intake.v1.Information",
	agencies.KindAnalysis:                 "mash.intake.v1.Analysis",
	agencies.KindOutcomeAcknowledgement:   "mash.intake.v1.OutcomeAcknowledgement",
	agencies.KindStrategyAttendance:       "mash.intake.v1.StrategyAttendance",
	agencies.KindStrategyActionResult:     "mash.intake.v1.StrategyActionResult",
	agencies.KindStrategyMinutesReceipt:   "mash.intake.v1.StrategyMinutesReceipt",
	agencies.KindEncompassAcknowledgement: "mash.intake.v1.EncompassAcknowledgement",
}

// Run publishes and prints the answer as JSON. A rejection is an error.
func (c *agencySendCmd) Run(env *environment) error {
	data, err := c.read()
	if err != nil {
		return err
	}
	p, err := c.dial()
	if err != nil {
		return err
	}
	defer p.Close()
	ctx, cancel := context.WithTimeout(env.ctx, c.Timeout)
	defer cancel()
	answer, err := p.Send(ctx, c.message(data))
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no receipt within %s: keep the message and send it again with --id", c.Timeout)
	}
	if err != nil {
		return err
	}
	return printAnswer(env.stdout, answer)
}

func (c *agencySendCmd) read() ([]byte, error) {
	if c.File == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(c.File)
}

func (c *agencySendCmd) dial() (*publisher.Publisher, error) {
	url, seed := c.Nats, c.Seed
	if url == "" {
		a, err := readAddresses(c.Data)
		if err != nil {
			return nil, err
		}
		url = a.NATS
	}
	if seed == "" {
		if filepath.Base(c.As) != c.As {
			return nil, fmt.Errorf("--as: %q is not the id of an agency", c.As)
		}
		seed = filepath.Join(c.Data, "creds", "agencies", c.As+".nk")
		if _, err := os.Stat(seed); err != nil {
			return nil, fmt.Errorf("--as: no seed of %s: %w", c.As, err)
		}
	}
	trust, err := trustedURL(c.CA, url)
	if err != nil {
		return nil, err
	}
	return publisher.Dial(publisher.Options{URL: url, Agency: c.As, SeedFile: seed, TLS: trust})
}

func (c *agencySendCmd) message(data []byte) publisher.Message {
	m := publisher.Message{
		Kind: c.Kind, ID: c.ID, Source: c.Source, Type: types[c.Kind], Time: time.Now(), ContentType: "application/json", Data: data,
	}
	if m.ID == "" {
		m.ID = uuid.NewString()
	}
	if m.Source == "" {
		m.Source = "https://" + c.As + ".example/mash-agency-send"
	}
	if m.Type == "" {
		m.Type = "mash.intake.v1.Unknown" // the hub knows best what it does not know
	}
	if c.Binary {
		m.ContentType = "application/protobuf"
	}
	return m
}

// printAnswer prints a receipt, and makes a rejection an error that names each field.
func printAnswer(w io.Writer, answer publisher.Answer) error {
	var m proto.Message = &intakepb.Receipt{}
	if answer.Kind == publisher.KindRejection {
		m = &intakepb.Rejection{}
	}
	unmarshal := proto.Unmarshal
	if answer.Header.Get("content-type") == "application/json" {
		unmarshal = protojson.Unmarshal
	}
	if err := unmarshal(answer.Data, m); err != nil {
		return fmt.Errorf("the hub's answer cannot be read: %w", err)
	}
	fmt.Fprintln(w, protojson.MarshalOptions{Multiline: true}.Format(m))
	if r, ok := m.(*intakepb.Rejection); ok {
		return fmt.Errorf("rejected: %s: %s", r.GetReason(), r.GetDescription())
	}
	return nil
}
