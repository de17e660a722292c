package embedded

import "fmt"

// expectedKind is what a writer says it knows of the stream.
type expectedKind int

const (
	expectAny expectedKind = iota
	expectNoStream
	expectExists
	expectRevision
)

// expected is the expected revision of a write; rev counts only for expectRevision.
type expected struct {
	kind expectedKind
	rev  uint64
}

// number is the form that the protocol's trailers use.
func (e expected) number() int64 {
	switch e.kind {
	case expectAny:
		return -2
	case expectNoStream:
		return -1
	case expectExists:
		return -4
	}
	return int64(e.rev)
}

// event is one proposed event.
type event struct {
	id         [16]byte
	typ        string
	json       bool
	meta, data []byte
}

// size counts an event against the append limit as EventStoreDB does.
func (e *event) size() int { return len(e.data) + len(e.meta) + 2*len(e.typ) }

type commandKind int

const (
	cmdAppend commandKind = iota
	cmdDelete
	cmdTombstone
)

// command is one request to write, on its way to the writer and back.
type command struct {
	kind     commandKind
	stream   string
	expected expected
	events   []event
	done     chan outcome // buffered: the writer never waits for a caller
}

// verdict is what became of a command.
type verdict int

const (
	written verdict = iota
	repeated
	wrongRevision
	streamDeleted
)

func (v verdict) String() string {
	switch v {
	case written:
		return "written"
	case repeated:
		return "repeated"
	case wrongRevision:
		return "wrong revision"
	case streamDeleted:
		return "stream deleted"
	}
	return fmt.Sprintf("verdict %d", int(v))
}

// outcome is the answer to a command: for written and repeated the last
// revision and position of the events concerned, for wrongRevision the stream's
// present revision. last is -1 for a stream without events, pos 0 for none.
type outcome struct {
	verdict verdict
	last    int64
	pos     uint64
}
