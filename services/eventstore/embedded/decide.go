package embedded

// streamState is what a write must know of its stream. The writer keeps it up
// to date with what it has written but not yet synced.
type streamState struct {
	last       int64  // last revision ever written, -1 for none
	lastPos    uint64 // its position, 0 for none
	tombstoned bool
	metaLast   int64 // last revision of the metadata stream, -1 for none
	metaRaw    []byte
	meta       streamMeta
}

// describedAs takes what the newest event of the metadata stream says.
func (st *streamState) describedAs(rev int64, settings []byte) {
	st.metaLast, st.metaRaw, st.meta = rev, settings, parseMeta(settings)
}

// history answers what decide asks of the log, pending writes included.
type history interface {
	// byID finds the last use of an event id in a stream. It finds nothing when
	// ids are forgotten.
	byID(id [16]byte, stream string) (rev int64, pos uint64, ok bool, err error)
	// at returns the event id and position at a revision of a stream.
	at(stream string, rev int64) (id [16]byte, pos uint64, ok bool, err error)
}

// decide says what becomes of a command. verdict written means that its events
// are to be written after st.last. The order of the questions is part of the
// contract: deleted, then existence, then repetition, then revision.
func decide(c *command, st *streamState, h history) (outcome, error) {
	if st.tombstoned {
		return refuse(streamDeleted, st), nil
	}
	if c.expected.kind == expectExists {
		if st.meta.deleted() {
			return refuse(streamDeleted, st), nil
		}
		if st.last < 0 && st.metaLast < 0 {
			return refuse(wrongRevision, st), nil
		}
	}
	switch c.expected.kind {
	case expectAny, expectExists:
		return decideByID(c, st, h)
	case expectNoStream:
		return decideByRevision(c, -1, st, h)
	}
	if c.expected.rev > tombstoneRevision {
		return refuse(wrongRevision, st), nil
	}
	return decideByRevision(c, int64(c.expected.rev), st, h)
}

// decideByID recognises a repetition by its event ids: all known means that it
// was written before, the first unknown that it is new, and anything between
// is neither and refused.
func decideByID(c *command, st *streamState, h history) (outcome, error) {
	var seen outcome
	for i := range c.events {
		rev, pos, ok, err := h.byID(c.events[i].id, c.stream)
		if err != nil {
			return outcome{}, err
		}
		if !ok {
			if i == 0 {
				break
			}
			return refuse(wrongRevision, st), nil
		}
		seen = outcome{verdict: repeated, last: rev, pos: pos}
	}
	if seen.verdict == repeated {
		return seen, nil
	}
	return outcome{verdict: written, last: st.last, pos: st.lastPos}, nil
}

// decideByRevision recognises a repetition below the current revision by the
// events that lie there: it needs no index and so holds for ever.
func decideByRevision(c *command, want int64, st *streamState, h history) (outcome, error) {
	if want == st.last {
		return outcome{verdict: written, last: st.last, pos: st.lastPos}, nil
	}
	if want > st.last {
		return refuse(wrongRevision, st), nil
	}
	seen := refuse(wrongRevision, st)
	for i := range c.events {
		rev := want + 1 + int64(i)
		id, pos, ok, err := h.at(c.stream, rev)
		if err != nil {
			return outcome{}, err
		}
		if !ok || id != c.events[i].id {
			if i == 0 && c.expected.kind == expectNoStream && st.meta.deleted() {
				return outcome{verdict: written, last: st.last, pos: st.lastPos}, nil
			}
			return refuse(wrongRevision, st), nil
		}
		seen = outcome{verdict: repeated, last: rev, pos: pos}
	}
	return seen, nil
}

func refuse(v verdict, st *streamState) outcome {
	return outcome{verdict: v, last: st.last, pos: st.lastPos}
}
