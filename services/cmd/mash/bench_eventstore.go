package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/openmash/mash/services/bench"
)

type benchEventstoreCmd struct {
	benchFlags
	Large    bool   `help:"Measure a large store, too: takes minutes, and 10 GB of disk."`
	Events   int    `help:"How many events a large store holds." default:"10000000"`
	Postgres string `help:"PostgreSQL server to set beside: postgres://… What is made there is deleted." env:"MASH_TEST_POSTGRES" placeholder:"DSN"`
}

// Run measures and prints.
func (c *benchEventstoreCmd) Run(env *environment) error {
	if c.Events < 1 {
		return errors.New("events: want at least 1")
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, to start a store with: %w", err)
	}
	o := bench.StoreOptions{
		Postgres: c.Postgres, Large: c.Large, Events: c.Events, Child: []string{self, "eventstore", "serve", "--listen", "127.0.0.1:0", "--data"},
	}
	return c.run(env, func(ctx context.Context, common bench.Options) (*bench.Report, error) {
		o.Options = common
		return bench.Store(ctx, o)
	})
}
