package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

// A server takes the first event of a stream also when it has deleted a stream of
// that name, and numbers it after what was deleted: it would be another stream
// than the exported one. So an import looks before it begins a stream, and tells
// an import of its own by the ids in the server's log, which is the only place
// where a deleted stream can still be read.

// errOther is why a stream is left alone, and what to do.
var errOther = errors.New("that is not the exported stream: import into a server that has never had it")

// goneStream is a stream that a server has deleted or ended.
type goneStream struct {
	first uuid.UUID // of its lowest event in the log
	last  int64     // highest revision, -1 when the log has none of its events
}

// look refuses to begin a stream that the server has deleted or ended, unless it
// is the same stream. It costs a read for every stream that is imported.
func (im *importer) look(stream string, first uuid.UUID) error {
	if isMetaStream(stream) {
		return nil // cannot be deleted
	}
	newest, err := im.newest(metaStreamOf(stream))
	if ended := isCode(err, esdb.ErrorCodeStreamDeleted); err != nil && !ended {
		return err
	} else if !ended && !says(newest).deleted() {
		return nil
	}
	if im.gone[stream] == nil { // not looked for, or deleted since
		if err := im.findGone(); err != nil {
			return err
		}
	}
	g := im.gone[stream]
	if g == nil || g.last < 0 {
		return nil // deleted before it had an event, or scavenged: append looks where it got to
	}
	if g.first != first {
		return fmt.Errorf("the server has deleted or ended one of that name that holds other events: %w", errOther)
	}
	im.frozen[stream] = g.last
	return nil
}

// findGone reads the whole of the server's log, backwards: what deletes a stream
// comes before its events then, and only of such streams is more remembered than
// that they have metadata.
func (im *importer) findGone() error {
	all, err := im.c.ReadAll(im.ctx, esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.End{}}, math.MaxInt64)
	if err != nil {
		return fmt.Errorf("find deleted streams: %w", err)
	}
	defer all.Close()
	im.gone = map[string]*goneStream{}
	described := map[string]bool{} // by newer metadata
	for {
		got, err := all.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find deleted streams: %w", err)
		}
		e := got.OriginalEvent()
		stream, deleted := e.StreamID, e.EventNumber == tombstoneRevision
		if isMetaStream(stream) {
			stream = describedBy(stream)
			deleted = !described[stream] && says(e).deleted()
			described[stream] = true
		} else if g := im.gone[stream]; g != nil {
			g.first, g.last = e.EventID, max(g.last, int64(e.EventNumber))
		}
		if deleted && im.gone[stream] == nil {
			im.gone[stream] = &goneStream{last: -1}
		}
	}
}

// endedAt notes that the server has ended a stream of which the export has an
// event. That is right when the export ends it as well, further on.
func (im *importer) endedAt(stream string, position uint64) {
	if _, ok := im.ended[stream]; !ok {
		im.ended[stream] = position
	}
}

// checkEnded names a stream that was left alone because the server has ended it
// and the export has not: the first one, and how many there are.
func (im *importer) checkEnded() error {
	if len(im.ended) == 0 {
		return nil
	}
	var names []string
	for name := range im.ended {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(im.ended[a], im.ended[b]) })
	return fmt.Errorf("import: stream %q, one of %d, position %d: the server has ended it and the export has not: %w",
		names[0], len(names), im.ended[names[0]], errOther)
}
