package embedded

import (
	"context"
	"time"
)

// sink takes what a cursor reads.
type sink interface {
	event(f *eventFrame)
	checkpoint(pos uint64)
	full() bool
}

// A chunk is what one look at the log yields: encoded messages, in order. The
// log is read into a chunk and let go before anything is sent, so a reader that
// never reads its socket holds one chunk and nothing of Pebble's, and a thousand
// subscriptions that wait hold nothing at all.
type chunk struct {
	arena []byte
	ends  []int
	hint  int // size of the last arena, so that a long read allocates once a chunk
}

const (
	chunkBytes  = 128 << 10
	chunkFrames = 512
	// chunkScan bounds the records looked at, most of which a filter may drop.
	chunkScan = 8192
	// chunkTime bounds the same where an expression takes its time with each: the
	// caller is asked about between chunks only.
	chunkTime = 100 * time.Millisecond
)

func (c *chunk) full() bool { return len(c.arena) >= chunkBytes || len(c.ends) >= chunkFrames }

// reset begins a new chunk. Its memory is new each time: gRPC keeps what was
// handed to it until it has been written to the socket.
func (c *chunk) reset() {
	c.hint = max(len(c.arena), 4<<10)
	c.arena, c.ends = nil, c.ends[:0]
}

// event adds one event.
func (c *chunk) event(f *eventFrame) {
	if c.arena == nil {
		c.arena = make([]byte, 0, c.hint+c.hint/4)
	}
	c.arena = f.append(c.arena)
	c.ends = append(c.ends, len(c.arena))
}

func (c *chunk) checkpoint(pos uint64) {
	c.arena = appendCheckpoint(c.arena, pos)
	c.ends = append(c.ends, len(c.arena))
}

// sender is the half of a gRPC stream that a reader needs.
type sender interface {
	Context() context.Context
	SendMsg(m any) error
}

// send hands every message to gRPC, which blocks when the reader is slow.
func (c *chunk) send(to sender) error {
	from := 0
	for _, end := range c.ends {
		if err := to.SendMsg(frame(c.arena[from:end:end])); err != nil {
			return err
		}
		from = end
	}
	return nil
}
