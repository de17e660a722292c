package keys

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

const dataKeyBytes = 32 // AES-256

// A purpose is what there is one key in use for: an owner stream and a set of people in it, sorted, as a JSON list.
type purpose struct{ owner, about string }

func purposeOf(q Request) (purpose, error) {
	if q.Owner == "" {
		return purpose{}, errors.New("seal: the request names no owner")
	}
	about := q.About
	if len(about) > 1 {
		about = slices.Clone(about)
		slices.Sort(about)
		about = slices.Compact(about)
	}
	if about == nil {
		about = []string{}
	}
	list, err := json.Marshal(about)
	return purpose{q.Owner, string(list)}, err
}

// A dataKey is a key out of its wrapping, or what is left of a destroyed one.
type dataKey struct {
	id     string
	aead   tink.AEAD
	erased *Erasure
}

// A candidate is a new key, not in the database yet.
type candidate struct {
	purpose purpose
	key     *dataKey
	wrapped []byte
}

// newCandidate makes a key. Its id is a random UUID that says nothing of whose key it is. (Version 7: the ids of keys
// made together lie together, which keeps the index that finds them quick to write.)
func newCandidate(p purpose, master tink.AEAD) (candidate, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return candidate{}, err
	}
	secret := make([]byte, dataKeyBytes)
	rand.Read(secret)
	wrapped, err := master.Encrypt(secret, []byte(id.String()))
	if err != nil {
		return candidate{}, fmt.Errorf("wrap key: %w", err)
	}
	primitive, err := subtle.NewAESGCM(secret)
	if err != nil {
		return candidate{}, err
	}
	return candidate{purpose: p, key: &dataKey{id: id.String(), aead: primitive}, wrapped: wrapped}, nil
}

// unwrap takes a key out of its wrapping, which is bound to its id: a row that was given another's key does not open.
func unwrap(id string, wrapped []byte, master tink.AEAD) (*dataKey, error) {
	secret, err := master.Decrypt(wrapped, []byte(id))
	if err != nil {
		return nil, fmt.Errorf("%w: key %s does not come out of its wrapping", ErrTampered, id)
	}
	primitive, err := subtle.NewAESGCM(secret)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", id, err)
	}
	return &dataKey{id: id, aead: primitive}, nil
}
