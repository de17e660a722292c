package bus

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// A stream whose storage failed once takes nothing more, however much room there is later, and its sender hears nothing. Whoever runs the server is
// told; started anew, it takes messages and still has what it acknowledged.
func TestStorageThatFailedIsTold(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.partner(police)
	subject := InSubject(police, "contact")
	if ack := p.request(subject, nats.Header{}, "first"); !strings.Contains(ack, `"seq":1`) {
		t.Fatalf("the first message is acknowledged with %s", ack)
	}
	// No new file can be made where a file is in the folder's place.
	messages := filepath.Join(w.dir, "nats", "jetstream", police, "streams", StreamIn, "msgs")
	aside := messages + "-aside"
	if err := errors.Join(os.Rename(messages, aside), os.WriteFile(messages, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	told := w.fillUntilFatal(p.Conn, subject)
	if !strings.Contains(told.Error(), StreamIn) {
		t.Errorf("told %q, want the stream named", told)
	}
	if err := errors.Join(os.Remove(messages), os.Rename(aside, messages)); err != nil {
		t.Fatal(err)
	}
	w.stop()
	w.start()
	again := w.partner(police)
	if ack := again.request(subject, nats.Header{}, "after"); !strings.Contains(ack, `"seq":`) {
		t.Errorf("started anew it answers %s, want an acknowledgement", ack)
	}
	stream, err := w.bus.links[police].js.Stream(w.ctx(), StreamIn)
	if err != nil {
		t.Fatal(err)
	}
	if first, err := stream.GetMsg(w.ctx(), 1); err != nil || string(first.Data) != "first" {
		t.Errorf("what was acknowledged is %v, %v", first, err)
	}
}

// fillUntilFatal publishes until the server tells that it cannot write.
func (w *world) fillUntilFatal(nc *nats.Conn, subject string) error {
	w.t.Helper()
	full, late := make([]byte, MaxMessage/2), time.After(patience)
	for {
		select {
		case err := <-w.fatal:
			return err
		case <-late:
			w.t.Fatal("nobody is told that storage failed")
		default:
			if err := errors.Join(nc.Publish(subject, full), nc.FlushTimeout(patience)); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}
