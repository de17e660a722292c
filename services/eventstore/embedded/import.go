package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// Imported says what an import did.
type Imported struct {
	Events uint64          // dealt with, those included that were there already or are left out
	Groups []ImportedGroup // the persistent subscriptions of the export that the server has now
}

// Import appends an export to another server through the official client: the
// way to a cluster. Streams, revisions, ids, types, metadata, data and the order
// of events are kept; positions and created times are the other server's own,
// and so are the ids of events that a server makes itself (tombstones, and the
// metadata of a delete or of a continuation).
//
// Every append names its expected revision, so an import that broke off can be
// run again, and a later export of the same store can be imported on top of it:
// what is there already is recognised. The other server must hold none of the
// streams, or the same events as far as it has any; a stream for which that is
// not so is named by the error, and nothing is written to it. That holds for a
// stream that the server has deleted or ended as well, as long as its log still
// has the events; when they have been scavenged there, the error may come after
// the first append.
//
// Persistent subscriptions are made last, by the client's own calls, as every
// server keeps them in a form of its own; see [ImportedGroup]. What they have
// parked is imported like any stream.
func Import(ctx context.Context, c *esdb.Client, r io.Reader) (Imported, error) {
	im := newImporter(ctx, c)
	err := ReadExport(r, im.add)
	if err == nil {
		err = im.flush()
	}
	if err == nil {
		err = im.checkEnded()
	}
	done := Imported{Events: im.done}
	if err == nil {
		done.Groups, err = im.makeGroups()
	}
	return done, err
}

// An append holds at most this much, or one event, which may be as large as the
// server takes.
const (
	importEvents = 500
	importBytes  = 512 << 10
)

// importer gathers neighbours of one stream into one append.
type importer struct {
	ctx    context.Context
	c      *esdb.Client
	stream string
	first  uint64 // revision of the first event of batch
	last   uint64 // position of the last one, in the export
	batch  []esdb.EventData
	size   int
	done   uint64

	gone   map[string]*goneStream // of the server; nil until it matters
	frozen map[string]int64       // streams that the server must have up to this revision, and is not to continue
	ended  map[string]uint64      // streams that the server has ended and the export not yet, by position
	kept   map[string]*lastWord   // what the export says of persistent subscriptions, by stream
	marks  marks
}

func newImporter(ctx context.Context, c *esdb.Client) *importer {
	return &importer{ctx: ctx, c: c, frozen: map[string]int64{}, ended: map[string]uint64{}, kept: map[string]*lastWord{}}
}

func (im *importer) add(e ExportedEvent) error {
	special := e.Revision == tombstoneRevision || isMetaStream(e.Stream)
	size := len(e.Data) + len(e.Metadata) + 2*len(e.Type)
	full := len(im.batch) == importEvents || im.size+size > importBytes
	if special || full || e.Stream != im.stream {
		if err := im.flush(); err != nil {
			return err
		}
	}
	switch {
	case im.keep(e):
		im.done++
		return nil
	case e.Revision == tombstoneRevision:
		return im.tombstone(e)
	case isMetaStream(e.Stream) && e.Type == typeMetadata:
		return im.metadata(e)
	}
	if len(im.batch) == 0 {
		im.stream, im.first = e.Stream, e.Revision
	}
	im.batch, im.last = append(im.batch, importedEvent(e)), e.Position
	im.size += size
	return nil
}

func importedEvent(e ExportedEvent) esdb.EventData {
	content := esdb.ContentTypeBinary
	if e.ContentType == contentJSON {
		content = esdb.ContentTypeJson
	}
	return esdb.EventData{EventID: e.ID, EventType: e.Type, ContentType: content, Data: e.Data, Metadata: e.Metadata}
}

func after(revision uint64) esdb.AppendToStreamOptions {
	if revision == 0 {
		return esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}
	}
	return esdb.AppendToStreamOptions{ExpectedRevision: esdb.Revision(revision - 1)}
}

func (im *importer) flush() error {
	if len(im.batch) == 0 {
		return nil
	}
	err := im.write()
	if isCode(err, esdb.ErrorCodeStreamDeleted) {
		im.endedAt(im.stream, im.last) // an earlier run may have got as far as the stream's end
		err = nil
	}
	if err != nil {
		return fmt.Errorf("import: stream %q, revision %d and after: %w", im.stream, im.first, err)
	}
	im.done += uint64(len(im.batch))
	im.batch, im.size = nil, 0
	return nil
}

func (im *importer) write() error {
	if im.first == 0 {
		if err := im.look(im.stream, im.batch[0].EventID); err != nil {
			return err
		}
	}
	if last, ok := im.frozen[im.stream]; ok && int64(im.first)+int64(len(im.batch)) > last+1 {
		return fmt.Errorf("the server has deleted or ended it after revision %d and the export goes on: %w", last, errOther)
	}
	at, err := im.append(im.first, im.batch...)
	if isCode(err, esdb.ErrorCodeWrongExpectedVersion) {
		at, err = im.oneByOne()
	}
	if err == nil {
		im.marks.add(mark{im.stream, im.first, im.last + 1 - uint64(len(im.batch)), im.last, at})
	}
	return err
}

// oneByOne appends what was refused together: an import of an earlier export may
// have ended within it, and each event is then there already or the next.
func (im *importer) oneByOne() (at esdb.Position, err error) {
	for i, e := range im.batch {
		at, err = im.append(im.first+uint64(i), e)
		if isCode(err, esdb.ErrorCodeWrongExpectedVersion) {
			err = fmt.Errorf("revision %d: %w: %w", im.first+uint64(i), err, errOther)
		}
		if err != nil {
			return at, err
		}
	}
	return at, nil
}

// append gives the position of the last event.
func (im *importer) append(first uint64, events ...esdb.EventData) (at esdb.Position, err error) {
	done, err := im.c.AppendToStream(im.ctx, im.stream, after(first), events...)
	if err != nil {
		return at, err
	}
	if want := first + uint64(len(events)) - 1; done.NextExpectedVersion != want {
		return at, fmt.Errorf("the server has continued a deleted one and given it revision %d: %w", done.NextExpectedVersion, errOther)
	}
	return esdb.Position{Commit: done.CommitPosition, Prepare: done.PreparePosition}, nil
}

func isCode(err error, code esdb.ErrorCode) bool {
	var failed *esdb.Error
	return errors.As(err, &failed) && failed.Code() == code
}
