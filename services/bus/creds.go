package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nkeys"

	"github.com/openmash/mash/services/agencies"
)

// Creds are the nkeys of every agency's account: one user for the agency and one for the hub. A key is an Ed25519 seed
// in a file of its own; the nats-server knows public keys only. A Creds holds public keys and file names, no seeds.
type Creds struct {
	dir    string
	agency map[string]string
	hub    map[string]string
}

const (
	agenciesDir = "agencies"
	hubDir      = "hub"
)

// EnsureCreds makes what is missing of the seeds of all agencies in the registry and returns their public keys:
// dir/agencies/<agency>.nk is for the agency to take away, dir/hub/<agency>.nk stays with the hub. Seeds that are there
// are kept. Those of agencies that left the registry stay in their files, but no account knows them any more.
func EnsureCreds(dir string, reg *agencies.Registry) (Creds, error) {
	return collect(dir, reg, true, ensureSeed)
}

// LoadHubCreds reads the hub's own seeds, dir/hub/<agency>.nk, and makes none: for a hub on an external nats-server,
// whose configuration was written from keys made elsewhere.
func LoadHubCreds(dir string, reg *agencies.Registry) (Creds, error) {
	return collect(dir, reg, false, readSeed)
}

// AgencyKey is the public key of the agency's own user; empty if the credentials do not hold it.
func (c Creds) AgencyKey(agency string) string { return c.agency[agency] }

// HubKey is the public key of the hub's user in the agency's account; empty if the credentials do not hold it.
func (c Creds) HubKey(agency string) string { return c.hub[agency] }

// AgencyFile is the path of the agency's own seed.
func (c Creds) AgencyFile(agency string) string { return seedFile(c.dir, agenciesDir, agency) }

// HubFile is the path of the hub's seed in the agency's account.
func (c Creds) HubFile(agency string) string { return seedFile(c.dir, hubDir, agency) }

func seedFile(dir, holder, agency string) string { return filepath.Join(dir, holder, agency+".nk") }

func collect(dir string, reg *agencies.Registry, withAgencies bool, key func(path string) (string, error)) (Creds, error) {
	c := Creds{dir: dir, agency: map[string]string{}, hub: map[string]string{}}
	for _, a := range reg.All() {
		var err error
		if c.hub[a.ID], err = key(c.HubFile(a.ID)); err != nil {
			return Creds{}, fmt.Errorf("hub's credentials for %s: %w", a.ID, err)
		}
		if !withAgencies {
			continue
		}
		if c.agency[a.ID], err = key(c.AgencyFile(a.ID)); err != nil {
			return Creds{}, fmt.Errorf("credentials of %s: %w", a.ID, err)
		}
	}
	return c, nil
}

// ensureSeed returns the public key of the seed in path, made first if the file is not there.
func ensureSeed(path string) (string, error) {
	key, err := readSeed(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	pair, err := nkeys.CreateUser()
	if err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	defer pair.Wipe()
	seed, err := pair.Seed()
	if err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	if err := writeNew(path, append(seed, '\n')); err != nil {
		return "", err
	}
	return readSeed(path)
}

// writeNew writes a file that is there whole or not at all, also if the machine stops in between, and never replaces
// one: of two first starts at the same moment, both go on with the same seed.
func writeNew(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// readSeed returns the public key of a user seed, and refuses a file that others on the machine could have read.
func readSeed(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("%s has mode %04o, want 0600: others can read it", path, mode)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	defer clear(data)
	pair, err := nkeys.ParseDecoratedUserNKey(data)
	if err != nil {
		return "", fmt.Errorf("%s holds no user seed: %w", path, err)
	}
	defer pair.Wipe()
	return pair.PublicKey()
}
