package embedded

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Types and names that the protocol reserves.
const (
	typeMetadata  = "$metadata"
	typeTombstone = "$streamDeleted"
	typeLink      = "$>"
	metaPrefix    = "$$"
)

// softDeleted is the $tb that hides a stream as if it had never been.
const softDeleted = math.MaxInt64

func isMetaStream(stream string) bool { return strings.HasPrefix(stream, metaPrefix) }

func metaStreamOf(stream string) string { return metaPrefix + stream }

// describedBy is the stream that a metadata stream describes.
func describedBy(metaStream string) string { return metaStream[len(metaPrefix):] }

// streamMeta is what a stream's metadata says about which events are visible.
// A setting of zero or less hides nothing.
type streamMeta struct {
	truncateBefore int64
	maxCount       int64
	maxAge         time.Duration
}

// metaOfMetaStream is fixed: only the newest metadata of a stream is visible,
// as in EventStoreDB.
var metaOfMetaStream = streamMeta{maxCount: 1}

func (m streamMeta) deleted() bool { return m.truncateBefore == softDeleted }

// settings are what counts of an event of a metadata stream: as in EventStoreDB,
// nothing of one that is not JSON, whatever it looks like.
func settings(isJSON bool, data []byte) []byte {
	if !isJSON {
		return nil
	}
	return data
}

// parseMeta reads the three settings that matter here. Metadata is the user's text,
// and what is wrong with it is treated as in EventStoreDB: a number below a setting's
// range ($maxCount and $maxAge begin at 1, $tb at 0) leaves out that setting alone;
// anything that is not a whole number of 64 bits leaves out the metadata as a whole.
// $acl, a mistake in which EventStoreDB answers likewise, is not looked at.
func parseMeta(data []byte) streamMeta {
	var raw map[string]json.RawMessage // a struct's fields would match in any case
	if json.Unmarshal(data, &raw) != nil {
		return streamMeta{}
	}
	numbers := map[string]int64{}
	for _, name := range []string{"$tb", "$maxCount", "$maxAge", "$cacheControl"} {
		text, set := raw[name]
		if !set {
			continue
		}
		n, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return streamMeta{}
		}
		numbers[name] = n
	}
	m := streamMeta{truncateBefore: numbers["$tb"], maxCount: numbers["$maxCount"]}
	if seconds := numbers["$maxAge"]; 0 < seconds && seconds <= math.MaxInt64/int64(time.Second) {
		m.maxAge = time.Duration(seconds) * time.Second
	}
	return m
}

// continueFrom rewrites the metadata of a soft-deleted stream so that it begins
// at rev, keeping every other setting. It reports false for metadata that is
// not a JSON object, which is then left alone.
func continueFrom(meta []byte, rev int64) ([]byte, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(meta, &fields) != nil || fields == nil {
		return nil, false
	}
	tb, err := json.Marshal(rev)
	if err != nil {
		return nil, false
	}
	fields["$tb"] = tb
	out, err := json.Marshal(fields)
	return out, err == nil
}

// visibleFrom is the lowest revision that can be read of a stream whose last
// event ever written is last.
func (m streamMeta) visibleFrom(last int64) int64 {
	low := m.truncateBefore
	if m.maxCount > 0 {
		low = max(low, last-m.maxCount+1)
	}
	return max(low, 0)
}

// expired reports whether $maxAge hides an event created at the given ticks.
func (m streamMeta) expired(created int64, now time.Time) bool {
	return m.maxAge > 0 && created < ticks(now.Add(-m.maxAge))
}

// ticks counts 100 ns since the Unix epoch, the protocol's unit of time.
func ticks(t time.Time) int64 { return t.UnixNano() / 100 }
