package eventstore

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
)

// Stored forms are kept in testdata/events/v1: the bytes of an event as they were stored, and what they mean. They are
// added to and never changed: whatever was once released must mean the same for ever.
var addMissing = flag.Bool("add-stored-forms", false, "keep the stored form of event types that have none yet")

const (
	storedForms  = "testdata/events/v1"
	goldenStream = "stored-forms"
)

func TestStoredFormsMeanTheSameForEver(t *testing.T) {
	if *addMissing {
		addStoredForms(t)
	}
	dir := t.TempDir()
	s := &Store{config: Config{Keys: openRing(t, dir)}}
	restoreKeys(t, dir)
	files, err := filepath.Glob(filepath.Join(storedForms, "*.binpb"))
	if err != nil {
		t.Fatal(err)
	}
	have := make(map[string]bool)
	for _, file := range files {
		typeName, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".binpb"), "@")
		have[typeName] = true
		t.Run(filepath.Base(file), func(t *testing.T) {
			data := readFile(t, file)
			got, err := UnmarshalEvent(typeName, data)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := marshalEvent(got); err != nil || !bytes.Equal(again, data) {
				t.Errorf("encoded again it is not the same bytes (%v)", err)
			}
			if err := s.OpenParts(t.Context(), goldenStream, got); err != nil {
				t.Fatal(err)
			}
			want, err := NewMessage(typeName)
			if err != nil {
				t.Fatal(err)
			}
			if err := protojson.Unmarshal(readFile(t, strings.TrimSuffix(file, "binpb")+"json"), want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
		})
	}
	for _, typeName := range EventTypes() {
		if !have[typeName] {
			t.Errorf("%s has no stored form in %s; run with -add-stored-forms", typeName, storedForms)
		}
	}
}

// addStoredForms seals a sample of each type that has no stored form, and keeps the data keys beside it: these are keys
// of nobody.
func addStoredForms(t *testing.T) {
	dir := t.TempDir()
	s := &Store{config: Config{Keys: openRing(t, dir)}}
	kept := make(map[string]string)
	if err := json.Unmarshal(readFile(t, filepath.Join(storedForms, "keys.json")), &kept); err != nil {
		t.Fatal(err)
	}
	for _, typeName := range EventTypes() {
		file := filepath.Join(storedForms, typeName)
		if _, err := os.Stat(file + ".binpb"); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		m := sample(t, typeName)
		sealed, err := s.sealEvents(t.Context(), goldenStream, []Event{{uuid.New(), m}})
		if err != nil {
			t.Fatal(err)
		}
		data, err := marshalEvent(sealed[0])
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, file+".binpb", data)
		writeFile(t, file+".json", []byte(protojson.Format(m)+"\n"))
	}
	db, master := keyDatabase(t, dir)
	rows, err := db.Query(`SELECT key_id, wrapped FROM mash_key`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var wrapped []byte
		if err := rows.Scan(&id, &wrapped); err != nil {
			t.Fatal(err)
		}
		secret, err := master.Decrypt(wrapped, []byte(id))
		if err != nil {
			t.Fatal(err)
		}
		kept[id] = base64.StdEncoding.EncodeToString(secret)
	}
	data, err := json.MarshalIndent(kept, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(storedForms, "keys.json"), append(data, '\n'))
}

// restoreKeys puts the data keys of the stored forms into a key database.
func restoreKeys(t *testing.T, dir string) {
	t.Helper()
	kept := make(map[string]string)
	if err := json.Unmarshal(readFile(t, filepath.Join(storedForms, "keys.json")), &kept); err != nil {
		t.Fatal(err)
	}
	db, master := keyDatabase(t, dir)
	for id, text := range kept {
		secret, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		wrapped, err := master.Encrypt(secret, []byte(id))
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec(`INSERT INTO mash_key (key_id, owner, about, version, state, created_at, wrapped)
			VALUES (?, ?, ?, 1, 'active', '2026-01-01T00:00:00.000000Z', ?)`, id, goldenStream, id, wrapped)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func keyDatabase(t *testing.T, dir string) (*sql.DB, tink.AEAD) {
	t.Helper()
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(readFile(t, filepath.Join(dir, "master.json")))))
	if err != nil {
		t.Fatal(err)
	}
	master, err := aead.New(handle)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "keys.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, master
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEventTypesAreTheEvents(t *testing.T) {
	got := EventTypes()
	for name, want := range map[string]bool{
		"ContactReceived": true, "ContactAllocated": true, "OpenCaseRecorded": true, "MessageQuarantined": true, "StoreNamed": true,
		"Subject": false, "Clock": false, "ChildPart": false, "Sealed": false, "Violation": false, "Address": false,
	} {
		if slices.Contains(got, "mash.event.v1."+name) != want {
			t.Errorf("%s: want it an event: %v; got %v", name, want, got)
		}
	}
	for _, unknown := range []string{"", "mash.event.v1.Nothing", "google.protobuf.Timestamp", "mash.event.v1.Sealed"} {
		if m, err := NewMessage(unknown); !errors.Is(err, ErrUnknownEvent) {
			t.Errorf("NewMessage(%q): got %v, %v; want ErrUnknownEvent", unknown, m, err)
		}
	}
}

// TestEveryPartIsFound compares what the plans find with a search through every message in a sample.
func TestEveryPartIsFound(t *testing.T) {
	s := &Store{config: Config{Keys: openRing(t, t.TempDir())}}
	for _, typeName := range EventTypes() {
		m := sample(t, typeName)
		sealed, err := s.sealEvents(t.Context(), "stream", []Event{{uuid.New(), m}})
		if err != nil {
			t.Fatalf("%s: %v", typeName, err)
		}
		var o opening
		if err := o.add(&s.plans, "stream", sealed[0]); err != nil {
			t.Fatal(err)
		}
		if want := countParts(m.ProtoReflect()); len(o.parts) != want {
			t.Errorf("%s: found %d parts, want %d", typeName, len(o.parts), want)
		}
		data, err := proto.Marshal(sealed[0])
		if err != nil || bytes.Contains(data, []byte("canary")) {
			t.Errorf("%s: a part stayed open (%v)", typeName, err)
		}
	}
}

func countParts(m protoreflect.Message) (n int) {
	if m.Descriptor().Oneofs().ByName("part") != nil {
		n++
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				n += countParts(v.List().Get(i).Message())
			}
		default:
			n += countParts(v.Message())
		}
		return true
	})
	return n
}
