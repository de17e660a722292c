package embedded

import (
	"encoding/json"
	"fmt"
	"runtime"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"
)

const (
	maxBatchCommands = 2000
	maxBatchBytes    = 8 << 20
)

// writer is the one goroutine that writes. It takes what waits in the queue,
// decides each command against the state that the ones before it leave, commits
// them all with one sync and only then answers, in the order of the queue. So a
// slow disk is shared by everybody who waits for it, and no answer ever speaks
// of something that could still be lost: not even "repeated" or "wrong revision",
// which may rest on an event of the same batch.
//
// While one group is being synced the next is gathered and decided, and it
// follows as soon as the first has been answered. There is never more than one
// sync under way: more would be smaller, and cost more.
type writer struct {
	s          *Store
	db         *pebble.DB
	*syncGroup // being gathered
	// syncing has been applied and is on its way to the disk, nil when none is.
	syncing *syncGroup
	// idle is the other group while none is on its way.
	idle           *syncGroup
	toSync, synced chan *syncGroup
	next           uint64 // position of the next record
	states         states
	probe          probe
	ids            map[pendingID]pendingUse // of what is being gathered
	// lastGroup is how many commands shared the last commit.
	lastGroup int
}

// syncGroup is a number of commands that share a sync.
type syncGroup struct {
	batch *pebble.Batch
	// answers wait for the sync; touched are the streams with pending events.
	answers []answer
	touched map[string]struct{}
	last    uint64 // position of the last record, once it is committed
	begun   time.Time
	err     error
}

type answer struct {
	c   *command
	out outcome
}

type pendingID struct {
	id     [16]byte
	stream string
}

type pendingUse struct {
	rev int64
	pos uint64
}

func newWriter(s *Store, last uint64) *writer {
	w := &writer{
		s: s, db: s.db, toSync: make(chan *syncGroup, 1), synced: make(chan *syncGroup, 1), next: last + 1,
		states: newStates(s.opts.maxStates), probe: probe{db: s.db}, ids: map[pendingID]pendingUse{},
	}
	w.syncGroup, w.idle = w.newGroup(), w.newGroup()
	return w
}

func (w *writer) newGroup() *syncGroup {
	return &syncGroup{batch: w.db.NewBatch(), touched: map[string]struct{}{}}
}

// run writes until the queue is closed and empty, or storage fails.
func (w *writer) run() {
	defer close(w.s.writerDone)
	go w.waitForSyncs()
	defer close(w.toSync)
	if err := w.write(); err != nil {
		w.s.fail(err)
	}
}

func (w *writer) write() error {
	idle := time.NewTimer(headIdle)
	defer idle.Stop()
	moved := time.Now()
	for {
		queue := w.s.queue
		if w.full() {
			queue = nil
		}
		headDue := false
		var err error
		select {
		case c, open := <-queue:
			if !open {
				return w.settle()
			}
			err = w.gather(c)
		case g := <-w.synced:
			err = w.acknowledge(g)
			idle.Reset(headIdle)
			headDue = time.Since(moved) >= headBusy
		case <-idle.C:
			headDue = true
		case <-w.s.dead:
			return nil
		}
		if err == nil && headDue {
			moved = time.Now()
			err = w.advanceHead()
		}
		if err != nil {
			return err
		}
	}
}

func (w *writer) advanceHead() error {
	at := w.s.committed.Load()
	if err := w.s.head.advance(at); err != nil {
		return err
	}
	w.s.metrics.heads.Store(at)
	return nil
}

func (w *writer) full() bool {
	return len(w.answers) >= maxBatchCommands || w.batch.Len() >= maxBatchBytes
}

// gather takes first and whatever else waits already, and commits it if the disk
// is free.
func (w *writer) gather(first *command) error {
	if err := w.handle(first); err != nil {
		return err
	}
	for more := true; more && !w.full(); {
		select {
		case c, open := <-w.s.queue:
			if !open {
				return w.settle()
			}
			if err := w.handle(c); err != nil {
				return err
			}
		default:
			more = w.syncing == nil && w.linger()
		}
	}
	if w.syncing != nil {
		return nil
	}
	return w.commit()
}

// lingerTime is how long the writer lets others run before it commits. A sync
// costs several times as much of the processor alone.
const lingerTime = 15 * time.Microsecond

