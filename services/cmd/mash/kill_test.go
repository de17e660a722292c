package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/simulation"
)

// kills is how often the hub is killed.
const kills = 10

// The hub is killed with SIGKILL at random moments of the demonstration, ten times, and goes on from what it left behind. In the end every
// receipt that any of the lives gave stands for exactly one contact and one event on record, and the record is sound.
func TestKillingTheDemoLosesNothingThatHasAReceipt(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: starts and kills a hub ten times")
	}
	dir := t.TempDir()
	receipts := filepath.Join(dir, "receipts")
	const seed = 7
	dice := rand.New(rand.NewPCG(seed, seed)) // which receipt a life ends at
	for n := range kills {
		killAfter(t, dir, receipts, 1+dice.IntN(60))
		if t.Failed() {
			t.Fatalf("life %d", n+1)
		}
	}
	out, err := demoCommand(dir, receipts).CombinedOutput()
	if err != nil {
		t.Fatalf("the last life, which is let live: %v\n%s", err, out)
	}
	checkRecord(t, filepath.Join(dir, "data", "eventstore"), readReceipts(t, receipts))
}

func demoCommand(dir, receipts string) *exec.Cmd {
	cmd := exec.Command("mash", "demo", "--once", "--volume", "150", "--data", filepath.Join(dir, "data"), "--receipts", receipts,
		"--nats-listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--metrics", "off", "--log-level", "error")
	return cmd
}

// killAfter starts a life and kills it when it has given so many receipts more.
func killAfter(t *testing.T, dir, receipts string, more int) {
	t.Helper()
	before := len(readReceipts(t, receipts))
	cmd := demoCommand(dir, receipts)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for len(readReceipts(t, receipts)) < before+more {
		select {
		case err := <-ended:
			t.Fatalf("ended by itself: %v\n%s", err, out.String())
		case <-deadline:
			_ = cmd.Process.Kill()
			<-ended
			t.Fatalf("no %d receipts within %v\n%s", more, patience, out.String())
		case <-tick.C:
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
}

// readReceipts reads what has been written so far; a last line that was cut off is none.
func readReceipts(t *testing.T, path string) []simulation.Receipt {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var all []simulation.Receipt
	for line := range bytes.Lines(data) {
		var r simulation.Receipt
		if json.Unmarshal(line, &r) == nil {
			all = append(all, r)
		}
	}
	return all
}

// checkRecord compares receipts with the record itself, read without the hub.
func checkRecord(t *testing.T, dir string, receipts []simulation.Receipt) {
	t.Helper()
	report, err := embedded.Verify(dir, embedded.VerifyOptions{})
	if err != nil || report.Bad != nil {
		t.Fatalf("verify: %v, %v", err, report.Bad)
	}
	received, ids := readRecord(t, dir)
	contacts := map[string]bool{}
	for _, r := range receipts {
		if ids[r.EventID] != 1 {
			t.Errorf("the event of a receipt of %s is on record %d times, want once", r.Agency, ids[r.EventID])
		}
		if r.Kind != "contact" {
			continue
		}
		contacts[r.ContactID] = true
		if n := received["contact-"+r.ContactID]; n != 1 {
			t.Errorf("contact %s was received %d times, want once", r.ContactID, n)
		}
	}
	if len(contacts) < 150 || len(contacts) != len(received) {
		t.Errorf("%d contacts with receipts, %d on record; want the same, at least 150", len(contacts), len(received))
	}
	t.Logf("%d receipts, %d contacts, %d events", len(receipts), len(contacts), report.Events)
}

// readRecord counts ContactReceived by stream, of what came as a message: a conversation that staff recorded has no receipt. It counts
// every event by its id.
func readRecord(t *testing.T, dir string) (received map[string]int, ids map[string]int) {
	t.Helper()
	store, err := embedded.Open(embedded.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	r, w := io.Pipe()
	go func() {
		_, err := store.Export(t.Context(), w)
		w.CloseWithError(err)
	}()
	received, ids = map[string]int{}, map[string]int{}
	err = embedded.ReadExport(bufio.NewReader(r), func(e embedded.ExportedEvent) error {
		ids[e.ID.String()]++
		if !strings.HasSuffix(e.Type, ".ContactReceived") {
			return nil
		}
		contact := &eventpb.ContactReceived{}
		if err := proto.Unmarshal(e.Data, contact); err != nil {
			return err
		}
		if contact.GetConversation() == nil {
			received[e.Stream]++
		}
		return nil
	})
	if err != nil {
		t.Fatalf("read the record: %v", err)
	}
	return received, ids
}

// SIGTERM drains and ends with 0, while messages are coming in.
func TestSIGTERMDrainsAndExitsWithZero(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("mash", "serve", "--data", filepath.Join(dir, "data"), "--nats-listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--metrics", "off")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, filepath.Join(dir, "data", "addresses.json"))
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("serve ended with %v\n%s", err, out.String())
	}
	for _, part := range []string{"intake", "grpc", "embedded event store", "nats server", "keys"} {
		if !strings.Contains(out.String(), `part="`+part+`"`) && !strings.Contains(out.String(), "part="+part) {
			t.Errorf("the log does not say that %s stopped:\n%s", part, out.String())
		}
	}
	order := []string{"stopped part=intake", `stopped part="embedded event store"`, `stopped part="nats server"`}
	last := -1
	for _, line := range order {
		at := strings.Index(out.String(), line)
		if at < last || at < 0 {
			t.Errorf("%q is out of order:\n%s", line, out.String())
		}
		last = at
	}
}

func waitFor(t *testing.T, path string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s is not there after %v", path, patience)
		}
	}
}
