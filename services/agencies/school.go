package agencies

import (
	"fmt"
	"regexp"
)

var urnForm = regexp.MustCompile(`^[0-9]{6}$`)

// School gives the agency that answers for a school, by the school's unique reference number; false where none does.
func (r *Registry) School(urn string) (agency string, ok bool) {
	agency, ok = r.schools[urn]
	return agency, ok
}

// HomeEducation gives the agency of the officer for children who are educated at home; false where there is none.
func (r *Registry) HomeEducation() (agency string, ok bool) {
	return r.homeEducation, r.homeEducation != ""
}

// indexSchools reports schools and officers that two agencies claim: what is told of a child must not go to one of them by chance.
func (r *Registry) indexSchools() (faults []error) {
	r.schools = map[string]string{}
	for _, a := range r.sorted {
		for _, urn := range a.Schools {
			if other, taken := r.schools[urn]; taken {
				faults = append(faults, fmt.Errorf("%s.json: schools: %s is of %s already", a.ID, urn, other))
			}
			r.schools[urn] = a.ID
		}
		if !a.HomeEducation {
			continue
		}
		if r.homeEducation != "" {
			faults = append(faults, fmt.Errorf("%s.json: home_education: %s is the officer already", a.ID, r.homeEducation))
		}
		r.homeEducation = a.ID
	}
	return faults
}

func (a Agency) schoolFaults() (faults []error) {
	if a.Sector != Education && (len(a.Schools) > 0 || a.HomeEducation) {
		faults = append(faults, fmt.Errorf("schools: are for the sector %s", Education))
	}
	for i, urn := range a.Schools {
		if !urnForm.MatchString(urn) {
			faults = append(faults, fmt.Errorf("schools[%d]: %q is not six digits", i, urn))
		}
	}
	return faults
}
