package practice_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/worktime"
)

func builtin(t *testing.T) practice.Profile {
	t.Helper()
	p, err := practice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	zone, err := worktime.London()
	if err != nil {
		t.Fatal(err)
	}
	when, err := time.ParseInLocation("2006-01-02 15:04:05", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

type dueCase struct {
	name     string
	clock    practice.Clock
	from, to string
}

func checkDue(t *testing.T, cases []dueCase) {
	t.Helper()
	p := builtin(t)
	for _, tc := range cases {
		due, err := p.Due(tc.clock, at(t, tc.from))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if want := at(t, tc.to); !due.At.Equal(want) {
			t.Errorf("%s: %s from %s is due %s, want %s", tc.name, tc.clock, tc.from, due.At, want)
		}
	}
}

// All worked out by hand. Friday 21 August 2026 has a plain weekend behind it,
// Thursday 2 April 2026 is the one before Easter.
func TestDueTimesOfTheRatings(t *testing.T) {
	red, amber, green := practice.Red, practice.Amber, practice.Green
	checkDue(t, []dueCase{
		{"red partners run on past hours", practice.Clock{practice.Partners, red}, "2026-08-21 16:30:00", "2026-08-21 18:30:00"},
		{"red decision runs on past hours", practice.Clock{practice.Decision, red}, "2026-08-21 16:30:00", "2026-08-21 20:30:00"},
		{"red on a bank holiday", practice.Clock{practice.Decision, red}, "2026-04-03 23:00:00", "2026-04-04 03:00:00"},
		{"red over the spring change is four hours that pass", practice.Clock{practice.Decision, red}, "2026-03-28 23:30:00", "2026-03-29 04:30:00"},
		{"red over the autumn change is four hours that pass", practice.Clock{practice.Decision, red}, "2026-10-24 23:30:00", "2026-10-25 02:30:00"},
		{"amber partners stop overnight", practice.Clock{practice.Partners, amber}, "2026-08-20 16:30:00", "2026-08-21 14:30:00"},
		{"amber partners stop over a weekend", practice.Clock{practice.Partners, amber}, "2026-08-21 16:30:00", "2026-08-24 14:30:00"},
		{"amber decision is the next working day's end", practice.Clock{practice.Decision, amber}, "2026-08-21 09:01:00", "2026-08-24 17:00:00"},
		{"amber decision at 17:30 before Easter", practice.Clock{practice.Decision, amber}, "2026-04-02 17:30:00", "2026-04-07 17:00:00"},
		{"green partners are three days of eight hours", practice.Clock{practice.Partners, green}, "2026-08-17 11:00:00", "2026-08-20 11:00:00"},
		{"green decision", practice.Clock{practice.Decision, green}, "2026-08-20 11:00:00", "2026-08-25 17:00:00"},
		{"green decision over the late August holiday", practice.Clock{practice.Decision, green}, "2026-08-27 11:00:00", "2026-09-02 17:00:00"},
		{"unrated", practice.Clock{Kind: practice.Triage}, "2026-08-22 03:00:00", "2026-08-24 17:00:00"},
	})
}

func TestKEN08_DecisionWithin48HoursOfArrival(t *testing.T) {
	aim := practice.Clock{Kind: practice.AimDecision}
	checkDue(t, []dueCase{
		{"over a weekend", aim, "2026-08-21 16:00:00", "2026-08-23 16:00:00"},
		{"over Easter", aim, "2026-04-02 17:30:00", "2026-04-04 17:30:00"},
		{"48 hours that pass, whatever the clocks on the wall do", aim, "2026-03-28 12:00:00", "2026-03-30 13:00:00"},
	})
}

func TestKEN09_InBy17IsTriagedThatDay(t *testing.T) {
	aim := practice.Clock{Kind: practice.AimTriage}
	checkDue(t, []dueCase{
		{"in the morning before opening", aim, "2026-08-20 06:00:00", "2026-08-21 00:00:00"},
		{"a minute before", aim, "2026-08-20 16:59:00", "2026-08-21 00:00:00"},
		{"at 17:00", aim, "2026-08-20 17:00:00", "2026-08-21 00:00:00"},
		{"a second after", aim, "2026-08-20 17:00:01", "2026-08-22 00:00:00"},
		{"Friday evening is in by Monday's 17:00", aim, "2026-08-21 18:00:00", "2026-08-25 00:00:00"},
		{"Sunday", aim, "2026-08-23 12:00:00", "2026-08-25 00:00:00"},
		{"Good Friday is in by Tuesday's 17:00", aim, "2026-04-03 10:00:00", "2026-04-08 00:00:00"},
		{"on the Monday after the spring change", aim, "2026-03-30 00:30:00", "2026-03-31 00:00:00"},
	})
}

// What an event records of a clock, whole.
func TestOnArrivalAndOnRatingStartTheirClocks(t *testing.T) {
	p := builtin(t)
	arrived := at(t, "2026-08-20 10:00:00")
	const table = "gov.uk-england-and-wales-2025-11-24"
	got, err := p.OnArrival(arrived)
	if err != nil {
		t.Fatal(err)
	}
	want := []practice.DueTime{
		{practice.Clock{Kind: practice.Triage}, arrived, at(t, "2026-08-21 17:00:00"), "1 working day", "Oxfordshire: rated within one working day", table},
		{practice.Clock{Kind: practice.AimDecision}, arrived, at(t, "2026-08-22 10:00:00"), "48 hours, running on past hours", "KEN-08", ""},
		{practice.Clock{Kind: practice.AimTriage}, arrived, at(t, "2026-08-21 00:00:00"), "the end of the working day it was in by 17:00", "KEN-09", table},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("on arrival (-want +got):\n%s", diff)
	}
	for rating, texts := range map[string][2]string{
		practice.Red:   {"2 hours, running on past hours", "4 hours, running on past hours"},
		practice.Amber: {"6 working hours", "1 working day"},
		practice.Green: {"24 working hours", "3 working days"},
	} {
		got, err := p.OnRating(rating, arrived)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0].Clock.Kind != practice.Partners || got[1].Clock.Kind != practice.Decision {
			t.Fatalf("%s: got %v, want partners and decision", rating, got)
		}
		for i := range got {
			if got[i].Reckoning != texts[i] || got[i].Clock.Rating != rating {
				t.Errorf("%s: got %s, %q, want %q", rating, got[i].Clock, got[i].Reckoning, texts[i])
			}
		}
	}
}

func TestAProfileWithoutAimsStartsNone(t *testing.T) {
	p := builtin(t)
	p.Clocks = slices.DeleteFunc(p.Clocks, func(r practice.ClockRule) bool {
		return r.Clock.Kind == practice.AimDecision || r.Clock.Kind == practice.AimTriage
	})
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	got, err := p.OnArrival(at(t, "2026-08-20 10:00:00"))
	if err != nil || len(got) != 1 || got[0].Clock.Kind != practice.Triage {
		t.Errorf("got %v, %v, want the triage clock alone", got, err)
	}
}

func TestDueSaysWhatItCannotReckon(t *testing.T) {
	p := builtin(t)
	start := at(t, "2026-08-20 10:00:00")
	for _, clock := range []practice.Clock{{practice.Partners, practice.Unrated}, {practice.Decision, "purple"}, {Kind: "sla"}} {
		if due, err := p.Due(clock, start); err == nil {
			t.Errorf("%s: got %s, want an error", clock, due.At)
		}
	}
	if _, err := p.OnRating("purple", start); err == nil {
		t.Error("a rating that is not in use started clocks")
	}
	if _, err := p.Due(practice.Clock{Kind: practice.Triage}, time.Time{}); err == nil {
		t.Error("a clock started at no time")
	}
}

func TestBeyondTheTableOnlyWorkingTimeFails(t *testing.T) {
	p := builtin(t)
	start := at(t, "2029-06-01 10:00:00")
	for _, rule := range p.Clocks {
		due, err := p.Due(rule.Clock, start)
		_, beyond := errors.AsType[*worktime.CoverageError](err)
		if elapsed := rule.Reckoning.Basis == practice.ElapsedHours || rule.Reckoning.Basis == practice.CalendarMonths; elapsed == beyond || elapsed != (err == nil) {
			t.Errorf("%s (%s): got %s, %v", rule.Clock, rule.Reckoning, due.At, err)
		}
	}
}

// A decider is given the hub's now, in whatever zone that is: the answer is the
// same instant.
func TestDueDoesNotDependOnTheZoneOfItsArgument(t *testing.T) {
	p := builtin(t)
	local := at(t, "2026-08-21 00:30:00") // 23:30 the day before in UTC
	for _, rule := range p.Clocks {
		a, errA := p.Due(rule.Clock, local)
		b, errB := p.Due(rule.Clock, local.UTC())
		if errA != nil || errB != nil || !a.At.Equal(b.At) {
			t.Errorf("%s: got %s (%v) and %s (%v)", rule.Clock, a.At, errA, b.At, errB)
		}
	}
}
