package rpc_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/rpc"
)

func read(t *testing.T, dir, person string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, person+".token"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func TestTokensAreStableAndClosedToOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "creds")
	first := tokens(t, dir)
	before := map[string]string{}
	for _, p := range people {
		before[p.ID] = read(t, dir, p.ID)
		caller, err := first.Authenticate(t.Context(), before[p.ID])
		if want := (rpc.Caller{Person: p.ID, Role: p.Role, Team: p.Team}); err != nil || caller != want {
			t.Errorf("got %+v, %v, want %+v", caller, err, want)
		}
	}
	// Somebody opened one to everybody, and the manager took theirs away to another machine.
	if err := os.Chmod(filepath.Join(dir, "analyst-1.token"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "manager-1.token")); err != nil {
		t.Fatal(err)
	}
	again := tokens(t, dir)
	for id, token := range before {
		if caller, err := again.Authenticate(t.Context(), token); err != nil || caller.Person != id {
			t.Errorf("after a restart the token of %s is %q's (%v)", id, caller.Person, err)
		}
	}
	wantModes(t, dir, before)
}

// wantModes also looks for tokens in files that are not theirs.
func wantModes(t *testing.T, dir string, tokens map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(people) { // one token was taken away, one index was added
		t.Errorf("%d files, want %d", len(entries), len(people))
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", e.Name(), info.Mode().Perm())
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for id, token := range tokens {
			if strings.Contains(string(text), token) && e.Name() != id+".token" {
				t.Errorf("%s holds the token of %s", e.Name(), id)
			}
		}
	}
}

func TestWhoIsTakenOffTheListCannotCall(t *testing.T) {
	dir := t.TempDir()
	tokens(t, dir)
	token := read(t, dir, "manager-1")
	if err := rpc.EnsureTokens(dir, people[2:]); err != nil {
		t.Fatal(err)
	}
	loaded, err := rpc.LoadTokens(dir)
	if err != nil {
		t.Fatal(err)
	}
	if caller, err := loaded.Authenticate(t.Context(), token); !errors.Is(err, rpc.ErrUnknownToken) {
		t.Errorf("got %+v, %v, want ErrUnknownToken", caller, err)
	}
}

func TestARoleChangesAndTheTokenStays(t *testing.T) {
	dir := t.TempDir()
	tokens(t, dir)
	promoted := access.Person{ID: "officer-1", Role: access.SeniorPractitioner, Team: "north"}
	if err := rpc.EnsureTokens(dir, []access.Person{promoted}); err != nil {
		t.Fatal(err)
	}
	loaded, err := rpc.LoadTokens(dir)
	if err != nil {
		t.Fatal(err)
	}
	caller, err := loaded.Authenticate(t.Context(), read(t, dir, "officer-1"))
	if err != nil || caller.Role != access.SeniorPractitioner || caller.Team != "north" {
		t.Errorf("got %+v, %v, want the new role and team", caller, err)
	}
}

// Parts of a hub may start at once in the same folder: they must end with the same tokens.
func TestTwoFirstStartsAtOnce(t *testing.T) {
	dir := t.TempDir()
	var starts sync.WaitGroup
	for range 8 {
		starts.Go(func() {
			if err := rpc.EnsureTokens(dir, people); err != nil {
				t.Error(err)
			}
		})
	}
	starts.Wait()
	loaded, err := rpc.LoadTokens(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		if caller, err := loaded.Authenticate(t.Context(), read(t, dir, p.ID)); err != nil || caller.Person != p.ID {
			t.Errorf("%s: got %q, %v", p.ID, caller.Person, err)
		}
	}
}

func TestWhoGetsNoToken(t *testing.T) {
	for name, bad := range map[string][]access.Person{
		"a path":             {{ID: "../manager-1", Role: access.Analyst}},
		"a hidden file":      {{ID: ".manager-1", Role: access.Analyst}},
		"an unknown role":    {{ID: "manager-1", Role: "boss"}},
		"the hub itself":     {{ID: "hub-1", Role: access.Hub}},
		"the anonymous":      {{ID: "a-1", Role: access.Anonymous}},
		"nobody's system":    {{ID: "a-1", Role: access.AgencySystem}},
		"staff of a partner": {{ID: "a-1", Role: access.TeamManager, Agency: "kent-police"}},
		"one person, twice":  {{ID: "a-1", Role: access.Analyst}, {ID: "a-1", Role: access.Auditor}},
		"and otherwise":      {{ID: "a-1", Role: access.SocialWorker}, {ID: "A-1", Role: access.TeamManager}},
	} {
		if err := rpc.EnsureTokens(t.TempDir(), bad); err == nil {
			t.Errorf("%s: got a token", name)
		}
	}
}

// Nobody has a second login in an index that was written by hand: what one of them proposes the other could decide.
func TestHUB01_NobodyHasTwoLogins(t *testing.T) {
	dir, hash := t.TempDir(), strings.Repeat("0a", 32)
	for _, second := range []string{"m-1", "M-1"} {
		index := fmt.Sprintf(`{"people":[{"person":"m-1","role":"social-worker","sha256":%q},{"person":%q,"role":"team-manager","sha256":%q}]}`, hash, second, hash)
		if err := os.WriteFile(filepath.Join(dir, "tokens.json"), []byte(index), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := rpc.LoadTokens(dir); err == nil {
			t.Errorf("m-1 and %s were read as two people", second)
		}
	}
}

func TestFilesThatAreNoTokens(t *testing.T) {
	dir := t.TempDir()
	if _, err := rpc.LoadTokens(dir); err == nil {
		t.Error("an empty folder was read as an index")
	}
	if err := os.WriteFile(filepath.Join(dir, "manager-1.token"), []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rpc.EnsureTokens(dir, people); err == nil || !strings.Contains(err.Error(), "manager-1.token") {
		t.Errorf("an empty token: got %v, want an error that names the file", err)
	}
	for _, index := range []string{"{", `{"people":[{"person":"a-1","role":"analyst","sha256":"abc"}]}`, `{"people":[{"person":"a-1","role":"boss","sha256":""}]}`} {
		if err := os.WriteFile(filepath.Join(dir, "tokens.json"), []byte(index), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := rpc.LoadTokens(dir); err == nil {
			t.Errorf("%s was read as an index", index)
		}
	}
}
