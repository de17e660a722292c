package embedded

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// Import appends an export to another server through the official client: the
// way to a cluster. Streams, revisions, ids, types, metadata, data and the order
// of events are kept; positions and created times are the other server's own,
// and so are the ids of events that a server makes itself (tombstones, and the
// metadata of a delete or of a continuation).
//
// Every append names its expected revision, so an import that broke off can be
// run again, and a later export of the same store can be imported on top of it:
// what is there already is recognised. The other server must hold none of the
// streams, or the same events as far as it has any.
//
// It returns how many events were dealt with.
func Import(ctx context.Context, c *esdb.Client, r io.Reader) (uint64, error) {
	im := importer{ctx: ctx, c: c}
	if err := ReadExport(r, im.add); err != nil {
		return im.done, err
	}
	return im.done, im.flush()
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
	first  uint64
	batch  []esdb.EventData
	size   int
	done   uint64
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
	case e.Revision == tombstoneRevision:
		return im.tombstone(e)
	case isMetaStream(e.Stream) && e.Type == typeMetadata:
		return im.metadata(e)
	}
	if len(im.batch) == 0 {
		im.stream, im.first = e.Stream, e.Revision
	}
	im.batch = append(im.batch, importedEvent(e))
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
	_, err := im.c.AppendToStream(im.ctx, im.stream, after(im.first), im.batch...)
	if isCode(err, esdb.ErrorCodeWrongExpectedVersion) {
		err = im.oneByOne()
	}
	if isCode(err, esdb.ErrorCodeStreamDeleted) {
		err = nil // an earlier run got as far as the stream's end
	}
	if err != nil {
		return fmt.Errorf("import: revision %d and after of a stream: %w", im.first, err)
	}
	im.done += uint64(len(im.batch))
	im.batch, im.size = nil, 0
	return nil
}

// oneByOne appends what was refused together: an import of an earlier export may
// have ended within it, and each event is then there already or the next.
func (im *importer) oneByOne() error {
	for i, e := range im.batch {
		if _, err := im.c.AppendToStream(im.ctx, im.stream, after(im.first+uint64(i)), e); err != nil {
			return err
		}
	}
	return nil
}

func (im *importer) tombstone(e ExportedEvent) error {
	_, err := im.c.TombstoneStream(im.ctx, e.Stream, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	if err != nil && !isCode(err, esdb.ErrorCodeStreamDeleted) {
		return fmt.Errorf("import: position %d: %w", e.Position, err)
	}
	im.done++
	return nil
}

func isCode(err error, code esdb.ErrorCode) bool {
	var failed *esdb.Error
	return errors.As(err, &failed) && failed.Code() == code
}

// metadata sets stream metadata. Metadata that the other server has written
// itself, because it deleted or continued the stream just as this one did, is
// recognised by what it says.
func (im *importer) metadata(e ExportedEvent) error {
	at, newest, err := im.newest(e.Stream)
	switch want := int64(e.Revision); {
	case isCode(err, esdb.ErrorCodeStreamDeleted): // an earlier run got as far as the stream's end
		err = nil
	case err != nil || at > want:
	case at == want:
		if !sameJSON(newest, e.Data) {
			err = fmt.Errorf("the server holds other metadata at revision %d", at)
		}
	case parseMeta(newest).deleted() && parseMeta(settings(e.ContentType == contentJSON, e.Data)).deleted():
		// Deleted again, which an append would undo.
		_, err = im.c.DeleteStream(im.ctx, describedBy(e.Stream), esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	default:
		_, err = im.c.AppendToStream(im.ctx, e.Stream, after(e.Revision), importedEvent(e))
	}
	if err != nil {
		return fmt.Errorf("import: position %d: %w", e.Position, err)
	}
	im.done++
	return nil
}

// newest is the newest metadata, the only one that can be read, and its revision,
// -1 for none.
func (im *importer) newest(metaStream string) (revision int64, data []byte, err error) {
	rs, err := im.c.ReadStream(im.ctx, metaStream, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}, 1)
	if err != nil {
		return -1, nil, err
	}
	defer rs.Close()
	got, err := rs.Recv()
	switch {
	case errors.Is(err, io.EOF) || isCode(err, esdb.ErrorCodeResourceNotFound):
		return -1, nil, nil
	case err != nil:
		return -1, nil, err
	}
	return int64(got.OriginalEvent().EventNumber), got.OriginalEvent().Data, nil
}

func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return bytes.Equal(a, b)
	}
	return reflect.DeepEqual(x, y)
}
