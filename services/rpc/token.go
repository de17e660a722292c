package rpc

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/openmash/mash/services/domain/access"
)

var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// EnsureTokens makes one bearer token per person in dir: the file <id>.token, mode 0600, to be handed to that person, and
// the index that the server reads. Tokens are stable: a person who is in the index keeps theirs, also when the file has been
// taken away, and gets the role and team given now. Who is not among people any more can no longer call.
func EnsureTokens(dir string, people []access.Person) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of tokens: %w", err)
	}
	old, err := readIndex(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	known := map[string]string{}
	for _, e := range old.People {
		known[e.Person] = e.SHA256
	}
	var next index
	seen := map[string]bool{}
	for _, p := range people {
		if err := checkPerson(p); err != nil {
			return err
		}
		if seen[strings.ToLower(p.ID)] {
			return errTwice
		}
		seen[strings.ToLower(p.ID)] = true
		hash, err := ensureToken(filepath.Join(dir, p.ID+".token"), known[p.ID])
		if err != nil {
			return err
		}
		next.People = append(next.People, indexEntry{p.ID, p.Role, p.Team, p.Agency, hash})
	}
	return writeIndex(dir, next)
}

// errTwice: two logins of one person could do together what one person must not (HUB-01). Ids that differ in case alone are one person's,
// and one file's where file names have no case.
var errTwice = errors.New("a person's id is there twice, perhaps in another case")

func checkPerson(p access.Person) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if !fileName.MatchString(p.ID) {
		return errors.New("person's id cannot name a file of at most 64 letters, digits and . _ -")
	}
	switch {
	case p.Role == access.Anonymous, p.Role == access.Hub:
		return fmt.Errorf("the role %s does not call with a token", p.Role)
	case (p.Role == access.AgencySystem) != (p.Agency != ""):
		return errors.New("an agency's system names its agency, and nobody else does")
	}
	return nil
}

// ensureToken gives the hash of a person's token: of the file, or, where there is none, the known one, or that of a new
// token. The file wins, as it is what its owner holds.
func ensureToken(path, known string) (string, error) {
	token, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && known != "" {
		return known, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeToken(path); err != nil {
			return "", fmt.Errorf("make a token: %w", err)
		}
		token, err = os.ReadFile(path)
	}
	if err != nil {
		return "", fmt.Errorf("read a token: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return "", fmt.Errorf("close a token to others: %w", err)
	}
	text := strings.TrimSpace(string(token))
	if len(text) < 32 {
		return "", fmt.Errorf("%s holds no token of at least 32 characters; delete it for a new one", filepath.Base(path))
	}
	return hashToken(text), nil
}

// makeToken makes the file whole or not at all. Another process that starts in the same folder may be first; then its
// token stays.
func makeToken(path string) error {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails: the process ends where there is no randomness
	temporary, err := writeTemporary(path, []byte("mash_"+base64.RawURLEncoding.EncodeToString(secret)+"\n"))
	if err != nil {
		return err
	}
	defer os.Remove(temporary)
	if err := os.Link(temporary, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// writeTemporary writes a synced file of mode 0600 beside path.
func writeTemporary(path string, content []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}
