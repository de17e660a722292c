package practice

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
)

// Validate refuses a profile that a hub could not work by. Its error is a
// *domain.Refusal with reason PROFILE_INVALID, which names every field at fault
// and the rule it broke.
func (p Profile) Validate() error {
	var v violations
	p.validateAuthority(&v)
	p.validateClocks(&v)
	p.validateDuties(&v)
	p.validateTeams(&v)
	p.validateOverrides(&v)
	p.validateSchoolDays(&v)
	p.validateMeetings(&v)
	p.validateLists(&v)
	if len(v) == 0 {
		return nil
	}
	return &domain.Refusal{
		Reason:  "PROFILE_INVALID",
		Message: "the practice profile cannot be adopted",
		Advice:  "correct the fields that are named",
		Fields:  v,
	}
}

type violations []domain.FieldViolation

func (v *violations) add(field, rule, format string, args ...any) {
	*v = append(*v, domain.FieldViolation{Field: field, Rule: rule, Description: fmt.Sprintf(format, args...)})
}

func (p Profile) validateAuthority(v *violations) {
	if !slug(p.Authority) {
		v.add("authority", "code", "is not a code of at most 64 lower-case letters, digits and hyphens")
	}
	if !Beginnings().Has(p.Beginning) {
		v.add("beginning", "published", "is not a published code")
	}
	if _, err := p.Schedule(); err != nil {
		v.add("hours", "working-time", "%v", err)
	}
}

func (p Profile) validateClocks(v *violations) {
	seen := map[Clock]bool{}
	for i, rule := range p.Clocks {
		field := fmt.Sprintf("clocks[%d]", i)
		clock := rule.Clock
		if seen[clock] {
			v.add(field, "unique", "there is a clock %s already", clock)
		}
		seen[clock] = true
		switch {
		case !clock.Kind.known():
			v.add(field+".kind", "published", "is not a kind of clock")
		case clock.Kind.rated() && !p.Lists.Ratings.Has(clock.Rating):
			v.add(field+".rating", "in-use", "is not a rating in use")
		case !clock.Kind.rated() && clock.Rating != Unrated:
			v.add(field+".rating", "in-use", "%s runs under no rating", clock.Kind)
		}
		if err := rule.Reckoning.validate(); err != nil {
			v.add(field+".reckoning", "reckoning", "%v", err)
		}
		if rule.Rule == "" {
			v.add(field+".rule", "required", "a clock names its rule")
		}
	}
	for _, clock := range p.required() {
		if !seen[clock] {
			v.add("clocks", "required", "there is no clock %s", clock)
		}
	}
}

// required are the clocks a contact would otherwise lack on its way; the aims
// are an authority's own to have.
func (p Profile) required() []Clock {
	clocks := append([]Clock{{Kind: Triage}, {Kind: Response}}, meetingClocks()...)
	for _, rating := range p.Lists.Ratings {
		clocks = append(clocks, Clock{Partners, rating.Code}, Clock{Decision, rating.Code}, Clock{Chase, rating.Code})
	}
	return clocks
}

// varied are the actions whose roles an authority may narrow.
func varied() []access.Action {
	return []access.Action{access.ContactTriage, access.ContactRate, access.ContactAllocate, access.ContactLink,
		access.OverrideDecide, access.OverrideReview, access.DecisionSignOff, access.ContactReopen, access.MeetingCall, access.MeetingConclude}
}

func (p Profile) validateDuties(v *violations) {
	seen := map[access.Action]bool{}
	for i, duty := range p.Duties {
		field := fmt.Sprintf("duties[%d]", i)
		if seen[duty.Action] {
			v.add(field, "unique", "there is a duty for that action already")
		}
		seen[duty.Action] = true
		if !slices.Contains(varied(), duty.Action) {
			v.add(field+".action", "access", "is not for an authority to vary")
		}
		for _, role := range slices.Concat(duty.Roles, duty.InHours, duty.OutOfHours) {
			if ok, reason := access.Can(role, duty.Action); !ok {
				v.add(field+".roles", cmp.Or(ruleOf(duty.Action), "access"), "%s", reason)
			}
		}
		if len(duty.Roles)+len(duty.InHours) == 0 {
			v.add(field+".roles", "required", "nobody could do it while the front door is open")
		}
		if len(duty.Roles)+len(duty.OutOfHours) == 0 {
			v.add(field+".out_of_hours", "required", "nobody could do it while the front door is closed")
		}
	}
	for _, action := range varied() {
		if !seen[action] {
			v.add("duties", cmp.Or(ruleOf(action), "access"), "no role is given %s", action)
		}
	}
}

func (p Profile) validateTeams(v *violations) {
	validateCodes(v, "teams", p.Teams, nil)
	for i, team := range p.Teams {
		if !slug(team.Code) {
			v.add(fmt.Sprintf("teams[%d].code", i), "code", "is not a code of at most 64 lower-case letters, digits and hyphens")
		}
	}
	if !p.Teams.Has(p.DefaultTeam) {
		v.add("default_team", "in-use", "is not one of the teams")
	}
	var types CodeList
	for i, w := range p.WorkTypes {
		types = append(types, Code{Code: w.Code, Name: w.Name})
		if w.Team != "" && !p.Teams.Has(w.Team) {
			v.add(fmt.Sprintf("work_types[%d].team", i), "KEN-16", "is not one of the teams")
		}
	}
	validateCodes(v, "work_types", types, WorkTypes())
}

func (p Profile) validateLists(v *violations) {
	validateCodes(v, "lists.ratings", p.Lists.Ratings, Ratings())
	validateCodes(v, "lists.referral_sources", p.Lists.ReferralSources, ReferralSources())
	validateCodes(v, "lists.sectors", p.Lists.Sectors, Sectors())
	validateCodes(v, "lists.consent_stances", p.Lists.ConsentStances, ConsentStances())
	validateCodes(v, "lists.triage_actions", p.Lists.TriageActions, TriageActions())
	validateCodes(v, "lists.destinations", p.Lists.Destinations, Destinations())
	validateCodes(v, "lists.purposes", p.Lists.Purposes, Purposes())
	validateCodes(v, "lists.categories", p.Lists.Categories, Categories())
	validateCodes(v, "lists.means", p.Lists.Means, Means())
	validateCodes(v, "lists.evidence", p.Lists.Evidence, Evidence())
	validateCodes(v, "lists.holder_bases", p.Lists.HolderBases, HolderBases())
	validateCodes(v, "lists.override_reasons", p.Lists.OverrideReasons, OverrideReasons())
}

func (p Profile) validateOverrides(v *violations) {
	for field, r := range map[string]Reckoning{"overrides.validity": p.Overrides.Validity, "overrides.review": p.Overrides.Review} {
		if err := r.validate(); err != nil {
			v.add(field, "reckoning", "%v", err)
		}
	}
}

// validateCodes refuses a list that is empty, names a code twice or holds one
// that is not published; published is nil where the codes are the authority's.
func validateCodes(v *violations, field string, list, published CodeList) {
	if len(list) == 0 {
		v.add(field, "required", "is empty")
	}
	seen := map[string]bool{}
	for i, code := range list {
		at := fmt.Sprintf("%s[%d].code", field, i)
		if seen[code.Code] {
			v.add(at, "unique", "stands in the list twice")
		}
		seen[code.Code] = true
		if published != nil && !published.Has(code.Code) {
			v.add(at, "published", "is not a published code")
		}
		if code.Name == "" {
			v.add(fmt.Sprintf("%s[%d].name", field, i), "required", "is empty")
		}
	}
}

func slug(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '-' {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}
