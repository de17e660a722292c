package bus

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCredsAreMadeOnceAndForNewAgenciesLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "creds")
	first, err := EnsureCreds(dir, registry(t, police))
	if err != nil {
		t.Fatal(err)
	}
	again, err := EnsureCreds(dir, registry(t, police, health))
	if err != nil {
		t.Fatal(err)
	}
	if first.AgencyKey(police) != again.AgencyKey(police) || first.HubKey(police) != again.HubKey(police) {
		t.Error("a restart changed the credentials of an agency")
	}
	keys := map[string]bool{}
	for _, k := range []string{again.AgencyKey(police), again.HubKey(police), again.AgencyKey(health), again.HubKey(health)} {
		if !strings.HasPrefix(k, "U") {
			t.Errorf("key %q is not a user's public key", k)
		}
		keys[k] = true
	}
	if len(keys) != 4 {
		t.Errorf("%d different keys for two agencies and the hub in each, want 4", len(keys))
	}
	loaded, err := LoadHubCreds(dir, registry(t, police, health))
	if err != nil || loaded.HubKey(health) != again.HubKey(health) || loaded.AgencyKey(health) != "" {
		t.Errorf("LoadHubCreds() = hub %q, agency %q, %v; want the hub's key alone", loaded.HubKey(health), loaded.AgencyKey(health), err)
	}
}

func TestCredsAreForTheirOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "creds")
	creds, err := EnsureCreds(dir, registry(t, police))
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		} else {
			files++
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %04o, want %04o", entry.Name(), got, want)
		}
		return nil
	})
	if err != nil || files != 2 {
		t.Errorf("%d files, %v; want the two seeds and nothing left over", files, err)
	}
	if err := os.Chmod(creds.HubFile(police), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := EnsureCreds(dir, registry(t, police)); err == nil || !strings.Contains(err.Error(), "0644") {
		t.Errorf("EnsureCreds() with a seed that all can read = %v, want an error that names the mode", err)
	}
}

func TestBrokenSeedIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	creds, err := EnsureCreds(dir, registry(t, police))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(creds.AgencyFile(police), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := EnsureCreds(dir, registry(t, police)); err == nil || !strings.Contains(err.Error(), police) {
		t.Errorf("EnsureCreds() over a broken seed = %v: a new seed would lock the agency out without a word", err)
	}
	if _, err := LoadHubCreds(dir, registry(t, health)); err == nil {
		t.Error("LoadHubCreds() made or imagined a seed")
	}
}

func TestServerConfigHoldsNoSeed(t *testing.T) {
	reg := registry(t, police, health)
	creds, err := EnsureCreds(t.TempDir(), reg)
	if err != nil {
		t.Fatal(err)
	}
	conf, err := ServerConfig(reg, creds)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{creds.AgencyFile(police), creds.HubFile(health)} {
		seed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(conf, bytes.TrimSpace(seed)) {
			t.Errorf("the configuration holds the seed of %s", filepath.Base(path))
		}
	}
	for _, want := range []string{creds.AgencyKey(police), creds.HubKey(health), "sync_interval: always"} {
		if !bytes.Contains(conf, []byte(want)) {
			t.Errorf("the configuration lacks %q", want)
		}
	}
	again, err := ServerConfig(reg, creds)
	if err != nil || !bytes.Equal(conf, again) {
		t.Errorf("written twice, the configuration differs (%v): it could not be compared with the one in use", err)
	}
}
