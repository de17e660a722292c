package embedded

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// state is what the stream looks like after every command decided so far.
func (w *writer) state(stream string) (*streamState, error) {
	if st, ok := w.states.get(stream); ok {
		return st, nil
	}
	// A stream that is not cached has no pending events: states are put before
	// anything is written to their stream and trimmed only after a commit.
	st, err := w.probe.loadState(stream)
	if err != nil {
		return nil, err
	}
	w.states.put(stream, st)
	return st, nil
}

// put adds one event after st.last to the batch.
func (w *writer) put(stream string, st *streamState, e *event) (uint64, error) {
	r := record{
		pos: w.next, rev: uint64(st.last + 1), created: ticks(w.s.opts.Now()), id: e.id, json: e.json,
		stream: []byte(stream), typ: []byte(e.typ), meta: e.meta, data: e.data,
	}
	op := w.batch.SetDeferred(9, r.size())
	appendRecordKey(op.Key[:0], r.pos)
	r.encode(op.Value)
	if err := op.Finish(); err != nil {
		return 0, fmt.Errorf("add to batch: %w", err)
	}
	if err := w.putIndex(len(stream)+10, func(key []byte) { appendStreamKey(key, stream, r.rev) }, r.pos); err != nil {
		return 0, err
	}
	if !w.s.opts.ForgetEventIDs {
		if err := w.putIndex(25, func(key []byte) { appendEventIDKey(key, e.id, stream) }, r.pos); err != nil {
			return 0, err
		}
		w.ids[pendingID{e.id, stream}] = pendingUse{int64(r.rev), r.pos}
	}
	w.touched[stream] = struct{}{}
	w.next++
	st.last, st.lastPos = int64(r.rev), r.pos
	return r.pos, nil
}

func (w *writer) putIndex(keyLen int, fill func([]byte), pos uint64) error {
	op := w.batch.SetDeferred(keyLen, 8)
	fill(op.Key[:0])
	binary.BigEndian.PutUint64(op.Value, pos)
	if err := op.Finish(); err != nil {
		return fmt.Errorf("add to batch: %w", err)
	}
	return nil
}

// commit sends what was gathered to the disk. A group that writes nothing is
// answered at once: what it rests on has been synced.
func (w *writer) commit() error {
	if err := w.probe.end(); err != nil {
		return fmt.Errorf("let go of the index: %w", err)
	}
	g := w.syncGroup
	w.lastGroup = len(g.answers)
	if g.batch.Empty() {
		w.states.trim()
		w.answer(g)
		return nil
	}
	g.last, g.begun = w.next-1, time.Now()
	if err := w.db.ApplyNoSyncWait(g.batch, pebble.Sync); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	// From here on reads of the index find what the group wrote.
	clear(w.ids)
	w.states.trim()
	w.syncGroup, w.syncing, w.idle = w.idle, g, nil
	w.toSync <- g
	return nil
}

// waitForSyncs tells the writer of each group that it is on disk. A group whose
// sync was ended by a fatal fault never is.
func (w *writer) waitForSyncs() {
	for g := range w.toSync {
		g.err = g.batch.SyncWait()
		w.synced <- g
	}
}

// acknowledge publishes a synced group to readers and answers, and only then
// sends what was gathered meanwhile on its way: the disk waits for a few
// microseconds, where the callers would wait until the next group is in memory.
func (w *writer) acknowledge(g *syncGroup) error {
	if g.err != nil {
		return fmt.Errorf("commit: %w", g.err)
	}
	w.syncing = nil
	w.s.metrics.observeSync(time.Since(g.begun), g.last-w.s.committed.Load())
	w.s.publish(g.last, g.touched)
	w.answer(g)
	clear(g.touched)
	if err := w.empty(g); err != nil {
		return err
	}
	w.idle = g
	if len(w.answers) > 0 {
		return w.commit()
	}
	return nil
}

func (w *writer) answer(g *syncGroup) {
	w.s.metrics.commands.Add(uint64(len(g.answers)))
	for i := range g.answers {
		g.answers[i].c.done <- g.answers[i].out
		g.answers[i] = answer{}
	}
	g.answers = g.answers[:0]
}

// empty makes a group's batch ready to be used again. One that grew large is
// given back, not kept.
func (w *writer) empty(g *syncGroup) error {
	if g.batch.Len() <= maxBatchBytes/4 {
		g.batch.Reset()
		return nil
	}
	if err := g.batch.Close(); err != nil {
		return fmt.Errorf("close batch: %w", err)
	}
	g.batch = w.db.NewBatch()
	return nil
}

// settle commits and answers everything so far.
func (w *writer) settle() error {
	for w.syncing != nil || len(w.answers) > 0 {
		if w.syncing == nil {
			if err := w.commit(); err != nil {
				return err
			}
			continue
		}
		select {
		case g := <-w.synced:
			if err := w.acknowledge(g); err != nil {
				return err
			}
		case <-w.s.dead:
			return w.s.failed()
		}
	}
	return nil
}

// byID implements history.
func (w *writer) byID(id [16]byte, stream string) (int64, uint64, bool, error) {
	if w.s.opts.ForgetEventIDs {
		return 0, 0, false, nil
	}
	if use, ok := w.ids[pendingID{id, stream}]; ok {
		return use.rev, use.pos, true, nil
	}
	pos, ok, err := w.probe.eventID(id, stream)
	if err != nil || !ok {
		return 0, 0, false, err
	}
	r, err := getRecord(w.db, pos)
	if err != nil || string(r.stream) != stream {
		return 0, 0, false, err
	}
	return int64(r.rev), pos, true, nil
}

// at implements history. It reads the log, so pending events of the stream are
// settled first; that is rare, as it takes a late or repeated write to a
// stream that was written a moment ago.
func (w *writer) at(stream string, rev int64) ([16]byte, uint64, bool, error) {
	if _, pending := w.touched[stream]; pending {
		if err := w.settle(); err != nil {
			return [16]byte{}, 0, false, err
		}
	}
	pos, ok, err := w.probe.revision(stream, uint64(rev))
	if err != nil || !ok {
		return [16]byte{}, 0, false, err
	}
	r, err := getRecord(w.db, pos)
	if err != nil {
		return [16]byte{}, 0, false, err
	}
	if err := r.isAt(stream, rev); err != nil {
		return [16]byte{}, 0, false, err
	}
	return r.id, pos, true, nil
}
