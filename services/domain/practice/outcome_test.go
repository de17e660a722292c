package practice_test

import (
	"testing"

	"github.com/openmash/mash/services/domain/practice"
)

func TestWT01_TheReferrerHasAnAnswerWithinAWorkingDay(t *testing.T) {
	response := practice.Clock{Kind: practice.Response}
	checkDue(t, []dueCase{
		{"in the morning", response, "2026-08-20 09:30:00", "2026-08-21 17:00:00"},
		{"on a Friday", response, "2026-08-21 16:30:00", "2026-08-24 17:00:00"},
		{"before Easter", response, "2026-04-02 12:00:00", "2026-04-07 17:00:00"},
	})
}

func TestWhenAnOverdueAgencyIsChasedAgain(t *testing.T) {
	checkDue(t, []dueCase{
		{"red at night", practice.Clock{practice.Chase, practice.Red}, "2026-08-21 23:30:00", "2026-08-22 00:30:00"},
		{"amber over a weekend", practice.Clock{practice.Chase, practice.Amber}, "2026-08-21 16:00:00", "2026-08-24 11:00:00"},
		{"green", practice.Clock{practice.Chase, practice.Green}, "2026-08-20 09:00:00", "2026-08-21 13:00:00"},
	})
}

// A profile without these would leave a question or a referrer waiting for ever.
func TestAProfileHasTheClocksOfQuestionsAndResponses(t *testing.T) {
	for _, missing := range []practice.Clock{{Kind: practice.Response}, {practice.Chase, practice.Red}} {
		p := builtin(t)
		for i, rule := range p.Clocks {
			if rule.Clock == missing {
				p.Clocks = append(p.Clocks[:i], p.Clocks[i+1:]...)
				break
			}
		}
		if p.Validate() == nil {
			t.Errorf("a profile without %s is valid", missing)
		}
	}
}

func TestKEN17_WhatDestinationsTake(t *testing.T) {
	for _, tc := range []struct {
		destination, outcome string
		least, most          uint32
	}{
		{"early-help", practice.OutcomeEarlyHelp, 3, 3},
		{"family-help", practice.OutcomeEarlyHelp, 3, 4},
		{"family-help", practice.OutcomeReferral, 3, 4},
		{"childrens-social-work", practice.OutcomeReferral, 3, 4},
		{"lado", practice.OutcomeReferral, 1, 4},
		{"information-answer", practice.OutcomeReferral, 1, 4},
	} {
		s, ok := practice.ServiceAt(tc.destination)
		if !ok || !s.Takes(tc.outcome) || s.Least != tc.least || s.Most != tc.most {
			t.Errorf("%s: got %+v, want %s at levels %d to %d", tc.destination, s, tc.outcome, tc.least, tc.most)
		}
	}
	for _, nowhere := range []string{"advice", "the-moon", ""} {
		if _, ok := practice.ServiceAt(nowhere); ok {
			t.Errorf("%q takes children", nowhere)
		}
	}
}

// A destination that was added to the list and not thought about takes what most
// do; none but advice takes nothing.
func TestEveryDestinationTakesSomething(t *testing.T) {
	for _, d := range practice.Destinations() {
		s, ok := practice.ServiceAt(d.Code)
		if ok != (d.Code != "advice") || ok && len(s.Outcomes) == 0 {
			t.Errorf("%s: got %+v, %t", d.Code, s, ok)
		}
		for _, o := range s.Outcomes {
			if !practice.Outcomes().Has(o) {
				t.Errorf("%s takes %s, which is no outcome", d.Code, o)
			}
		}
	}
}

func TestKEN15_WhoseReferrersAreIndividuals(t *testing.T) {
	for code, want := range map[string]bool{"1A": true, "1B": true, "1C": false, "1D": true, "2A": false, "6": false, "9": true, "10": true} {
		if got := practice.Individual(code); got != want {
			t.Errorf("%s: got %t, want %t", code, got, want)
		}
		if !practice.ReferralSources().Has(code) {
			t.Errorf("%s is no source of the census", code)
		}
	}
}