// linger reports whether another command has come. Appends arrive in bursts, as
// the answers to a group release its callers at once, and the first of a burst
// wakes the writer: without lingering it would sync that one alone while the
// others are still being read. A caller who is alone is not kept waiting.
func (w *writer) linger() bool {
	if w.lastGroup < 2 {
		return false
	}
	for begun := time.Now(); len(w.s.queue) == 0; {
		if time.Since(begun) > lingerTime {
			return false
		}
		runtime.Gosched()
	}
	return true
}

// handle decides one command and adds what it writes to the batch.
func (w *writer) handle(c *command) error {
	st, err := w.state(c.stream)
	if err != nil {
		return err
	}
	out, err := decide(c, st, w)
	if err != nil {
		return fmt.Errorf("decide: %w", err)
	}
	if out.verdict == written {
		switch c.kind {
		case cmdAppend:
			out, err = w.append(c, st)
		case cmdDelete:
			out, err = w.softDelete(c, st)
		case cmdTombstone:
			out, err = w.tombstone(c, st)
		}
		if err != nil {
			return err
		}
	}
	w.answers = append(w.answers, answer{c, out})
	return nil
}

// append writes the events of an append. The first event after a soft delete
// also moves $tb, so that the stream begins there; so does new metadata.
func (w *writer) append(c *command, st *streamState) (outcome, error) {
	out := outcome{verdict: written, last: st.last, pos: st.lastPos}
	if len(c.events) == 0 {
		return out, nil
	}
	undelete := st.meta.deleted()
	first := st.last + 1
	for i := range c.events {
		pos, err := w.put(c.stream, st, &c.events[i])
		if err != nil {
			return out, err
		}
		out.last, out.pos = st.last, pos
	}
	if undelete {
		return out, w.continueStream(c.stream, st, first)
	}
	if isMetaStream(c.stream) {
		newest := &c.events[len(c.events)-1]
		return out, w.metadataChanged(c.stream, settings(newest.json, newest.data))
	}
	return out, nil
}

// metadataChanged keeps the state of the described stream in step. Metadata
// written for a soft-deleted stream brings it back, as in EventStoreDB.
func (w *writer) metadataChanged(metaStream string, settings []byte) error {
	stream := describedBy(metaStream)
	if stream == "" || isMetaStream(stream) {
		return nil
	}
	// The state may be loaded only now, so what it was before is asked first.
	st, err := w.state(stream)
	if err != nil {
		return err
	}
	wasDeleted := st.meta.deleted()
	meta, err := w.state(metaStream)
	if err != nil {
		return err
	}
	st.describedAs(meta.last, settings)
	if wasDeleted {
		return w.continueStream(stream, st, st.last+1)
	}
	return nil
}

// continueStream ends a soft delete: the stream becomes visible from rev on.
func (w *writer) continueStream(stream string, st *streamState, rev int64) error {
	data, ok := continueFrom(st.metaRaw, rev)
	if !ok {
		return nil
	}
	return w.putMetadata(stream, st, data)
}

func (w *writer) putMetadata(stream string, st *streamState, data []byte) error {
	meta, err := w.state(metaStreamOf(stream))
	if err != nil {
		return err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("make an event id: %w", err)
	}
	if _, err := w.put(metaStreamOf(stream), meta, &event{id: id, typ: typeMetadata, json: true, data: data}); err != nil {
		return err
	}
	if !isMetaStream(stream) { // metadata of metadata is kept and means nothing
		st.describedAs(meta.last, data)
	}
	return nil
}

// softDelete hides a stream by its metadata. A stream of which nothing was ever
// written has nothing to delete.
func (w *writer) softDelete(c *command, st *streamState) (outcome, error) {
	if st.last < 0 && st.metaLast < 0 {
		return refuse(wrongRevision, st), nil
	}
	data, err := json.Marshal(map[string]int64{"$tb": softDeleted})
	if err != nil {
		return outcome{}, fmt.Errorf("encode metadata: %w", err)
	}
	pos := w.next
	if err := w.putMetadata(c.stream, st, data); err != nil {
		return outcome{}, err
	}
	return outcome{verdict: written, last: st.last, pos: pos}, nil
}

// tombstone ends a stream for good.
func (w *writer) tombstone(c *command, st *streamState) (outcome, error) {
	last, lastPos := st.last, st.lastPos
	st.last = tombstoneRevision - 1
	pos, err := w.put(c.stream, st, &c.events[0])
	st.last, st.lastPos, st.tombstoned = last, lastPos, true
	return outcome{verdict: written, last: last, pos: pos}, err
}
