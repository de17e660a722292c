package keys

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMasterKeysetIsForItsOwnerOnly(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		openRing(t, c)
		info, err := os.Stat(c.MasterKeyFile)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("mode of the master keyset: got %o, want 600", got)
		}
		if path, isFile := strings.CutPrefix(c.DSN, "sqlite:"); isFile {
			if info, err = os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode of the database: got %v, %v, want 600", info.Mode(), err)
			}
		}
	})
}

func TestStartIsRefusedWithoutTheRightMasterKeyset(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		openRing(t, c).Close()
		right, err := os.ReadFile(c.MasterKeyFile)
		if err != nil {
			t.Fatal(err)
		}
		other := c
		other.DSN = "sqlite:" + filepath.Join(t.TempDir(), "other.db")
		other.MasterKeyFile = filepath.Join(t.TempDir(), "other.json")
		openRing(t, other).Close()
		wrong, err := os.ReadFile(other.MasterKeyFile)
		if err != nil {
			t.Fatal(err)
		}

		os.Remove(c.MasterKeyFile)
		if _, err := Open(t.Context(), c); !errors.Is(err, ErrMasterKey) || !strings.Contains(err.Error(), c.MasterKeyFile) {
			t.Errorf("missing keyset: got %v, want ErrMasterKey with the file's name", err)
		}
		if _, err := os.Stat(c.MasterKeyFile); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a new keyset was made beside an old database: %v", err)
		}
		write(t, c.MasterKeyFile, wrong)
		if _, err := Open(t.Context(), c); !errors.Is(err, ErrMasterKey) || !strings.Contains(err.Error(), c.MasterKeyFile) {
			t.Errorf("another keyset: got %v, want ErrMasterKey with the file's name", err)
		}
		write(t, c.MasterKeyFile, right[:len(right)/2])
		_, err = Open(t.Context(), c)
		if err == nil {
			t.Error("half a keyset was taken")
		} else if strings.Contains(err.Error(), secretOf(t, right)[:16]) {
			t.Error("the error repeats the secret")
		}
		write(t, c.MasterKeyFile, right)
		if r, err := Open(t.Context(), c); err != nil {
			t.Errorf("the right keyset: %v", err)
		} else {
			r.Close()
		}
	})
}

func TestKeysetOfTheOperatorIsTaken(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		if _, err := makeMaster(c.MasterKeyFile); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(c.MasterKeyFile)
		openRing(t, c)
		if after, err := os.ReadFile(c.MasterKeyFile); err != nil || !bytes.Equal(before, after) {
			t.Errorf("the keyset that was there was written over (%v)", err)
		}
	})
}

func TestDSNIsChecked(t *testing.T) {
	for _, dsn := range []string{"", "keys.db", "mysql://x", "sqlite:"} {
		c := Config{DSN: dsn, MasterKeyFile: filepath.Join(t.TempDir(), "m")}
		if r, err := Open(t.Context(), c); err == nil {
			r.Close()
			t.Errorf("DSN %q was taken", dsn)
		}
	}
}

// TestPathsMayHoldAnything: a data directory's name is the operator's choice, not a URI.
func TestPathsMayHoldAnything(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c#d%20é")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	openRing(t, Config{DSN: "sqlite:" + filepath.Join(dir, "keys.db"), MasterKeyFile: filepath.Join(dir, "m")})
	if info, err := os.Stat(filepath.Join(dir, "keys.db")); err != nil || info.Size() == 0 {
		t.Errorf("the database is not where it was asked for: %v", err)
	}
}

func TestNothingReadableInTheDirectory(t *testing.T) {
	dir := t.TempDir()
	c := Config{DSN: "sqlite:" + filepath.Join(dir, "keys.db"), MasterKeyFile: filepath.Join(t.TempDir(), "m")}
	r := openRing(t, c)
	sealOne(t, r, "contact-1", []string{"s1"}, "", "canary in a part")
	if _, err := r.Keep(t.Context(), "kent-police", "m1", []byte("canary in a payload"),
		map[string][]string{"x": {"canary in a header"}}); err != nil {
		t.Fatal(err)
	}
	r.Pseudonym("nhs_number", "canary in a value")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range [][]byte{[]byte("canary"), r.pseudonym} {
			if bytes.Contains(data, secret) {
				t.Errorf("%s holds %q in the clear", filepath.Base(file), secret)
			}
		}
	}
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// secretOf returns the key material of a keyset file, in base64.
func secretOf(t *testing.T, data []byte) string {
	t.Helper()
	var set struct {
		Key []struct {
			KeyData struct{ Value string }
		}
	}
	if err := json.Unmarshal(data, &set); err != nil || len(set.Key) != 1 {
		t.Fatalf("keyset file: %v, %d keys", err, len(set.Key))
	}
	return set.Key[0].KeyData.Value
}
