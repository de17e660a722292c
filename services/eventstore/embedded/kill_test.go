package embedded

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

const childVariable = "MASH_TEST_STORE_DIR"

// TestMain is the store's process when this binary is started as a child.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		if err := serveChild(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func serveChild(dir string) error {
	s, err := Open(Options{Dir: dir, Logger: slog.New(slog.DiscardHandler), memTableSize: 256 << 10})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return s.Serve(l)
}

// Kill -9 under load, again and again on the same store: every append that was
// answered is there once, after each of them.
func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 5
	}
	dir := t.TempDir()
	acked := map[uuid.UUID]bool{}
	for round := range rounds {
		for id := range killRound(t, dir, 20+13*(round%40)) {
			acked[id] = true
		}
		report, err := Verify(dir, VerifyOptions{})
		if err != nil || report.Bad != nil {
			t.Fatalf("round %d: verify: %+v, %v", round, report, err)
		}
	}
	s := startStore(t, Options{Dir: dir})
	found := map[uuid.UUID]int{}
	for pos := uint64(1); pos <= s.store.Position(); pos++ {
		r, err := getRecord(s.store.db, pos)
		if err != nil {
			t.Fatal(err)
		}
		found[r.id]++
	}
	for id := range acked {
		if found[id] != 1 {
			t.Fatalf("an acknowledged event is there %d times", found[id])
		}
	}
	for _, n := range found {
		if n != 1 {
			t.Fatalf("an event is there %d times", n)
		}
	}
	t.Logf("%d rounds, %d events acknowledged, %d in the log", rounds, len(acked), len(found))
}

// startChild starts the process and returns the address it serves.
func startChild(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the store did not start: %v", err)
	}
	return child, strings.TrimSpace(address)
}

// killRound appends from several callers and kills the process once some hundred
// appends were answered. It returns the ids of the events that were.
func killRound(t *testing.T, dir string, after int) map[uuid.UUID]bool {
	t.Helper()
	child, address := startChild(t, dir)
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	c := clientOf(t, "esdb://"+address+"?tls=false&maxDiscoverAttempts=1")
	answers := make(chan []esdb.EventData, 100_000)
	var callers sync.WaitGroup
	for w := range 8 {
		callers.Go(func() {
			for ctx.Err() == nil {
				data := sampleEvents(1 + w%3)
				if _, err := c.AppendToStream(ctx, fmt.Sprintf("s-%d", w), esdb.AppendToStreamOptions{}, data...); err != nil {
					return
				}
				answers <- data
			}
		})
	}
	acked := map[uuid.UUID]bool{}
	note := func(data []esdb.EventData) {
		for _, e := range data {
			acked[e.EventID] = true
		}
	}
	for range after {
		select {
		case data := <-answers:
			note(data)
		case <-ctx.Done():
			t.Fatal("the store answers too slowly")
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // says that it was killed
	stop()
	waitAtMost(&callers, 2*time.Second)
	for len(answers) > 0 {
		note(<-answers)
	}
	return acked
}

// waitAtMost waits for callers that the client may leave stuck after an outage;
// those have got no answer that could count.
func waitAtMost(callers *sync.WaitGroup, d time.Duration) {
	done := make(chan struct{})
	go func() { callers.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(d):
	}
}
