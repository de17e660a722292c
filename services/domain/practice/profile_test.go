package practice_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/worktime"
)

func TestKEN03_WhoTriagesInHoursAndOutOfHours(t *testing.T) {
	p := builtin(t)
	inHours, night, holiday := at(t, "2026-08-20 10:00:00"), at(t, "2026-08-20 17:00:00"), at(t, "2026-04-03 10:00:00")
	for _, tc := range []struct {
		role                      access.Role
		inHours, night, onHoliday string
	}{
		{access.TeamManager, "", "", ""},
		{access.SeniorPractitioner, "", "", ""},
		{access.OnCallSeniorManager, "ONLY_OUT_OF_HOURS", "", ""},
		{access.SocialWorker, "ROLE_NOT_PERMITTED", "ROLE_NOT_PERMITTED", "ROLE_NOT_PERMITTED"},
		{access.FrontDoorOfficer, "ROLE_NOT_PERMITTED", "ROLE_NOT_PERMITTED", "ROLE_NOT_PERMITTED"},
		{access.Anonymous, "ROLE_NOT_PERMITTED", "ROLE_NOT_PERMITTED", "ROLE_NOT_PERMITTED"},
		{"chief", "ROLE_NOT_PERMITTED", "ROLE_NOT_PERMITTED", "ROLE_NOT_PERMITTED"},
	} {
		for _, action := range []access.Action{access.ContactTriage, access.ContactRate} {
			for when, want := range map[time.Time]string{inHours: tc.inHours, night: tc.night, holiday: tc.onHoliday} {
				refusal, err := p.Permit(tc.role, action, when)
				if err != nil {
					t.Fatal(err)
				}
				if got := reason(refusal); got != want {
					t.Errorf("%s, %s at %s: got %q, want %q", tc.role, action, when, got, want)
				}
				if refusal != nil && (refusal.Rule != "KEN-03" || refusal.Advice == "") {
					t.Errorf("%s, %s: the refusal names rule %q and advises %q", tc.role, action, refusal.Rule, refusal.Advice)
				}
			}
		}
	}
}

func reason(r *domain.Refusal) string {
	if r == nil {
		return ""
	}
	return r.Reason
}

func TestAProfileNarrowsTheTableAndLeavesTheRestAlone(t *testing.T) {
	p := builtin(t)
	p.Duties[0].Roles = []access.Role{access.TeamManager} // triage
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	noon := at(t, "2026-08-20 12:00:00")
	for _, tc := range []struct {
		role   access.Role
		action access.Action
		want   string
	}{
		{access.TeamManager, access.ContactTriage, ""},
		{access.SeniorPractitioner, access.ContactTriage, "ROLE_NOT_PERMITTED"},
		{access.SeniorPractitioner, access.ContactRate, ""},
		{access.Analyst, access.QueueRead, ""},
		{access.Operator, access.QueueRead, "ROLE_NOT_PERMITTED"},
	} {
		refusal, err := p.Permit(tc.role, tc.action, noon)
		if got := reason(refusal); err != nil || got != tc.want {
			t.Errorf("%s, %s: got %q, %v, want %q", tc.role, tc.action, got, err, tc.want)
		}
	}
}

func TestPermitNeedsTheTableOnlyToTellTheHours(t *testing.T) {
	p := builtin(t)
	beyond := at(t, "2029-06-01 10:00:00")
	if refusal, err := p.Permit(access.TeamManager, access.ContactTriage, beyond); refusal != nil || err != nil {
		t.Errorf("a team manager beyond the table: got %v, %v, want permitted", refusal, err)
	}
	_, err := p.Permit(access.OnCallSeniorManager, access.ContactTriage, beyond)
	if _, ok := errors.AsType[*worktime.CoverageError](err); !ok {
		t.Errorf("on call beyond the table: got %v, want a CoverageError", err)
	}
}

func TestBuiltinsShareNothing(t *testing.T) {
	a, b := builtin(t), builtin(t)
	a.Clocks[0].Reckoning.Amount = 99
	a.Duties[0].Roles[0] = access.Anonymous
	a.Teams[0].Code = "elsewhere"
	a.Lists.Ratings[0].Code = "purple"
	if err := b.Validate(); err != nil {
		t.Errorf("changing one built-in profile changed another: %v", err)
	}
	if b.Clocks[0].Reckoning.Amount != 1 || b.String() != "built-in@0" {
		t.Errorf("got %s with %v", b, b.Clocks[0])
	}
}

