package embedded

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"
)

// ExportedEvent is one line of an export: the whole of an event in a form that
// needs neither this program nor Pebble to be read.
type ExportedEvent struct {
	Position    uint64    `json:"position"`
	Stream      string    `json:"stream"`
	Revision    uint64    `json:"revision"`
	ID          uuid.UUID `json:"id"`
	Type        string    `json:"type"`
	ContentType string    `json:"contentType"`
	Created     time.Time `json:"created"`            // UTC, to 100 ns
	Metadata    []byte    `json:"metadata,omitempty"` // base64
	Data        []byte    `json:"data,omitempty"`     // base64
	// Chain is the hex SHA-256 of the chain before (32 zero bytes at first)
	// followed by this line's JSON without its chain. Two exports of one log have
	// the same chain at the same position; a line changed, lost or added breaks it.
	Chain string `json:"chain,omitempty"`
}

// link computes the chain of a line that comes after prev.
func (e ExportedEvent) link(prev [sha256.Size]byte) ([sha256.Size]byte, error) {
	e.Chain = ""
	body, err := json.Marshal(e)
	if err != nil {
		return prev, fmt.Errorf("event store: encode position %d: %w", e.Position, err)
	}
	return sha256.Sum256(append(prev[:], body...)), nil
}

func exported(r *record) ExportedEvent {
	return ExportedEvent{
		Position: r.pos, Stream: string(r.stream), Revision: r.rev, ID: r.id, Type: string(r.typ),
		ContentType: contentType(r), Created: time.Unix(0, 0).Add(time.Duration(r.created) * 100).UTC(),
		Metadata: r.meta, Data: r.data,
	}
}

// Export writes every event up to now to w, one JSON object a line, in the order
// of the log, system events included. It returns how many.
func (s *Store) Export(ctx context.Context, w io.Writer) (n uint64, err error) {
	leave, err := s.enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	upTo := s.committed.Load()
	it, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{kindRecord}, UpperBound: appendRecordKey(nil, upTo+1),
	})
	if err != nil {
		return 0, s.broken(err)
	}
	defer func() { err = s.closeIter(it, err) }()
	out := bufio.NewWriterSize(w, 1<<16)
	var chain [sha256.Size]byte
	valid := it.First()
	for ; n < upTo; n++ {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if !valid {
			return n, s.broken(missing(it, n+1))
		}
		r, err := recordUnder(it, n+1)
		if err != nil {
			return n, s.broken(err)
		}
		if chain, err = writeLine(out, exported(&r), chain); err != nil {
			return n, err
		}
		valid = it.Next()
	}
	return n, out.Flush()
}

func writeLine(w *bufio.Writer, e ExportedEvent, prev [sha256.Size]byte) ([sha256.Size]byte, error) {
	chain, err := e.link(prev)
	if err != nil {
		return prev, err
	}
	e.Chain = hex.EncodeToString(chain[:])
	line, err := json.Marshal(e)
	if err != nil {
		return prev, fmt.Errorf("event store: encode position %d: %w", e.Position, err)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return prev, fmt.Errorf("event store: write export: %w", err)
	}
	return chain, nil
}

// ReadExport calls each with every event of an export, in order. It stops with an
// error at the first line that is malformed, out of order, or not what its chain
// says. It cannot know of lines cut off at the end: compare the last position.
func ReadExport(r io.Reader, each func(ExportedEvent) error) error {
	dec := json.NewDecoder(r)
	var chain [sha256.Size]byte
	for want := uint64(1); ; want++ {
		var e ExportedEvent
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("event store: export, position %d: %w", want, err)
		}
		if e.Position != want {
			return fmt.Errorf("event store: export, position %d: the line says %d", want, e.Position)
		}
		next, err := e.link(chain)
		if err != nil {
			return err
		}
		if e.Chain != hex.EncodeToString(next[:]) {
			return fmt.Errorf("event store: export, position %d: the line is not what was exported", want)
		}
		chain = next
		if err := each(e); err != nil {
			return err
		}
	}
}
