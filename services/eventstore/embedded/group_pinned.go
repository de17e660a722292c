package embedded

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
)

// pinnedBuckets are shared out among the consumers of a group with one of the
// pinned strategies.
const pinnedBuckets = 1024

// bucket keeps what belongs together with one consumer while the consumers stay
// the same. It is worked out once: an event that waits is looked at again and again.
func (g *group) bucket(m *message) int {
	if m.bucket == 0 {
		h := fnv.New32a()
		_, _ = h.Write(g.cfg.belongsTo(m)) // never fails
		m.bucket = 1 + h.Sum32()%pinnedBuckets
	}
	return int(m.bucket - 1)
}

// belongsTo names what an event is pinned by: its correlation, if the strategy asks
// for that and it has one, or the stream that it comes from. A link that was not
// followed comes from the stream that it leads to, as in EventStoreDB.
func (c *groupConfig) belongsTo(m *message) []byte {
	r := m.event
	if r == nil {
		r = m.link
	}
	if c.Strategy == strategyByCorrelation {
		if id := correlationOf(r.meta); id != "" {
			return []byte(id)
		}
	}
	if string(r.typ) == typeLink {
		if _, stream, ok := bytes.Cut(r.data, []byte("@")); ok {
			return stream
		}
	}
	return r.stream
}

// correlationOf is what an event's metadata says under $correlationId, empty for
// metadata that does not say it or is not JSON.
func correlationOf(meta []byte) (id string) {
	var fields map[string]json.RawMessage // a struct's field would match in any case
	if json.Unmarshal(meta, &fields) != nil || json.Unmarshal(fields["$correlationId"], &id) != nil {
		return ""
	}
	return id
}