func TestValidateNamesTheFieldAndTheRule(t *testing.T) {
	for _, tc := range []struct {
		field, rule string
		spoil       func(*practice.Profile)
	}{
		{"authority", "code", func(p *practice.Profile) { p.Authority = "Kent County\r\n" }},
		{"authority", "code", func(p *practice.Profile) { p.Authority = "" }},
		{"hours", "working-time", func(p *practice.Profile) { p.Zone = "Europe/Paris" }},
		{"hours", "working-time", func(p *practice.Profile) { p.Hours[time.Wednesday] = worktime.Span{} }},
		{"clocks", "required", func(p *practice.Profile) { p.Clocks = p.Clocks[1:] }},
		{"clocks", "required", func(p *practice.Profile) { p.Clocks[4].Clock.Rating = practice.Green }},
		{"clocks[6]", "unique", func(p *practice.Profile) { p.Clocks[4].Clock.Rating = practice.Green }},
		{"clocks[0].kind", "published", func(p *practice.Profile) { p.Clocks[0].Clock.Kind = "sla" }},
		{"clocks[1].rating", "in-use", func(p *practice.Profile) { p.Clocks[1].Clock.Rating = "purple" }},
		{"clocks[0].rating", "in-use", func(p *practice.Profile) { p.Clocks[0].Clock.Rating = practice.Red }},
		{"clocks[1].reckoning", "reckoning", func(p *practice.Profile) { p.Clocks[1].Reckoning.Amount = 0 }},
		{"clocks[1].reckoning", "reckoning", func(p *practice.Profile) { p.Clocks[1].Reckoning.Amount = 1 << 40 }},
		{"clocks[1].reckoning", "reckoning", func(p *practice.Profile) { p.Clocks[1].Reckoning.Basis = "moons" }},
		{"clocks[8].reckoning", "reckoning", func(p *practice.Profile) { p.Clocks[8].Reckoning.InBy = worktime.At(25, 0) }},
		{"clocks[1].rule", "required", func(p *practice.Profile) { p.Clocks[1].Rule = "" }},
		{"duties", "KEN-03", func(p *practice.Profile) { p.Duties = p.Duties[1:] }},
		{"duties[0].roles", "KEN-03", func(p *practice.Profile) { p.Duties[0].Roles = append(p.Duties[0].Roles, access.SocialWorker) }},
		{"duties[2].roles", "KEN-06", func(p *practice.Profile) { p.Duties[2].OutOfHours = []access.Role{access.Analyst} }},
		{"duties[3].roles", "access", func(p *practice.Profile) { p.Duties[3].Roles = []access.Role{access.FrontDoorOfficer} }},
		{"duties[1].roles", "required", func(p *practice.Profile) { p.Duties[1].Roles = nil }},
		{"duties[4]", "unique", func(p *practice.Profile) { p.Duties[4] = p.Duties[0] }},
		{"duties[0].action", "access", func(p *practice.Profile) { p.Duties[0].Action = access.EventsRead }},
		{"teams", "required", func(p *practice.Profile) { p.Teams = nil }},
		{"teams[0].code", "code", func(p *practice.Profile) { p.Teams[0].Code = "Front Door" }},
		{"default_team", "in-use", func(p *practice.Profile) { p.DefaultTeam = "nobody" }},
		{"work_types[13].team", "KEN-16", func(p *practice.Profile) { p.WorkTypes[13].Team = "nobody" }},
		{"work_types[0].code", "published", func(p *practice.Profile) { p.WorkTypes[0].Code = "homework" }},
		{"work_types[14].code", "unique", func(p *practice.Profile) { p.WorkTypes = append(p.WorkTypes, p.WorkTypes[0]) }},
		{"lists.ratings", "required", func(p *practice.Profile) { p.Lists.Ratings = nil }},
		{"lists.ratings[0].code", "published", func(p *practice.Profile) { p.Lists.Ratings[0].Code = "purple" }},
		{"lists.referral_sources[0].code", "published", func(p *practice.Profile) { p.Lists.ReferralSources[0].Code = "99" }},
		{"lists.sectors[0].name", "required", func(p *practice.Profile) { p.Lists.Sectors[0].Name = "" }},
		{"lists.consent_stances", "required", func(p *practice.Profile) { p.Lists.ConsentStances = nil }},
		{"lists.triage_actions[0].code", "published", func(p *practice.Profile) { p.Lists.TriageActions[0].Code = "wait" }},
		{"lists.destinations[0].code", "published", func(p *practice.Profile) { p.Lists.Destinations[0].Code = "moon" }},
	} {
		p := builtin(t)
		tc.spoil(&p)
		refusal, ok := errors.AsType[*domain.Refusal](p.Validate())
		if !ok || refusal.Reason != "PROFILE_INVALID" {
			t.Errorf("%s: got no PROFILE_INVALID", tc.field)
			continue
		}
		if !names(refusal, tc.field, tc.rule) {
			t.Errorf("got %v, want a violation of %s by %s", refusal, tc.field, tc.rule)
		}
	}
}

func names(r *domain.Refusal, field, rule string) bool {
	for _, v := range r.Fields {
		if v.Field == field && v.Rule == rule && v.Description != "" {
			return true
		}
	}
	return false
}

// A smaller list is an authority's to choose; what then rests on the missing
// rating goes with it.
func TestAProfileMayUseLess(t *testing.T) {
	p := builtin(t)
	p.Lists.Ratings = p.Lists.Ratings[:2]
	var clocks []practice.ClockRule
	for _, rule := range p.Clocks {
		if rule.Clock.Rating != practice.Green {
			clocks = append(clocks, rule)
		}
	}
	p.Clocks = clocks
	p.WorkTypes = p.WorkTypes[:3]
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.OnRating(practice.Green, at(t, "2026-08-20 10:00:00")); err == nil {
		t.Error("a rating that is not in use started clocks")
	}
}

func ExampleProfile_Due() {
	p, err := practice.Builtin()
	if err != nil {
		fmt.Println(err)
		return
	}
	rated := time.Date(2026, 4, 2, 16, 30, 0, 0, time.UTC) // 17:30 on the Thursday before Easter
	for _, rating := range p.Lists.Ratings {
		due, err := p.Due(practice.Clock{Kind: practice.Decision, Rating: rating.Code}, rated)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %s (%s)\n", rating.Name, due.At.Format("Mon 2 Jan 15:04"), due.Reckoning)
	}
	// Output:
	// Red: Thu 2 Apr 21:30 (4 hours, running on past hours)
	// Amber: Tue 7 Apr 17:00 (1 working day)
	// Green: Thu 9 Apr 17:00 (3 working days)
}
