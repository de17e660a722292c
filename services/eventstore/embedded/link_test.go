package embedded

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"
)

// A link is followed by the index of its target. What is wrong there must not
// look like a link to nothing, or lead to another event.
func TestLinkAlongADamagedIndexStopsTheStore(t *testing.T) {
	damage := map[string]func(db *pebble.DB, key []byte) error{
		"entry that is gone":         func(db *pebble.DB, key []byte) error { return db.Delete(key, pebble.Sync) },
		"entry of another position":  func(db *pebble.DB, key []byte) error { return db.Set(key, []byte{0, 0, 0, 0, 0, 0, 0, 3}, pebble.Sync) },
		"entry of no position":       func(db *pebble.DB, key []byte) error { return db.Set(key, []byte{1}, pebble.Sync) },
		"entry beyond the log's end": func(db *pebble.DB, key []byte) error { return db.Set(key, []byte{0, 0, 0, 0, 0, 0, 9, 9}, pebble.Sync) },
	}
	for name, harm := range damage {
		t.Run(name, func(t *testing.T) {
			s := startStore(t, Options{OnFatal: func(error) {}})
			c := s.client(t)
			mustAppend(t, c, "target", esdb.Any{}, sampleEvents(3)...)
			mustAppend(t, c, "links", esdb.Any{}, esdb.EventData{EventID: uuid.New(), EventType: typeLink, Data: []byte("1@target")})
			cur := streamCursor{s: s.store, stream: "links", view: viewing{resolveLinks: true}, remaining: unlimited}
			if _, err := cur.fill(new(chunk), s.store.Position()); err != nil {
				t.Fatalf("before the damage: %v", err)
			}
			if err := harm(s.store.db, appendStreamKey(nil, "target", 1)); err != nil {
				t.Fatal(err)
			}
			cur.next = 0
			if _, err := cur.fill(new(chunk), s.store.Position()); err == nil || s.store.failed() == nil {
				t.Errorf("got %v, and the store has failed with %v: want it stopped", err, s.store.failed())
			}
		})
	}
}
