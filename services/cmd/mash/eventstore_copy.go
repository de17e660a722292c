package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/openmash/mash/services/eventstore/control"
	"github.com/openmash/mash/services/eventstore/embedded"
)

type eventstoreVerifyCmd struct {
	Dir string `arg:"" help:"Folder of the store."`
}

// Run prints what was found; a fault is an error.
func (c *eventstoreVerifyCmd) Run(env *environment) error {
	r, err := embedded.Verify(c.Dir, embedded.VerifyOptions{})
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%d events in %d streams, %d event ids\n", r.Events, r.Streams, r.EventIDs)
	if r.Bad != nil {
		return r.Bad
	}
	fmt.Fprintln(env.stdout, "sound")
	return nil
}

type eventstoreBackupCmd struct {
	Dir string `arg:"" help:"Folder of the store: DATA/eventstore of a hub."`
	To  string `arg:"" help:"Folder to make."`
}

// Run has the process that serves the store copy it, or copies it itself when none does. Every append answered before is in the copy.
func (c *eventstoreBackupCmd) Run(env *environment) error {
	err := control.Backup(env.ctx, c.Dir, c.To)
	if errors.Is(err, control.ErrNotServed) {
		err = withStore(c.Dir, func(s *embedded.Store) error { return s.Backup(c.To) })
	}
	return err
}

type eventstoreRestoreCmd struct {
	Backup string `arg:"" help:"Folder of the backup."`
	Dir    string `arg:"" help:"Folder of the store to make."`
}

// Run restores.
func (c *eventstoreRestoreCmd) Run(env *environment) error {
	r, err := embedded.Restore(c.Backup, c.Dir, embedded.VerifyOptions{})
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%d events in %d streams restored\n", r.Events, r.Streams)
	return nil
}

type eventstoreExportCmd struct {
	Dir string `arg:"" help:"Folder of the store: DATA/eventstore of a hub."`
}

// Run writes to standard output. What stands there when it fails is not the whole record.
func (c *eventstoreExportCmd) Run(env *environment) error {
	n, err := control.Export(env.ctx, c.Dir, env.stdout)
	if errors.Is(err, control.ErrNotServed) {
		err = withStore(c.Dir, func(s *embedded.Store) (err error) {
			n, err = s.Export(env.ctx, env.stdout)
			return err
		})
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stderr, "%d events exported\n", n)
	return nil
}

type eventstoreImportCmd struct {
	File string `arg:"" help:"An export; - is standard input."`
	To   string `required:"" help:"Where to: esdb://…, or unix:PATH for the socket of an embedded store. A password is better given in MASH_TO." placeholder:"ADDRESS"`
}

// Run appends event by event as they were exported. One that broke off can be run again.
func (c *eventstoreImportCmd) Run(env *environment) error {
	var from io.Reader = os.Stdin
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		defer file.Close()
		from = file
	}
	done, err := embedded.ImportTo(env.ctx, c.To, from)
	if err == nil {
		fmt.Fprintf(env.stdout, "%d events imported\n", done.Events)
	}
	for _, g := range done.Groups {
		what := "made, begins at " + g.From
		if g.Exists {
			what = "was there already and is left as it is; the export has it begin at " + g.From
		}
		fmt.Fprintf(env.stdout, "persistent subscription %s::%s: %s\n", g.Source, g.Group, what)
	}
	if err != nil {
		// Not wrapped: of a call's error only the server's own words would be printed, and neither how far it got nor where it stopped.
		return fmt.Errorf("%d events imported, then: %v", done.Events, err)
	}
	return nil
}

// withStore opens a store that no process serves. One that is not there is an error, not a new store.
func withStore(dir string, do func(*embedded.Store) error) error {
	if _, err := os.Stat(filepath.Join(dir, "FORMAT")); err != nil {
		return fmt.Errorf("no event store: %w", err)
	}
	s, err := embedded.Open(embedded.Options{Dir: filepath.Clean(dir)})
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}
