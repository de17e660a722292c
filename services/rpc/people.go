package rpc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/openmash/mash/services/domain/access"
)

// indexFile says who may call. It holds the SHA-256 of each token and no token: who reads it cannot call. A token is 32
// random bytes, so that its plain hash cannot be guessed back.
const indexFile = "tokens.json"

type index struct {
	People []indexEntry `json:"people"`
}

type indexEntry struct {
	Person string      `json:"person"`
	Role   access.Role `json:"role"`
	Team   string      `json:"team,omitempty"`
	Agency string      `json:"agency,omitempty"`
	SHA256 string      `json:"sha256"`
}

// Tokens is the Authenticator of a hub without an identity provider: the people of an index.
type Tokens struct {
	people []known
}

type known struct {
	hash   [sha256.Size]byte
	caller Caller
}

// LoadTokens reads the index that EnsureTokens wrote. A change of the index takes effect at the next start.
func LoadTokens(dir string) (*Tokens, error) {
	i, err := readIndex(dir)
	if err != nil {
		return nil, err
	}
	t, seen := &Tokens{}, map[string]bool{}
	for _, e := range i.People {
		if seen[strings.ToLower(e.Person)] {
			return nil, fmt.Errorf("%s: %w", indexFile, errTwice)
		}
		seen[strings.ToLower(e.Person)] = true
		if err := checkPerson(access.Person{ID: e.Person, Role: e.Role, Team: e.Team, Agency: e.Agency}); err != nil {
			return nil, fmt.Errorf("%s: %w", indexFile, err)
		}
		hash, err := hex.DecodeString(e.SHA256)
		if err != nil || len(hash) != sha256.Size {
			return nil, fmt.Errorf("%s: a token's hash is not a SHA-256 in hex", indexFile)
		}
		t.people = append(t.people, known{[sha256.Size]byte(hash), Caller{e.Person, e.Role, e.Team, e.Agency}})
	}
	return t, nil
}

// Authenticate compares the token's hash with everybody's, in a time that does not tell how much of it was right.
func (t *Tokens) Authenticate(_ context.Context, token string) (Caller, error) {
	hash, found := sha256.Sum256([]byte(token)), -1
	for i := range t.people {
		if subtle.ConstantTimeCompare(hash[:], t.people[i].hash[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Caller{}, ErrUnknownToken
	}
	return t.people[found].caller, nil
}

// Person gives somebody by their id.
func (t *Tokens) Person(id string) (Caller, bool) {
	for _, p := range t.people {
		if p.caller.Person == id {
			return p.caller, true
		}
	}
	return Caller{}, false
}

func readIndex(dir string) (index, error) {
	var i index
	text, err := os.ReadFile(filepath.Join(dir, indexFile))
	if err != nil {
		return i, fmt.Errorf("read the index of tokens: %w", err)
	}
	if err := json.Unmarshal(text, &i); err != nil {
		return i, fmt.Errorf("%s is not an index of tokens: %w", indexFile, err)
	}
	return i, nil
}

func writeIndex(dir string, i index) error {
	text, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return fmt.Errorf("write the index of tokens: %w", err)
	}
	path := filepath.Join(dir, indexFile)
	temporary, err := writeTemporary(path, append(text, '\n'))
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return fmt.Errorf("write the index of tokens: %w", err)
	}
	return nil
}
