package embedded

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

func (im *importer) tombstone(e ExportedEvent) error {
	_, err := im.c.TombstoneStream(im.ctx, e.Stream, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	if err != nil && !isCode(err, esdb.ErrorCodeStreamDeleted) {
		return fmt.Errorf("import: position %d: %w", e.Position, err)
	}
	delete(im.ended, e.Stream)
	im.done++
	return nil
}

// metadata sets stream metadata. Metadata that the other server has written
// itself, because it deleted or continued the stream just as this one did, is
// recognised by what it says.
func (im *importer) metadata(e ExportedEvent) error {
	stream := describedBy(e.Stream)
	newest, err := im.newest(e.Stream)
	at, want := int64(-1), int64(e.Revision)
	if newest != nil {
		at = int64(newest.EventNumber)
	}
	if err == nil && at <= want {
		delete(im.frozen, stream) // the export has deleted it, too
	}
	switch {
	case err != nil || at > want:
	case at == want:
		if !sameJSON(newest.Data, e.Data) {
			err = fmt.Errorf("the server holds other metadata at revision %d: %w", at, errOther)
		}
	case says(newest).deleted() && parseMeta(settings(e.ContentType == contentJSON, e.Data)).deleted():
		// Deleted again, which an append would undo.
		_, err = im.c.DeleteStream(im.ctx, stream, esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	default:
		_, err = im.c.AppendToStream(im.ctx, e.Stream, after(e.Revision), importedEvent(e))
	}
	if isCode(err, esdb.ErrorCodeStreamDeleted) {
		im.endedAt(stream, e.Position)
		err = nil
	}
	if err != nil {
		return fmt.Errorf("import: metadata of stream %q, position %d: %w", stream, e.Position, err)
	}
	im.done++
	return nil
}

// newest is the newest metadata, the only one that can be read; nil for none.
func (im *importer) newest(metaStream string) (*esdb.RecordedEvent, error) {
	rs, err := im.c.ReadStream(im.ctx, metaStream, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}, 1)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	got, err := rs.Recv()
	switch {
	case errors.Is(err, io.EOF) || isCode(err, esdb.ErrorCodeResourceNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return got.OriginalEvent(), nil
}

// says reads an event of a metadata stream; none says nothing.
func says(e *esdb.RecordedEvent) streamMeta {
	if e == nil {
		return streamMeta{}
	}
	return parseMeta(settings(e.ContentType == contentJSON, e.Data))
}

func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return bytes.Equal(a, b)
	}
	return reflect.DeepEqual(x, y)
}
