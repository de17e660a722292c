package eventstore

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestMetadataComesBack compares the quick reader with encoding/json, on metadata with any text in it.
func TestMetadataComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.StringMatching(`[a-z0-9|:,{}\[\]"-]{1,12}`))
		m := Metadata{
			CorrelationID: text.Draw(t, "correlation"), CausationID: text.Draw(t, "causation"), Actor: text.Draw(t, "actor"),
			Role: text.Draw(t, "role"), Team: text.Draw(t, "team"), Agency: text.Draw(t, "agency"),
			RequestID: text.Draw(t, "request"), RequestHash: text.Draw(t, "hash"), Profile: text.Draw(t, "profile"),
			RecordedAt: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC(),
		}
		if rapid.Bool().Draw(t, "seen?") {
			seen := rapid.Uint64().Draw(t, "seen")
			m.SeenRevision = &seen
		}
		data, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeMetadata(data)
		if diff := cmp.Diff(m, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", data, err, diff)
		}
	})
}

func TestMetadataQuickFormIsTheUsualOne(t *testing.T) {
	seen := uint64(3)
	data, err := Metadata{Actor: "worker-1", RequestID: "kent-police|3:src|2:id", SeenRevision: &seen, RecordedAt: testTime}.encode()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"actor":"worker-1","requestId":"kent-police|3:src|2:id","seenRevision":3,"recordedAt":"2026-03-09T10:30:00.123456789Z"}`
	if string(data) != want {
		t.Errorf("stored form: got %s, want %s", data, want)
	}
	var m Metadata
	if !PlainFields(string(data), m.set) {
		t.Error("the quick reader gives up on it")
	}
}

func TestMetadataOfOthers(t *testing.T) {
	for data, good := range map[string]bool{
		`{"recordedAt":"2026-03-09T10:30:00Z","later":{"a":[1]},"actor":"w"}`: true,
		`{ "actor": "w", "recordedAt": "2026-03-09T11:30:00+01:00" }`:         true,
		`{"actor":"\u0077","recordedAt":"2026-03-09T10:30:00Z"}`:              true,
		``:                     false,
		`[]`:                   false,
		`{"actor":"w"`:         false,
		`{"actor":"w",}`:       false,
		`{"actor":"w"}}`:       false,
		`{"seenRevision":"3"}`: false,
		`{"seenRevision":-3}`:  false,
		`{"recordedAt":"x"}`:   false,
		`{"actor":3}`:          false,
	} {
		got, err := decodeMetadata([]byte(data))
		if good != (err == nil) {
			t.Errorf("%s: got %v", data, err)
		}
		if good && got.Actor != "w" {
			t.Errorf("%s: got actor %q, want w", data, got.Actor)
		}
	}
}

// FuzzMetadata: whatever the quick reader takes, encoding/json takes too.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"actor":"w","seenRevision":3,"recordedAt":"2026-03-09T10:30:00Z"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var quick, slow Metadata
		if PlainFields(string(data), quick.set) && json.Valid(data) {
			if err := json.Unmarshal(data, &slow); err != nil {
				t.Errorf("%q: only the quick reader takes it: %v", data, err)
			}
		}
	})
}
