package main

import (
	"fmt"
	"os"

	"github.com/openmash/mash/services/hub"
)

// natsCmd works with an external NATS server.
type natsCmd struct {
	Config natsConfigCmd `cmd:"" help:"Write the accounts of all agencies as configuration of a NATS server."`
}

type natsConfigCmd struct {
	Data     string `help:"Folder of the hub; seeds that are missing are made in DATA/creds." default:"${data}" placeholder:"DIR" env:"MASH_DATA"`
	Agencies string `help:"Folder with the registry of agencies, instead of the one the binary carries." placeholder:"DIR"`
	Out      string `help:"File to write, instead of standard output." short:"o" placeholder:"FILE"`
}

// Run writes public keys only: the configuration is no secret.
func (c *natsConfigCmd) Run(env *environment) error {
	text, err := hub.NATSConfig(hub.Config{Data: c.Data, Agencies: c.Agencies})
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err = env.stdout.Write(text)
		return err
	}
	if err := os.WriteFile(c.Out, text, 0o644); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return nil
}
