package practice_test

import (
	"errors"
	"testing"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/worktime"
)

func TestSOT32_WhoDecidesOnOverridesInHoursAndOutOfHours(t *testing.T) {
	p := builtin(t)
	for _, tc := range []struct {
		when         string
		day, onCall  string
		inOpenHours  bool
		others, rule string
	}{
		{"2026-08-20 09:00:00", "", "ONLY_OUT_OF_HOURS", true, "ROLE_NOT_PERMITTED", "SOT-08"},
		{"2026-08-20 16:59:59", "", "ONLY_OUT_OF_HOURS", true, "ROLE_NOT_PERMITTED", "SOT-08"},
		{"2026-08-20 17:00:00", "ONLY_IN_HOURS", "", false, "ROLE_NOT_PERMITTED", "SOT-32"},
		{"2026-08-22 12:00:00", "ONLY_IN_HOURS", "", false, "ROLE_NOT_PERMITTED", "SOT-32"},
		{"2026-04-03 12:00:00", "ONLY_IN_HOURS", "", false, "ROLE_NOT_PERMITTED", "SOT-32"},
	} {
		for _, action := range []access.Action{access.OverrideDecide, access.OverrideReview} {
			for role, want := range map[access.Role]string{access.TeamManager: tc.day, access.OnCallSeniorManager: tc.onCall,
				access.SeniorPractitioner: tc.others, access.SocialWorker: tc.others, access.AgencySystem: tc.others, access.Hub: tc.others} {
				refusal, err := p.Permit(role, action, at(t, tc.when))
				if err != nil {
					t.Fatal(err)
				}
				if got := reason(refusal); got != want {
					t.Errorf("%s, %s at %s: got %q, want %q", role, action, tc.when, got, want)
				}
				if refusal != nil && want != tc.others && (refusal.Rule != tc.rule || refusal.Advice == "") {
					t.Errorf("%s at %s: the refusal names %q and advises %q, want %s", role, tc.when, refusal.Rule, refusal.Advice, tc.rule)
				}
			}
		}
	}
}

// Worked out by hand: Thursday before Easter, and across the spring change.
func TestOverrideLimits(t *testing.T) {
	p := builtin(t)
	for _, tc := range []struct{ from, end, review string }{
		{"2026-03-02 11:00:00", "2026-03-16 17:00:00", "2026-03-03 17:00:00"},
		{"2026-04-02 22:00:00", "2026-04-20 17:00:00", "2026-04-07 17:00:00"},
		{"2026-03-27 18:00:00", "2026-04-14 17:00:00", "2026-03-30 17:00:00"},
	} {
		end, review, err := p.OverrideLimits(at(t, tc.from))
		if err != nil {
			t.Fatal(err)
		}
		if !end.Equal(at(t, tc.end)) || !review.Equal(at(t, tc.review)) {
			t.Errorf("from %s: got %s and %s, want %s and %s", tc.from, end, review, tc.end, tc.review)
		}
	}
	_, _, err := p.OverrideLimits(at(t, "2029-06-01 10:00:00"))
	if _, ok := errors.AsType[*worktime.CoverageError](err); !ok {
		t.Errorf("beyond the table: got %v, want a CoverageError", err)
	}
	if _, _, err := (practice.Profile{}).OverrideLimits(at(t, "2026-03-02 11:00:00")); err == nil {
		t.Error("an empty profile has limits")
	}
}

func TestValidateWantsOverridesToBeBoundAndDecidedAtEveryHour(t *testing.T) {
	for _, tc := range []struct {
		field, rule string
		spoil       func(*practice.Profile)
	}{
		{"overrides.validity", "reckoning", func(p *practice.Profile) { p.Overrides.Validity.Amount = 0 }},
		{"overrides.review", "reckoning", func(p *practice.Profile) { p.Overrides.Review = practice.Reckoning{} }},
		{"duties[4].roles", "required", func(p *practice.Profile) { p.Duties[4].InHours = nil }},
		{"duties[4].out_of_hours", "required", func(p *practice.Profile) { p.Duties[4].OutOfHours = nil }},
		{"duties[4].roles", "SOT-08", func(p *practice.Profile) { p.Duties[4].InHours = []access.Role{access.SeniorPractitioner} }},
		{"lists.purposes[0].code", "published", func(p *practice.Profile) { p.Lists.Purposes[0].Code = "curiosity" }},
		{"lists.categories", "required", func(p *practice.Profile) { p.Lists.Categories = nil }},
		{"lists.means[0].code", "published", func(p *practice.Profile) { p.Lists.Means[0].Code = "pigeon" }},
		{"lists.evidence", "required", func(p *practice.Profile) { p.Lists.Evidence = nil }},
		{"lists.holder_bases[0].code", "published", func(p *practice.Profile) { p.Lists.HolderBases[0].Code = "friend" }},
		{"lists.override_reasons[0].code", "published", func(p *practice.Profile) { p.Lists.OverrideReasons[0].Code = "quicker" }},
	} {
		p := builtin(t)
		tc.spoil(&p)
		refusal, ok := errors.AsType[*domain.Refusal](p.Validate())
		if !ok || !names(refusal, tc.field, tc.rule) {
			t.Errorf("got %v, want a violation of %s by %s", refusal, tc.field, tc.rule)
		}
	}
}

// A basis that stands in two regimes could not tell which law is relied on.
func TestLawfulBasesBelongToOneRegime(t *testing.T) {
	regime := map[string]string{}
	for _, r := range practice.Regimes() {
		list := practice.LawfulBases(r)
		if len(list) == 0 {
			t.Errorf("%s has no bases", r)
		}
		for _, code := range list.Codes() {
			if other, twice := regime[code]; twice {
				t.Errorf("%s stands in %s and in %s", code, other, r)
			}
			regime[code] = r
			if reason, stated := practice.Para18(code); stated && !practice.OverrideReasons().Has(reason) {
				t.Errorf("%s states %q, which is no reason for an override", code, reason)
			}
		}
	}
	if practice.LawfulBases("gut-feeling") != nil {
		t.Error("an unknown regime has bases")
	}
	stated := 0
	for code := range regime {
		if _, ok := practice.Para18(code); ok {
			stated++
		}
	}
	if stated != len(practice.OverrideReasons()) {
		t.Errorf("%d bases state a reason for an override, want one for each of the %d", stated, len(practice.OverrideReasons()))
	}
}
