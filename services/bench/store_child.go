package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// A storeChild is an event store in a process of its own.
type storeChild struct {
	cmd    *exec.Cmd
	said   bytes.Buffer
	client *esdb.Client
	// opened is how long it took from the start of the process to its first answer.
	opened time.Duration
	// end is the position of the last event that it had then.
	end uint64
}

// errSilent says that a process ended, or did not say where it listens.
var errSilent = errors.New("the store's process did not say where it listens")

// startChild starts a process that serves the store in a folder, and waits until it has answered.
func startChild(ctx context.Context, command []string, dir string) (_ *storeChild, err error) {
	if len(command) == 0 {
		return nil, errors.New("no command to serve a store with is known")
	}
	c := &storeChild{cmd: exec.Command(command[0], append(command[1:len(command):len(command)], dir)...)}
	c.cmd.Stderr = &c.said
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.kill())
			err = fmt.Errorf("%w: it said %q", err, c.said.String()) // which is whole now that it has ended
		}
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	fields := strings.Fields(line)
	if err != nil || len(fields) == 0 {
		return nil, errSilent
	}
	if c.client, err = storeClient(fields[len(fields)-1]); err != nil {
		return nil, err
	}
	if c.end, err = lastPosition(ctx, c.client); err != nil {
		return nil, err
	}
	c.opened = time.Since(begun)
	return c, nil
}

// lastPosition is that of the newest event, 0 when there is none.
func lastPosition(ctx context.Context, client *esdb.Client) (uint64, error) {
	all, err := client.ReadAll(ctx, esdb.ReadAllOptions{From: esdb.End{}, Direction: esdb.Backwards}, 1)
	if err != nil {
		return 0, fmt.Errorf("read the newest event: %w", err)
	}
	defer all.Close()
	e, err := all.Recv()
	if err != nil {
		return 0, nil // the stream's end
	}
	return e.Event.Position.Commit, nil
}

// stop has the process close its store, and gives how long that took. No call may be running.
func (c *storeChild) stop() (time.Duration, error) {
	err := c.client.Close()
	begun := time.Now()
	err = errors.Join(err, c.cmd.Process.Signal(os.Interrupt))
	if waited := c.cmd.Wait(); waited != nil {
		err = errors.Join(err, fmt.Errorf("the store's process: %w: %s", waited, c.said.String()))
	}
	return time.Since(begun), err
}

// kill ends the process without its knowing. No call may be running.
func (c *storeChild) kill() error {
	var err error
	if c.client != nil {
		err = c.client.Close()
	}
	if killed := c.cmd.Process.Kill(); !errors.Is(killed, os.ErrProcessDone) {
		err = errors.Join(err, killed)
	}
	_ = c.cmd.Wait() // says that it was killed
	return err
}

// resident is how much memory the process has, in MiB.
func (c *storeChild) resident() (float64, error) {
	text := field(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid), "VmRSS")
	kib, err := strconv.ParseFloat(strings.TrimSuffix(text, " kB"), 64)
	if err != nil {
		return 0, fmt.Errorf("resident memory of the store's process: this system does not tell (%q)", text)
	}
	return kib / 1024, nil
}

// cpu is how long the process has kept processors busy, where the system tells.
func (c *storeChild) cpu() (time.Duration, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0, false
	}
	// The second field is the program's name in brackets, which may hold spaces; of those after it the 12th and 13th are what was spent in
	// the program and in the system, in hundredths of a second.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0, false
	}
	user, err1 := strconv.ParseInt(string(fields[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, err1 == nil && err2 == nil
}
