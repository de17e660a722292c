package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the binary of this test a mash as well, so that scripts and the kill test run the real command.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mash": main})
}

// patience bounds every wait. It is long, as machines are slow at times; nothing waits for it to pass.
const patience = 5 * time.Minute

// The scripts are what a user types and what must come of it: testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"waitfile": waitFile,
			"capture":  capture,
			"fill":     fill,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("MASH_DATA", env.WorkDir+"/data")
			for name, ago := range map[string]time.Duration{"YESTERDAY": 24 * time.Hour, "TODAY": time.Minute, "TOMORROW": -24 * time.Hour} {
				env.Setenv(name, time.Now().Add(-ago).UTC().Format(time.RFC3339))
			}
			return nil
		},
	})
}

// waitFile waits until a file is there and holds something.
func waitFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfile FILE")
	}
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if info, err := os.Stat(ts.MkAbs(args[0])); err == nil && info.Size() > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("%s is not there after %v", args[0], patience)
		}
	}
}

// capture puts the value of a JSON field of the last command's output into a variable: capture VAR FIELD.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture VAR FIELD")
	}
	out := ts.ReadFile("stdout")
	_, rest, ok := strings.Cut(out, `"`+args[1]+`"`)
	if !ok {
		ts.Fatalf("no field %s in %s", args[1], out)
	}
	parts := strings.SplitN(rest, `"`, 3)
	if len(parts) < 3 {
		ts.Fatalf("field %s is no string in %s", args[1], out)
	}
	ts.Setenv(args[0], parts[1])
}

// fill puts the values of variables into a file: fill FILE.
func fill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fill FILE")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}
