package queryapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"

	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/services/rpc"
)

const usualPage, mostRows = 50, 500

// A listing is a request for one page of a list.
type listing interface {
	proto.Message
	GetPageToken() string
	GetNotBefore() string
}

// pageAfter gives the cursor that the page asked for follows, nil for the first page, once the read model shows what the caller wants to see.
func pageAfter[C any](ctx context.Context, c Config, model *projections.Progress, req listing, decode func([]byte) (*C, bool)) (after *C, err error) {
	raw, err := rpc.PageCursor(req, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	if raw != nil {
		b, ok := openCursor(raw)
		if ok {
			after, ok = decode(b)
		}
		if !ok {
			return nil, rpc.BadPageToken()
		}
	}
	if _, err := c.await(ctx, model, req.GetNotBefore(), "not_before"); err != nil {
		return nil, c.failed(ctx, err)
	}
	return after, nil
}

// pageToken is the token of the page that follows the cursor, empty where there is none.
func pageToken[C any](req listing, next *C, encode func(C) []byte) string {
	if next == nil {
		return ""
	}
	return rpc.PageToken(req, sealCursor(encode(*next)))
}

// encodePlace gives the bytes of a place in an order by time and id.
func encodePlace(at int64, id string) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(at)), id...)
}

// decodePlace is its inverse; false: these are not such bytes.
func decodePlace(b []byte) (at int64, id string, ok bool) {
	if len(b) <= 8 {
		return 0, "", false
	}
	return int64(binary.BigEndian.Uint64(b)), string(b[8:]), true
}

const checksum = 8

// sealCursor adds a checksum: a token that was changed on its way must not lead to another page.
func sealCursor(b []byte) []byte {
	sum := sha256.Sum256(b)
	return append(b, sum[:checksum]...)
}

// openCursor takes it off; false: it does not fit.
func openCursor(raw []byte) ([]byte, bool) {
	if len(raw) < checksum {
		return nil, false
	}
	b := raw[:len(raw)-checksum]
	sum := sha256.Sum256(b)
	return b, bytes.Equal(raw[len(b):], sum[:checksum])
}
