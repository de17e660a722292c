package simulation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Colleague is a member of staff who can call the hub.
type Colleague struct {
	ID, Team, Token string
}

// Staff are the people of a front door, by what they may do there.
type Staff struct {
	// Triagers are team managers and senior practitioners: they triage, rate and allocate in opening hours (KEN-03).
	Triagers []Colleague
	// OnCall are the on-call senior managers, who act outside opening hours (SOT-32).
	OnCall []Colleague
	// Managers are the team managers among them, who call strategy meetings (SOT-10).
	Managers []Colleague
	// Workers are the social workers whom contacts go to (KEN-06) and who find contacts that tell of the same thing.
	Workers []Colleague
}

func (s Staff) any() bool { return len(s.Triagers)+len(s.OnCall)+len(s.Workers) > 0 }

// ReadStaff reads the folder in which a hub's first start put its tokens: tokens.json says who is what, <person>.token is
// that person's token. People whose token was taken away are left out.
func ReadStaff(dir string) (Staff, error) {
	var index struct {
		People []struct{ Person, Role, Team string }
	}
	text, err := os.ReadFile(filepath.Join(dir, "tokens.json"))
	if err != nil {
		return Staff{}, fmt.Errorf("staff: %w", err)
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return Staff{}, fmt.Errorf("staff: tokens.json: %w", err)
	}
	var s Staff
	for _, p := range index.People {
		token, err := os.ReadFile(filepath.Join(dir, p.Person+".token"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Staff{}, fmt.Errorf("staff: %w", err)
		}
		c := Colleague{ID: p.Person, Team: p.Team, Token: strings.TrimSpace(string(token))}
		switch p.Role {
		case "team-manager":
			s.Triagers, s.Managers = append(s.Triagers, c), append(s.Managers, c)
		case "senior-practitioner":
			s.Triagers = append(s.Triagers, c)
		case "on-call-senior-manager":
			s.OnCall = append(s.OnCall, c)
		case "social-worker":
			s.Workers = append(s.Workers, c)
		}
	}
	return s, nil
}

// workerFor chooses whom a contact goes to: somebody of its team where it has social workers, else anybody.
func (s Staff) workerFor(team string, n uint64) Colleague {
	own := slices.DeleteFunc(slices.Clone(s.Workers), func(c Colleague) bool { return c.Team != team })
	if len(own) == 0 {
		own = s.Workers
	}
	return own[n%uint64(len(own))]
}

// pickOf chooses by a number that follows from the contact, so that the same person acts in every play.
func pickOf(from []Colleague, n uint64) Colleague { return from[n%uint64(len(from))] }
