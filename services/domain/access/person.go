package access

import (
	"errors"
	"fmt"
	"strings"
)

// Person is who acts: a member of staff, or a system that stands for one.
type Person struct {
	// ID is opaque: it names a person to the authority, and to nobody else.
	ID string
	// Role is what the table is asked about.
	Role Role
	// Team is the person's team code, empty for those who have none.
	Team string
	// Agency is the organisation that a system stands for, empty for staff.
	Agency string
}

const longestID = 128

// Validate refuses a person that must not be written into an event: no id, an
// unknown role, or an id, team or agency that is not a plain token. Tokens go into
// metadata and logs, so control characters, spaces and line ends stay out.
func (p Person) Validate() error {
	if p.ID == "" {
		return errors.New("person without an id")
	}
	if !token(p.ID) {
		return errors.New("person's id is not a token of at most 128 letters, digits and . _ : @ / -")
	}
	if p.Team != "" && !token(p.Team) {
		return errors.New("person's team is not a token of at most 128 letters, digits and . _ : @ / -")
	}
	if p.Agency != "" && !token(p.Agency) {
		return errors.New("person's agency is not a token of at most 128 letters, digits and . _ : @ / -")
	}
	if !p.Role.Known() {
		return fmt.Errorf("person's role is none of the %d known roles", len(roles))
	}
	return nil
}

func token(s string) bool {
	if len(s) > longestID {
		return false
	}
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("._:@/-", r) {
			return false
		}
	}
	return true
}
